"""``crmcore import``: import leads from a CSV file."""

import argparse
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from crmcore.cli.import_options import add_import_options, column_mapping_from, open_input
from crmcore.cli.options import add_connection_options, open_crm
from crmcore.cli.output import Progress, print_json, print_progress, print_result

if TYPE_CHECKING:
    from crmcore.crm import Crm
    from crmcore.domain.sales.funnels.funnel import Funnel

SUMMARY: Final = "import leads from a CSV file"
DESCRIPTION: Final = """\
Import leads from a CSV file: UTF-8; comma, semicolon or tab as the delimiter; headings in the first row. Each row is one request. The import
is idempotent: a row that was imported before changes nothing. A row that cannot be imported is written unchanged to the rejects file, with
its row number, field, error code and a hint. Correct the rows there and import that file. A rejected row has no effect."""
EXAMPLES: Final = (
    "crmcore import leads.csv --database-url sqlite:///crm.db --funnel Windows",
    'crmcore import leads.csv --database-url sqlite:///crm.db --funnel Courses --map "Lead Number=external_id:education" --map "Lead Source=source"',
    "crmcore import - --database-url sqlite:///crm.db --funnel Courses --map leads.toml < leads.csv",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="the CSV file; - is standard input")
    parser.add_argument(
        "--funnel", required=True, metavar="NAME", help="funnel of the deals; created if it does not exist"
    )
    parser.add_argument(
        "--stages",
        default="New,Won",
        metavar="A,B,...",
        help="stages of a funnel that is created; the last stage means won (default: New,Won)",
    )
    parser.add_argument(
        "--time-zone",
        default="UTC",
        metavar="NAME",
        help="time zone of times without an offset in the file (default: UTC)",
    )
    parser.add_argument("--rejects", metavar="FILE", help="file for rejected rows (default: FILE-rejects.csv)")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_import_options(parser)
    add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    """Import the leads."""
    from crmcore.importing.csv_reader import CsvTable
    from crmcore.importing.lead_import import import_leads
    from crmcore.importing.rejects import RejectsFile

    started = perf_counter()
    progress = Progress(total=None, quiet=args.quiet)
    with RejectsFile(_rejects_path(args)) as rejects, open_input(args.file) as source:
        table = CsvTable(source)
        mapping = column_mapping_from(args, table.headings)
        mapping.check(table.headings)
        crm = open_crm(args, create=True, region=args.region, time_zone=args.time_zone)
        funnel = _get_or_create_funnel(crm, args)
        result = import_leads(
            crm,
            table,
            mapping,
            rejects,
            funnel_id=funnel.id,
            on_progress=lambda rows: progress.update(rows, "rows read"),
        )
        crm.close()
    progress.clear()
    seconds = perf_counter() - started
    if args.json:
        print_json(
            {
                "rows": result.rows,
                "imported": result.imported,
                "duplicates": result.duplicates,
                "closed": result.closed,
                "rejected": [{"row": r.row, "field": r.field, "code": r.code, "hint": r.hint} for r in result.rejected],
                "seconds": round(seconds, 3),
            }
        )
    else:
        print_result(
            f"{result.rows} rows: {result.imported} imported, {result.duplicates} duplicates, {result.closed} deals closed, "
            f"{len(result.rejected)} rejected; {result.rows / seconds:,.0f} rows a second"
        )
        for reject in result.rejected[:20]:
            print_progress(f"  {reject}")
        if result.rejected:
            print_progress(f"all {len(result.rejected)} rejected rows are in {_rejects_path(args)}")
    return 1 if result.rejected else 0


def _rejects_path(args: argparse.Namespace) -> Path:
    if args.rejects:
        return Path(args.rejects)
    return Path("rejects.csv") if args.file == "-" else Path(args.file).with_name(f"{Path(args.file).stem}-rejects.csv")


def _get_or_create_funnel(crm: "Crm", args: argparse.Namespace) -> "Funnel":
    stages = [stage.strip() for stage in args.stages.split(",") if stage.strip()]
    return crm.funnels.get_by_name(args.funnel) or crm.funnels.create(args.funnel, stages=stages)

"""``crmcore import``: leads from a sheet."""

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

SUMMARY: Final = "take leads in from a CSV file"
DESCRIPTION: Final = """\
Take leads in from a table of text: UTF-8, with commas, semicolons or tabs, headings in its first row. Each row is one request and is taken
in once, however often the file is read. Rows that cannot be taken in are put into a file of their own, whole, each with its number, its
field and what would be right; correct them there and read that file. Nothing of a rejected row is done."""
EXAMPLES: Final = (
    "crmcore import leads.csv --store sqlite:///crm.db --funnel Windows",
    'crmcore import leads.csv --store sqlite:///crm.db --funnel Courses --map "Lead Number=external_id:education" --map "Lead Source=source"',
    "crmcore import - --store sqlite:///crm.db --funnel Courses --map leads.toml < leads.csv",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("file", metavar="FILE", help="the table; - is standard input")
    parser.add_argument("--funnel", required=True, metavar="NAME", help="into which; it is made when it is missing")
    parser.add_argument(
        "--stages", default="New,Won", metavar="A,B,...", help="of a funnel that is made; the last one wins"
    )
    parser.add_argument(
        "--time-zone", default="UTC", metavar="NAME", help="by whose clock the table tells time; UTC when not given"
    )
    parser.add_argument("--rejects", metavar="FILE", help="where rejected rows go; FILE-rejects.csv when not given")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--json", action="store_true", help="write figures for a program instead")
    add_import_options(parser)
    add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    """Take them in."""
    from crmcore.importing.csv_reader import CsvTable
    from crmcore.importing.lead_import import import_leads
    from crmcore.importing.rejects import RejectsFile

    started = perf_counter()
    progress = Progress(total=None, quiet=args.quiet)
    with RejectsFile(_rejects_path(args)) as rejects, open_input(args.file) as source:
        sheet = CsvTable(source)
        mapping = column_mapping_from(args, sheet.headings)
        mapping.check(sheet.headings)
        crm = open_crm(args, create=True, region=args.region, zone=args.zone)
        funnel = _get_or_create_funnel(crm, args)
        result = import_leads(
            crm,
            sheet,
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
            f"{result.rows} rows: {result.imported} taken in, {result.duplicates} known already, {result.closed} deals closed, "
            f"{len(result.rejected)} rejected; {result.rows / seconds:,.0f} rows a second"
        )
        for reject in result.rejected[:20]:
            print_progress(f"  {reject}")
        if result.rejected:
            print_progress(f"all {len(result.rejected)} rejected rows stand in {_rejects_path(args)}")
    return 1 if result.rejected else 0


def _rejects_path(args: argparse.Namespace) -> Path:
    if args.rejects:
        return Path(args.rejects)
    return Path("rejects.csv") if args.file == "-" else Path(args.file).with_name(f"{Path(args.file).stem}-rejects.csv")


def _get_or_create_funnel(crm: "Crm", args: argparse.Namespace) -> "Funnel":
    stages = [stage.strip() for stage in args.stages.split(",") if stage.strip()]
    return crm.funnels.get_by_name(args.funnel) or crm.funnels.create(args.funnel, stages=stages)

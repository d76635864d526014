"""``crmcore import``: leads from a sheet."""

import argparse
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from crmcore.cli.doors import add_house, open_crm
from crmcore.cli.sheets import add_sheet, columns_of, sheet_from
from crmcore.cli.talk import Progress, note, say, say_json

if TYPE_CHECKING:
    from crmcore.crm import Crm
    from crmcore.domain.funnels import Funnel

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
        "--zone", default="UTC", metavar="NAME", help="by whose clock the table tells time; UTC when not given"
    )
    parser.add_argument("--rejects", metavar="FILE", help="where rejected rows go; FILE-rejects.csv when not given")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--json", action="store_true", help="write figures for a program instead")
    add_sheet(parser)
    add_house(parser)


def run(args: argparse.Namespace) -> int:
    """Take them in."""
    from crmcore.sheets.intake import take_in
    from crmcore.sheets.reading import Sheet
    from crmcore.sheets.rejects import Rejects

    begun = perf_counter()
    progress = Progress(whole=None, quiet=args.quiet)
    with Rejects(_rejects(args)) as rejects, sheet_from(args.file) as source:
        sheet = Sheet(source)
        columns = columns_of(args, sheet.heads)
        columns.check(sheet.heads)
        crm = open_crm(args, create=True, region=args.region, zone=args.zone)
        funnel = _funnel(crm, args)
        intake = take_in(
            crm, sheet, columns, rejects, funnel=funnel.id, told=lambda rows: progress.tell(rows, "rows read")
        )
        crm.close()
    progress.end()
    seconds = perf_counter() - begun
    if args.json:
        say_json(
            {
                "rows": intake.rows,
                "taken": intake.taken,
                "repeated": intake.repeated,
                "closed": intake.closed,
                "rejected": [
                    {"row": r.row, "field": r.field, "code": r.code, "advice": r.advice} for r in intake.rejected
                ],
                "seconds": round(seconds, 3),
            }
        )
    else:
        say(
            f"{intake.rows} rows: {intake.taken} taken in, {intake.repeated} known already, {intake.closed} deals closed, "
            f"{len(intake.rejected)} rejected; {intake.rows / seconds:,.0f} rows a second"
        )
        for reject in intake.rejected[:20]:
            note(f"  {reject}")
        if intake.rejected:
            note(f"all {len(intake.rejected)} rejected rows stand in {_rejects(args)}")
    return 1 if intake.rejected else 0


def _rejects(args: argparse.Namespace) -> Path:
    if args.rejects:
        return Path(args.rejects)
    return Path("rejects.csv") if args.file == "-" else Path(args.file).with_name(f"{Path(args.file).stem}-rejects.csv")


def _funnel(crm: "Crm", args: argparse.Namespace) -> "Funnel":
    stages = [stage.strip() for stage in args.stages.split(",") if stage.strip()]
    return crm.funnels.named(args.funnel) or crm.funnels.create(args.funnel, stages=stages)

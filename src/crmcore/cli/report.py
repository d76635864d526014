"""``crmcore report``: what the owner looks at."""

import argparse
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

from crmcore.cli.options import add_connection_options, add_format_options, find_funnel, open_crm
from crmcore.cli.output import print_json, print_progress, print_result
from crmcore.domain.kernel.errors.validation import InvalidInputError

if TYPE_CHECKING:
    from crmcore.services.reports.reports import DashboardReport

SUMMARY: Final = "show the live report: funnel, sources, people, what is late"
DESCRIPTION: Final = "Show a funnel's live report: how far deals came and why they were lost, where they came from, who did what, what is late."
EXAMPLES: Final = (
    "crmcore report --store sqlite:///crmcore-demo/crm.db --tenant demo",
    "crmcore report --store sqlite:///crm.db --funnel Windows --since 2026-01-01 --save report.html --language fa",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--funnel", metavar="NAME", help="which one; the only one when not given")
    parser.add_argument("--since", metavar="DAY", help="count deals that were opened on that day or later")
    parser.add_argument("--until", metavar="DAY", help="count deals that were opened before that day")
    parser.add_argument("--save", metavar="FILE", action="append", default=[], help="save it too, as .html or .txt")
    parser.add_argument("--json", action="store_true", help="write figures for a program instead")
    add_connection_options(parser)
    add_format_options(parser)


def run(args: argparse.Namespace) -> int:
    """Show it."""
    crm = open_crm(args)
    funnel = find_funnel(crm, args.funnel)
    report = crm.reports.dashboard(funnel.id, since=_parse_day(args, "since"), until=_parse_day(args, "until"))
    for path in args.save:
        print_progress(f"saved {report.save(path, language=args.language, time_zone=args.zone)}")
    if args.json:
        print_json(to_data(report))
    else:
        print_result(report.text(language=args.language, time_zone=args.zone))
    crm.close()
    return 0


def to_data(report: "DashboardReport") -> dict[str, Any]:
    """The report's figures as plain data."""
    from crmcore.adapters.wire import dump, parse
    from crmcore.services.reports.funnel import FunnelReport
    from crmcore.services.reports.overdue import OverdueReport

    def row_data(line: Any) -> Any:
        return parse(dump(line, type(line)))

    return {
        "at": report.at.isoformat(),
        "funnel": parse(dump(report.funnel, FunnelReport)),
        "sources": [row_data(line) for line in report.sources],
        "people": [row_data(line) for line in report.people],
        "overdue": parse(dump(report.overdue, OverdueReport)),
    }


def _parse_day(args: argparse.Namespace, name: str) -> datetime | None:
    from datetime import date

    from crmcore.domain.kernel.zones import instant, zone_of

    text = getattr(args, name)
    if text is None:
        return None
    try:
        return instant(datetime.combine(date.fromisoformat(text), time()), zone_of(args.zone))
    except ValueError:
        raise InvalidInputError(name, "must be a day such as 2026-01-31") from None

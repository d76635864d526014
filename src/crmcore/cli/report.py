"""``crmcore report``: print the dashboard report."""

import argparse
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

from crmcore.cli.options import add_connection_options, add_format_options, find_funnel, open_crm
from crmcore.cli.output import print_json, print_progress, print_result
from crmcore.domain.kernel.errors.validation import InvalidInputError

if TYPE_CHECKING:
    from crmcore.services.reports.reports import DashboardReport

SUMMARY: Final = "print the dashboard report: funnel, sources, people, overdue work"
DESCRIPTION: Final = "Print the dashboard report of a funnel: deals per stage, loss reasons, lead sources, figures per person, overdue work."
EXAMPLES: Final = (
    "crmcore report --database-url sqlite:///crmcore-demo/crm.db --tenant demo",
    "crmcore report --database-url sqlite:///crm.db --funnel Windows --since 2026-01-01 --save report.html --language fa",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--funnel", metavar="NAME", help="name of the funnel; optional if the tenant has only one")
    parser.add_argument("--since", metavar="DAY", help="count only deals opened on or after this day")
    parser.add_argument("--until", metavar="DAY", help="count only deals opened before this day")
    parser.add_argument(
        "--save", metavar="FILE", action="append", default=[], help="also save the report, as .html or .txt"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_connection_options(parser)
    add_format_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the report."""
    crm = open_crm(args)
    funnel = find_funnel(crm, args.funnel)
    report = crm.reports.dashboard(funnel.id, since=_parse_day(args, "since"), until=_parse_day(args, "until"))
    for path in args.save:
        print_progress(f"saved {report.save(path, language=args.language, time_zone=args.time_zone)}")
    if args.json:
        print_json(to_data(report))
    else:
        print_result(report.text(language=args.language, time_zone=args.time_zone))
    crm.close()
    return 0


def to_data(report: "DashboardReport") -> dict[str, Any]:
    """Convert a report to JSON-compatible data."""
    from crmcore.adapters.wire import dump, parse
    from crmcore.services.reports.funnel import FunnelReport
    from crmcore.services.reports.overdue import OverdueReport

    def row_data(row: Any) -> Any:
        return parse(dump(row, type(row)))

    return {
        "at": report.at.isoformat(),
        "funnel": parse(dump(report.funnel, FunnelReport)),
        "sources": [row_data(row) for row in report.sources],
        "people": [row_data(row) for row in report.people],
        "overdue": parse(dump(report.overdue, OverdueReport)),
    }


def _parse_day(args: argparse.Namespace, name: str) -> datetime | None:
    from datetime import date

    from crmcore.domain.kernel.zones import instant, zone_of

    text = getattr(args, name)
    if text is None:
        return None
    try:
        return instant(datetime.combine(date.fromisoformat(text), time()), zone_of(args.time_zone))
    except ValueError:
        raise InvalidInputError(name, "must be a day such as 2026-01-31") from None

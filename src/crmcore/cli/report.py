"""``crmcore report``: what the owner looks at."""

import argparse
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

from crmcore.cli.doors import add_house, add_looks, find_funnel, open_crm
from crmcore.cli.talk import note, say, say_json
from crmcore.domain.errors.given import InvalidInput

if TYPE_CHECKING:
    from crmcore.services.reports.reports import LiveReport

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
    add_house(parser)
    add_looks(parser)


def run(args: argparse.Namespace) -> int:
    """Show it."""
    crm = open_crm(args)
    funnel = find_funnel(crm, args.funnel)
    report = crm.reports.live(funnel.id, since=_day(args, "since"), until=_day(args, "until"))
    for path in args.save:
        note(f"saved {report.save(path, language=args.language, zone=args.zone)}")
    if args.json:
        say_json(figures(report))
    else:
        say(report.text(language=args.language, zone=args.zone))
    crm.close()
    return 0


def figures(report: "LiveReport") -> dict[str, Any]:
    """The report's figures as plain data."""
    from crmcore.adapters.wire import dump, parse
    from crmcore.services.reports.funnel import FunnelReport
    from crmcore.services.reports.overdue import OverdueReport

    def plain(line: Any) -> Any:
        return parse(dump(line, type(line)))

    return {
        "at": report.at.isoformat(),
        "funnel": parse(dump(report.funnel, FunnelReport)),
        "sources": [plain(line) for line in report.sources],
        "people": [plain(line) for line in report.people],
        "overdue": parse(dump(report.overdue, OverdueReport)),
    }


def _day(args: argparse.Namespace, name: str) -> datetime | None:
    from datetime import date

    from crmcore.domain.zones import instant, zone_of

    written = getattr(args, name)
    if written is None:
        return None
    try:
        return instant(datetime.combine(date.fromisoformat(written), time()), zone_of(args.zone))
    except ValueError:
        raise InvalidInput(name, "must be a day such as 2026-01-31") from None

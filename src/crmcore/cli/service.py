"""``crmcore demo service``: the second act, a company that looks after boilers, for three months."""

import argparse
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crmcore.cli.talk import Progress, note, say, say_json

if TYPE_CHECKING:
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.crm import Crm


def play_service(
    args: argparse.Namespace, folder: Path, furnish: Callable[[argparse.Namespace, Path, "FrozenClock"], "Crm"]
) -> int:
    """Play it, and show what came of it.

    Args:
        furnish: makes the house of the act.
    """
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.demo.service.company import ZONE
    from crmcore.demo.service.play import Serve
    from crmcore.demo.service.season import BEGINS, DAYS
    from crmcore.domain.zones import zone_of

    clock, zone = FrozenClock(BEGINS), zone_of(ZONE)
    crm = furnish(args, folder, clock).for_tenant(f"{args.tenant}-service")
    progress = Progress(whole=DAYS, quiet=args.quiet)

    def tell(at: datetime, counts: Counter[str]) -> None:
        progress.tell((at - BEGINS).days, f"{at.astimezone(zone):%d %B}: {counts['sent']} letters sent")

    served = Serve(crm, clock, tell).run()
    progress.end()
    for name, report in (("complaints", served.complaints), ("service", served.service)):
        report.save(folder / f"{name}.html", language=args.language, zone=args.zone)
        report.save(folder / f"{name}.txt", language=args.language, zone=args.zone)
    crm.close()
    if args.json:
        total, service = served.complaints.total, served.service
        say_json(
            {
                "counts": dict(served.counts),
                "complaints": {"received": total.received, "open": total.open, "late": total.late, "kept": total.kept},
                "visits": {"open": service.visits, "late": service.late, "done": service.done},
            }
        )
        return 0
    for shown in (served.complaints, served.service):
        say(shown.text(language=args.language, zone=args.zone))
        say("")
    note(
        f"{served.counts['matters']} matters, {served.counts['due']} times something was due, "
        f"{served.counts['sent']} letters sent; in {folder}/: complaints.html, service.html, letters/"
    )
    return 0

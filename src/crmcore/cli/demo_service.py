"""``crmcore demo service``: simulate a company that services boilers."""

import argparse
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crmcore.cli.output import Progress, print_json, print_progress, print_result

if TYPE_CHECKING:
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.crm import Crm


def run_service_demo(
    args: argparse.Namespace, output_dir: Path, create_crm: Callable[[argparse.Namespace, Path, "FrozenClock"], "Crm"]
) -> int:
    """Run the simulation and print the reports.

    Args:
        create_crm: creates the `Crm` of the demo.
    """
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.demo.service_company.company import ZONE
    from crmcore.demo.service_company.season import DAYS, STARTS_AT
    from crmcore.demo.service_company.simulation import ServiceSimulation
    from crmcore.domain.kernel.zones import zone_of

    clock, time_zone = FrozenClock(STARTS_AT), zone_of(ZONE)
    crm = create_crm(args, output_dir, clock).for_tenant(f"{args.tenant}-service")
    progress = Progress(total=DAYS, quiet=args.quiet)

    def on_progress(at: datetime, counts: Counter[str]) -> None:
        progress.update((at - STARTS_AT).days, f"{at.astimezone(time_zone):%d %B}: {counts['sent']} messages sent")

    result = ServiceSimulation(crm, clock, on_progress).run()
    progress.clear()
    for name, shown_report in (("complaints", result.complaints), ("service", result.field_service)):
        shown_report.save(output_dir / f"{name}.html", language=args.language, time_zone=args.time_zone)
        shown_report.save(output_dir / f"{name}.txt", language=args.language, time_zone=args.time_zone)
    crm.close()
    if args.json:
        total, service = result.complaints.total, result.field_service
        print_json(
            {
                "counts": dict(result.counts),
                "complaints": {
                    "received": total.received,
                    "open": total.open,
                    "late": total.overdue_count,
                    "kept": total.in_time_percentage,
                },
                "visits": {
                    "open": service.open_visits,
                    "late": service.overdue_visits,
                    "done": service.completed_visits,
                },
            }
        )
        return 0
    for report in (result.complaints, result.field_service):
        print_result(report.text(language=args.language, time_zone=args.time_zone))
        print_result("")
    print_progress(
        f"{result.counts['scenarios']} scenarios, {result.counts['jobs_done']} jobs run, "
        f"{result.counts['sent']} letters sent; in {output_dir}/: complaints.html, service.html, letters/"
    )
    return 0

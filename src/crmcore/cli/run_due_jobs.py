"""``crmcore run-due-jobs``: run scheduled jobs, called by cron or a timer."""

import argparse
from typing import Final

from crmcore.cli.options import add_connection_options, open_crm
from crmcore.cli.output import print_json, print_result

SUMMARY: Final = "run the jobs that are due: reminders and escalations"
DESCRIPTION: Final = "Run the jobs that are due: send reminders, escalate overdue work to managers. Call it every minute; several machines may call it at once."
EXAMPLES: Final = ("crmcore run-due-jobs --database-url postgresql://crm@localhost/crm",)
BATCH_LIMIT: Final = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run due jobs until none is left."""
    crm = open_crm(args)
    done = failed = skipped = 0
    while True:
        report = crm.run_due_jobs(limit=BATCH_LIMIT)
        done, failed, skipped = done + report.done, failed + report.failed, skipped + report.skipped
        if report.done < BATCH_LIMIT:
            break
    crm.close()
    if args.json:
        print_json({"done": done, "failed": failed, "skipped": skipped})
    else:
        print_result(f"done {done}, failed {failed}, skipped {skipped}")
    return 1 if failed else 0

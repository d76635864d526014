"""``crmcore due``: what comes due by itself, for a scheduler to call."""

import argparse
from typing import Final

from crmcore.cli.options import add_connection_options, open_crm
from crmcore.cli.output import print_json, print_result

SUMMARY: Final = "do what is due: reminders, and late work told up the line"
DESCRIPTION: Final = "Do what is due: remind, and tell supervisors of late work. Call it every minute, from as many machines as you like."
EXAMPLES: Final = ("crmcore due --store postgresql://crm@localhost/crm",)
BATCH_LIMIT: Final = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--json", action="store_true", help="write figures for a program instead")
    add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    """Do it until nothing is left."""
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
        print_result(f"done {done}, failed {failed}, taken up by others {skipped}")
    return 1 if failed else 0

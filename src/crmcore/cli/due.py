"""``crmcore due``: what comes due by itself, for a scheduler to call."""

import argparse
from typing import Final

from crmcore.cli.doors import add_house, open_crm
from crmcore.cli.talk import say, say_json

SUMMARY: Final = "do what is due: reminders, and late work told up the line"
DESCRIPTION: Final = "Do what is due: remind, and tell supervisors of late work. Call it every minute, from as many machines as you like."
EXAMPLES: Final = ("crmcore due --store postgresql://crm@localhost/crm",)
MOST: Final = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--json", action="store_true", help="write figures for a program instead")
    add_house(parser)


def run(args: argparse.Namespace) -> int:
    """Do it until nothing is left."""
    crm = open_crm(args)
    done = failed = missed = 0
    while True:
        report = crm.run_due(limit=MOST)
        done, failed, missed = done + report.done, failed + report.failed, missed + report.missed
        if report.done < MOST:
            break
    crm.close()
    if args.json:
        say_json({"done": done, "failed": failed, "missed": missed})
    else:
        say(f"done {done}, failed {failed}, taken up by others {missed}")
    return 1 if failed else 0

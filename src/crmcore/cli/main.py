"""Reading the command line and answering it.

Rule 1: 0 is done, 1 is that something could not be done, 2 is that what was asked for can never be done so.
Rule 2: what was asked for goes to standard output; everything else to standard error.
Rule 3: nothing heavy is loaded before a command is known.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from crmcore import __version__
from crmcore.cli import deliver, demo, export, import_leads, migrate, report, run_due_jobs, schema
from crmcore.cli.output import print_error, use_utf8_output
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.validation import InvalidInputError

COMMANDS: Final = {
    "demo": demo,
    "report": report,
    "run-due-jobs": run_due_jobs,
    "deliver": deliver,
    "import": import_leads,
    "export": export,
    "migrate": migrate,
    "schema": schema,
}
"""Every command and the module that knows it: its summary, its examples, its arguments, and how it is done."""


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="crmcore",
        description="Customer relationship management: a demo, reports, and the chores that a scheduler does.",
        epilog="crmcore COMMAND --help shows a command's options and an example.",
    )
    parser.add_argument("--version", action="version", version=f"crmcore {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=module.SUMMARY,
            description=module.DESCRIPTION,
            epilog="examples:\n" + "\n".join(f"  {example}" for example in module.EXAMPLES),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and tell how it went.

    Args:
        arguments: the words after the program's name; those of the process when not given.
    """
    use_utf8_output()
    args = make_parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except CrmError as error:
        print_error(error, as_json=getattr(args, "json", False))
        return 2 if isinstance(error, InvalidInputError) else 1
    except BrokenPipeError:  # whoever read our answer has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # a folder that cannot be written, a disk that is full
        print(f"crmcore: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("crmcore: interrupted; what was done stays done", file=sys.stderr)
        return 1

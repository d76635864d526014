"""The command line `crmcore`: parser, dispatch to a command, exit codes.

Invariants:

1. Exit code 0 is success, 1 is a failure at run time, 2 is invalid input.
2. The result goes to standard output; progress, remarks and errors go to standard error.
3. Heavy modules are imported after the command is known.
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
"""The module of each command: its summary, description, examples, arguments and `run`."""


def make_parser() -> argparse.ArgumentParser:
    """Create the argument parser with all commands."""
    parser = argparse.ArgumentParser(
        prog="crmcore",
        description="Customer relationship management: a demo, reports, import and export, and the jobs that a scheduler runs.",
        epilog="crmcore COMMAND --help shows the options of a command and examples.",
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
    """Run a command and return its exit code.

    Args:
        arguments: the words after the name of the program; `sys.argv[1:]` by default.
    """
    use_utf8_output()
    args = make_parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except CrmError as error:
        print_error(error, as_json=getattr(args, "json", False))
        return 2 if isinstance(error, InvalidInputError) else 1
    except BrokenPipeError:  # the reader of the pipe has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # for example: a directory without write permission, a full disk
        print(f"crmcore: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("crmcore: interrupted; committed changes are kept", file=sys.stderr)
        return 1

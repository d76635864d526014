"""Write the page of the command line from its parser."""

import argparse
from collections.abc import Iterator

from crmcore.cli.main import COMMANDS

INTRODUCTION = """\
`crmcore`, or `python -m crmcore`. A command ends with 0 when it is done, with 1 when something could not be done, such as a row that was
rejected or a letter that did not leave, and with 2 when what was asked for can never be done so. What was asked for goes to standard
output; progress, remarks and refusals go to standard error. With `--json` figures are written for programs, and refusals are
[problem documents](errors.md). `NO_COLOR` is respected. The store may stand in `CRMCORE_STORE`.
"""


def sections() -> Iterator[str]:
    """Write a section for each command: what it does, how it is called, what it takes."""
    for name, module in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=f"crmcore {name}")
        module.add_arguments(parser)
        yield f"## crmcore {name}\n"
        yield module.DESCRIPTION + "\n"
        yield "```bash\n" + "\n".join(module.EXAMPLES) + "\n```\n"
        yield "| | |\n|---|---|"
        yield from (f"| `{_usage(action)}` | {_description(action)} |" for action in parser._actions[1:])  # noqa: SLF001  # argparse has no other list
        yield ""


def _usage(action: argparse.Action) -> str:
    if action.choices and not action.option_strings:
        return "{" + ",".join(map(str, action.choices)) + "}"
    metavar = "" if action.nargs == 0 else str(action.metavar or "{" + ",".join(map(str, action.choices or ())) + "}")
    return " ".join(filter(None, (*action.option_strings, metavar)))


def _description(action: argparse.Action) -> str:
    return (action.help or "").replace("|", "\\|")

"""Generate the page of the command line from its parser."""

import argparse
from collections.abc import Iterator

from crmcore.cli.main import COMMANDS

INTRODUCTION = """\
The command is `crmcore`, or `python -m crmcore`. Its exit status is 0 on success, 1 if a part failed, such as a rejected row or an undelivered
message, and 2 if the request is invalid. Results go to standard output; progress and errors go to standard error. With `--json`, results are
JSON and errors are [problem documents](errors.md). `NO_COLOR` is respected. `$CRMCORE_DATABASE_URL` is the default of `--database-url`.
"""


def sections() -> Iterator[str]:
    """Generate a section per command: description, examples, options."""
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

"""Write the pages of the reference that follow from the code: `python -m tools.reference`. A test compares them with what it would write."""

import inspect
import re
import tomllib
import types
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import attrs

import crmcore
from crmcore import errors, ports
from crmcore.adapters.registry import ENTITY_TYPES, EVENT_TYPES
from crmcore.ports import external, host, storage, system
from tools import command_line, limits

DOCS: Final = Path(__file__).parents[1] / "docs"
GENERATED_NOTICE: Final = "<!-- Written by tools/reference.py; change what it reads instead. -->"


def main() -> None:
    """Write all pages."""
    for path, write in (PAGES | LISTS).items():
        (DOCS / path).write_text(write(), encoding="utf-8")


def stability() -> str:
    """Say what is public, and what that means."""
    return page(
        "Stability",
        "What can be imported from `crmcore` is public, and so are `crmcore.errors`, the ports in `crmcore.services.ports`, the contract\n"
        "suite in `crmcore.testing`, the adapters by the names of their modules, the names and fields of [events](events.md), the\n"
        "codes of [errors](errors.md), and the command line. A public name is deprecated for at least two minor releases and six\n"
        "months before it goes; the warning says in which release, and what to use instead. The same holds for the extras:\n"
        f"{', '.join(f'`{name}`' for name in extras())}.\n\n"
        "Everything else may change in any release: modules inside `domain`, `services` and `adapters` are open to read and to\n"
        "import, at your own risk. The data of older releases can always be read by newer ones.",
        *(f"- `{name}`{_first_sentence(getattr(crmcore, name), ': ')}" for name in crmcore.__all__),
    )


def extras() -> list[str]:
    """List what `pip install 'crmcore[...]'` takes, but for what developers need."""
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return sorted(project["optional-dependencies"].keys() - {"dev"})


def error_codes() -> str:
    """List all errors by their codes."""
    kinds = sorted((getattr(errors, name) for name in errors.__all__), key=lambda kind: str(kind.code))
    tree = str(errors.__doc__).split("::\n\n", 1)[1].split("\n\nAn error carries", 1)[0]
    return page(
        "Errors",
        "Whatever crmcore raises on purpose is a `crmcore.CrmError`. An error has a `code` that never changes, carries its data as\n"
        "attributes, survives pickling, and becomes a problem document (RFC 9457) by `to_problem()`. It never carries what a person\n"
        "wrote, so that it may be logged. A retryable one may succeed when the same call is made again a moment later.",
        "```text\n" + inspect.cleandoc(tree) + "\n```\n",
        "| code | class | HTTP status | retryable | when | data |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{kind.code}` | `{kind.__name__}` | {kind.status} | {'yes' if kind.retryable else 'no'} | {_first_sentence(kind)} "
            f"| {', '.join(f'`{f.name}`' for f in attrs.fields(kind)) if attrs.has(kind) else ''} |"
            for kind in kinds
        ),
    )


def events() -> str:
    """List all facts, with their fields."""
    return page(
        "Events",
        "Every fact has a stable name, a schema number that rises when a reader of the old fields would be misled, and, around it, its\n"
        "id, tenant, actor, subject, version, correlation and position in the feed (`crmcore.domain.platform.feed.Recorded`). Readers pass over\n"
        "fields that they do not know. On the wire, instants are ISO 8601 with `Z`, durations whole microseconds, money an object of\n"
        "`amount` and `currency`. Every fact has the field `at`: when it happened.",
        "| event | schema | what happened | fields |",
        "|---|---|---|---|",
        *(
            f"| `{name}` | {kind.schema} | {_first_sentence(kind)} | {_fields(kind, leaving_out={'at'})} |"
            for name, kind in sorted(EVENT_TYPES.items())
            if kind.__module__.startswith("crmcore.")
        ),
    )


def records() -> str:
    """List all kinds of records, their fields, and which of them tell something about a person."""
    lines = []
    kind: Any
    for kind in sorted(ENTITY_TYPES, key=lambda entity_type: entity_type.meta.prefix):
        hints = get_type_hints(kind)
        lines += [
            f"\n## {kind.__name__}\n",
            _first_sentence(kind),
            f"\nIds start with `{kind.shape.kind}_`; the table is `{kind.shape.table}`.\n",
        ]
        lines += ["| field | type | personal |", "|---|---|---|"]
        lines += [
            f"| `{f.name}` | {_type_text(hints[f.name])} | {'yes' if f.metadata.get('personal') else ''} |"
            for f in attrs.fields(kind)
            if f.name != "pending"
        ]
    return page(
        "Records",
        "Every kind of record with its fields. A field is marked when it tells something about a person by itself; what it holds stays out\n"
        "of logs, errors and `repr`. Parts, such as contact points, label their own fields.",
        *lines,
    )


def states() -> str:
    """Draw all life cycles."""
    lines = []
    for module, name, table in sorted(_transition_tables(), key=lambda found: (found[0], found[1])):
        first = next(iter(table))
        lines += [
            f"\n## {name.replace('_LIFE', '').replace('_', ' ').capitalize()}\n",
            f"`{module}.{name}`\n",
            "```mermaid",
            "stateDiagram-v2",
        ]
        lines += [f"    [*] --> {first.value}"]
        lines += [
            f"    {now.value} --> {to.value}"
            for now, nexts in table.items()
            for to in sorted(nexts, key=lambda s: str(s.value))
        ]
        lines += [f"    {now.value} --> [*]" for now, nexts in table.items() if not nexts]
        lines += ["```"]
    return page(
        "States",
        "The life cycles, drawn from the tables that the code obeys. A move that no arrow shows is refused with `illegal_transition`, which\n"
        "names the ones that are open. A deal's stages are no life cycle of the code's: they are data of its funnel.",
        *lines,
    )


def port_list() -> str:
    """List all ports with their methods."""
    modules = (system, storage, host, external)
    found = {name: thing for module in modules for name, thing in vars(module).items() if name in ports.__all__}
    lines = []
    for name, port in found.items():
        if getattr(port, "_is_protocol", False):
            lines += [f"\n## {name}\n", _first_sentence(port), ""]
            lines += [
                f"- `{_signature(method, port_method)}`{_first_sentence(port_method, ': ')}"
                for method, port_method in vars(port).items()
                if inspect.isfunction(port_method) and not method.startswith("_")
            ]
            lines += [
                f"- `{name}`{_first_sentence(port_method, ': ')}"
                for name, port_method in vars(port).items()
                if isinstance(port_method, property)
            ]
    return page(
        "Ports",
        "Everything that crmcore asks of the world, in `crmcore.ports`. What a store promises is a suite of tests,\n"
        "`crmcore.testing.contract.suite.StoreContract`.",
        *lines,
    )


def llms() -> str:
    """Give a reader that is a program a list of all pages."""
    lines = ["# crmcore", "", "> Customer relationship management as a Python library that other programs embed.", ""]
    for folder, (title, _) in INDEXES.items():
        lines += [f"## {title}", ""]
        lines += [f"- [{title}](https://crmcore.dev/{folder}/)"]
        pages = sorted(path for path in (DOCS / folder).glob("*.md") if path.stem != "index")
        lines += [f"- [{_title(path)}](https://crmcore.dev/{folder}/{path.stem}/)" for path in pages]
        lines += [""]
    return "\n".join(lines)


INDEXES: Final[dict[str, tuple[str, str]]] = {
    "tutorial": ("Tutorial", "Follow along, and every line runs as it stands here."),
    "how-to": ("How-to", "Recipes, each for one thing that you have in mind. Every example is a test."),
    "explanation": ("Explanation", "Why crmcore is as it is."),
    "reference": ("Reference", "What there is, exactly."),
    "decisions": (
        "Decisions",
        "What was chosen, from what, why, and what it costs. A record is never rewritten; a later one supersedes it.",
    ),
}


def folder_index(folder: str) -> str:
    """List the pages of a folder."""
    pages = sorted(path for path in (DOCS / folder).glob("*.md") if path.stem != "index")
    return page(*INDEXES[folder], *(f"- [{_title(path)}]({path.name})" for path in pages))


def _title(path: Path) -> str:
    """The title of a page, also of one that is not written yet."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return next((line[2:] for line in lines if line.startswith("# ")), path.stem.capitalize())


def page(title: str, introduction: str, *lines: str) -> str:
    """Put a page together."""
    return "\n".join([f"# {title}", "", GENERATED_NOTICE, "", introduction, "", *lines]).rstrip() + "\n"


def _first_sentence(thing: Any, before: str = "") -> str:
    """The first sentence of a docstring, as Markdown."""
    text = inspect.getdoc(thing) if not isinstance(thing, str) else None
    if not text:
        return ""
    first = " ".join(text.split("\n\n", 1)[0].split())
    return before + re.sub(r"``(.+?)``", r"`\1`", first).replace("|", "\\|")


def _fields(kind: type[Any], *, leaving_out: set[str]) -> str:
    hints = get_type_hints(kind)
    named = (f.name for f in attrs.fields(kind) if f.name not in leaving_out)
    return ", ".join(f"`{name}` {_type_text(hints[name])}" for name in named) or "none"


def _type_text(kind: Any) -> str:
    """A type in words."""
    if kind is type(None):
        return "nothing"
    if get_origin(kind) in {Union, types.UnionType}:
        return " or ".join(_type_text(one) for one in get_args(kind))
    if get_origin(kind) is tuple:
        return f"some {_type_text(get_args(kind)[0])}"
    if get_origin(kind) is not None:
        return str(getattr(get_origin(kind), "__name__", kind)).lower()
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " / ".join(f"*{member.value}*" for member in kind)
    return {
        "str": "text",
        "int": "whole number",
        "bool": "true or false",
        "datetime": "instant",
        "date": "day",
        "timedelta": "duration",
    }.get(getattr(kind, "__name__", ""), getattr(kind, "__name__", str(kind)))


def _transition_tables() -> Iterator[tuple[str, str, Mapping[Enum, frozenset[Enum]]]]:
    """Find all transition tables of the domain."""
    domain = import_module("crmcore.domain")
    for info in walk_packages(domain.__path__, "crmcore.domain."):
        module = import_module(info.name)
        for name in re.findall(r"^(\w+): Final\[Transitions\[", inspect.getsource(module), re.MULTILINE):
            yield info.name, name, getattr(module, name)


def _signature(name: str, method: Callable[..., Any]) -> str:
    parameters = [p for p in inspect.signature(method).parameters if p != "self"]
    return f"{name}({', '.join(parameters)})"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "reference/command-line.md": lambda: page(
        "Command line", command_line.INTRODUCTION.rstrip(), *command_line.sections()
    ),
    "reference/errors.md": error_codes,
    "reference/events.md": events,
    "reference/limits.md": lambda: page("Limits", limits.INTRODUCTION, limits.limits()),
    "reference/ports.md": port_list,
    "reference/records.md": records,
    "reference/stability.md": stability,
    "reference/states.md": states,
}
"""What follows from the code."""
LISTS: Final[dict[str, Callable[[], str]]] = {
    **{f"{folder}/index.md": partial(folder_index, folder) for folder in INDEXES if folder != "tutorial"},
    "llms.txt": llms,
}
"""What follows from the other pages. The tutorial has an order of its own."""

if __name__ == "__main__":
    main()

"""The domain is pure: it asks no clock, throws no dice, opens nothing, logs nothing; and no result of a command gets lost."""

import ast
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.source import Module, modules, planted

WORLDLY: Final = frozenset(
    [
        "asyncio",
        "concurrent",
        "ctypes",
        "http",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
        "shutil",
        "signal",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "urllib",
        "uuid",
        "warnings",
    ]
)
"""Modules of the standard library by which one reaches the world."""
QUESTIONS: Final = frozenset({"now", "utcnow", "today", "fromtimestamp"})
"""Methods of `datetime` and `date` that ask the machine."""
BUILTINS: Final = frozenset({"breakpoint", "eval", "input", "open", "print"})
PLANTS: Final = [
    "from random import choice",
    "import uuid",
    "import logging",
    "def f(): return datetime.now(UTC)",
    "def f(): return date.today()",
    "def f(): return open('x')",
    "def f(): return print",
]
DROPS: Final = [
    "def f(unit, deal):\n    deal.touch(at=unit.now)\n    return deal",
    "def f(unit, deal):\n    unit.save(deal)\n    return deal",
    "def f(unit, deal):\n    if deal:\n        unit.save(deal)\n    return [deal]",
    "def f(deal):\n    changed(deal, title='x')",
]


def worldly(module: Module) -> Iterator[str]:
    """List by what a module would reach the world."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module).partition(".")[0]]
        elif isinstance(node, ast.Name):
            names = [node.id] if node.id in BUILTINS else []
        elif isinstance(node, ast.Attribute):
            names = [node.attr] if node.attr in QUESTIONS and ast.unparse(node.value) in {"datetime", "date"} else []
        else:
            continue
        for name in names:
            if name in WORLDLY | BUILTINS | QUESTIONS:
                yield f"{module.name}:{node.lineno} uses {name}"


def commands(known: dict[str, Module]) -> set[str]:
    """List the names of all methods of the domain that return the next self."""
    return {
        node.name
        for module in known.values()
        if module.name.startswith("crmcore.domain")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and node.returns is not None and ast.unparse(node.returns) == "Self"
        if "classmethod" not in map(ast.unparse, node.decorator_list)
    }


def wishes(known: dict[str, Module]) -> set[str]:
    """List the wishes of all ports, as they are called: ``publisher.publish``."""
    return {
        f"{port.name.lower()}.{wish.name}"
        for name, room in known.items()
        if name.startswith("crmcore.services.ports")
        for port in room.tree.body
        if isinstance(port, ast.ClassDef)
        for wish in port.body
        if isinstance(wish, ast.FunctionDef)
    }


def drops(module: Module, next_self: set[str], of_ports: set[str]) -> Iterator[str]:
    """List where the result of a command is dropped, or a record is used after it was saved and its stored self dropped."""
    for function in ast.walk(module.tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        uses: dict[str, int] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                uses[node.id] = max(node.lineno, uses.get(node.id, 0))
        for node in ast.walk(function):
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
                continue
            called, given = node.value.func, node.value.args
            name = called.attr if isinstance(called, ast.Attribute) else ast.unparse(called)
            where = f"{module.name}:{node.lineno}"
            if name == "save" and given and isinstance(given[0], ast.Name):
                if uses[given[0].id] > node.lineno:
                    yield f"{where} goes on with {given[0].id} as it was before save()"
            elif name in next_self and ast.unparse(called) not in of_ports:
                yield f"{where} drops what {name}() returns"


def test_the_domain_reaches_for_nothing() -> None:
    """No module of the domain asks for the time, for chance, for files, for the net, or for a log."""
    found = [line for m in modules().values() if m.name.startswith("crmcore.domain") for line in worldly(m)]

    assert found == []


@pytest.mark.parametrize("code", PLANTS)
def test_a_planted_reach_is_caught(code: str) -> None:
    """Each way to reach the world is noticed."""
    module = planted("domain/planted.py", code)["crmcore.domain.planted"]

    assert list(worldly(module))


def dropped(known: dict[str, Module]) -> list[str]:
    """List all drops of the stories."""
    next_self = commands(known) | {"changed", "evolve"}
    stories = (module for module in known.values() if module.name.startswith("crmcore.services"))
    return [line for module in stories for line in drops(module, next_self, wishes(known))]


def test_no_result_is_dropped() -> None:
    """Records are frozen: whoever calls a command or saves goes on with what came back."""
    assert dropped(modules()) == []


@pytest.mark.parametrize("code", DROPS)
def test_a_planted_drop_is_caught(code: str) -> None:
    """Each way to lose a result is noticed."""
    found = dropped(planted("services/planted.py", code))

    assert [line for line in found if line.startswith("crmcore.services.planted")]

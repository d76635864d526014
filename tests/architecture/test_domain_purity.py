"""The domain is pure: no clock, no random numbers, no I/O, no logging; and services use the result of every command."""

import ast
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.source import Module, modules, with_planted_code

IMPURE_MODULES: Final = frozenset(
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
"""Modules of the standard library with side effects."""
CLOCK_METHODS: Final = frozenset({"now", "utcnow", "today", "fromtimestamp"})
"""Methods of `datetime` and `date` that read the system clock."""
IMPURE_BUILTINS: Final = frozenset({"breakpoint", "eval", "input", "open", "print"})
PLANTED_IMPURITIES: Final = [
    "from random import choice",
    "import uuid",
    "import logging",
    "def f(): return datetime.now(UTC)",
    "def f(): return date.today()",
    "def f(): return open('x')",
    "def f(): return print",
]
DROPPED_RESULTS: Final = [
    "def f(uow, deal):\n    deal.record_activity(at=uow.now)\n    return deal",
    "def f(uow, deal):\n    uow.save(deal)\n    return deal",
    "def f(uow, deal):\n    if deal:\n        uow.save(deal)\n    return [deal]",
    "def f(deal):\n    copy_with(deal, title='x')",
]


def impure_uses(module: Module) -> Iterator[str]:
    """List the uses of side effects in a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module).partition(".")[0]]
        elif isinstance(node, ast.Name):
            names = [node.id] if node.id in IMPURE_BUILTINS else []
        elif isinstance(node, ast.Attribute):
            names = (
                [node.attr] if node.attr in CLOCK_METHODS and ast.unparse(node.value) in {"datetime", "date"} else []
            )
        else:
            continue
        for name in names:
            if name in IMPURE_MODULES | IMPURE_BUILTINS | CLOCK_METHODS:
                yield f"{module.name}:{node.lineno} uses {name}"


def domain_commands(known: dict[str, Module]) -> set[str]:
    """List the public methods of the domain that return the next version of a record."""
    return {
        node.name
        for module in known.values()
        if module.name.startswith("crmcore.domain")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef) and node.returns is not None and ast.unparse(node.returns) == "Self"
        if "classmethod" not in map(ast.unparse, node.decorator_list) and not node.name.startswith("_")
    }


LIBRARY_METHODS: Final = frozenset({"digest.update"})
"""Methods of the standard library with the name of a command, as they are called."""


def port_methods(known: dict[str, Module]) -> set[str]:
    """List the methods of all ports, as they are called: ``publisher.publish``."""
    return {
        f"{port.name.lower()}.{method.name}"
        for name, protocol in known.items()
        if name.startswith("crmcore.ports")
        for port in protocol.tree.body
        if isinstance(port, ast.ClassDef)
        for method in port.body
        if isinstance(method, ast.FunctionDef)
    }


def dropped_results(module: Module, next_self: set[str], of_ports: set[str]) -> Iterator[str]:
    """List where the result of a command is dropped, or a record is used after it was saved."""
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
            elif name in next_self and ast.unparse(called) not in of_ports | LIBRARY_METHODS:
                yield f"{where} drops what {name}() returns"


def test_domain_has_no_side_effects() -> None:
    """No module of the domain reads the clock, random numbers, files or the network, or writes a log."""
    found = [line for m in modules().values() if m.name.startswith("crmcore.domain") for line in impure_uses(m)]

    assert found == []


@pytest.mark.parametrize("code", PLANTED_IMPURITIES)
def test_planted_side_effect_is_found(code: str) -> None:
    """Each kind of side effect is reported."""
    module = with_planted_code("domain/planted.py", code)["crmcore.domain.planted"]

    assert list(impure_uses(module))


def all_dropped_results(known: dict[str, Module]) -> list[str]:
    """List the dropped results in services."""
    next_self = domain_commands(known) | {"copy_with", "evolve"}
    service_modules = (module for module in known.values() if module.name.startswith("crmcore.services"))
    return [line for module in service_modules for line in dropped_results(module, next_self, port_methods(known))]


def test_command_result_is_used() -> None:
    """Records are frozen: after a command or a save, services use the returned record."""
    assert all_dropped_results(modules()) == []


@pytest.mark.parametrize("code", DROPPED_RESULTS)
def test_planted_dropped_result_is_found(code: str) -> None:
    """Each way to drop a result is reported."""
    found = all_dropped_results(with_planted_code("services/planted.py", code))

    assert [line for line in found if line.startswith("crmcore.services.planted")]

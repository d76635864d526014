"""Import rules, checked by the contracts in pyproject.toml and here again with the standard library alone."""

import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.source import ROOT, SOURCE, Module, imports, modules, with_planted_code

LAYERS: Final[tuple[frozenset[str], ...]] = (
    frozenset({"domain"}),
    frozenset({"ports"}),
    frozenset({"locales"}),
    frozenset({"presentation"}),
    frozenset({"services", "adapters"}),
    frozenset({"crm"}),
    frozenset({"importing", "testing"}),
    frozenset({"demo"}),
    frozenset({"cli"}),
    frozenset({"__main__"}),
)
"""The layers of the package, the lowest first. A layer imports itself and what is below it."""
DOMAIN_AREAS: Final = (
    "kernel",
    "platform",
    "organization",
    "customers",
    "messaging",
    "activities",
    "sla",
    "sales",
    "service",
)
"""The business areas of the domain, the lowest first. An area imports itself and what is below it."""
SQL_LAYERS: Final = ("dialects", "schema", "compile", "execute", "session", "engines", "store")
"""The layers of the SQL adapter, the lowest first."""
OUTSIDE_LAYERS: Final = frozenset({"", "_lazy", "errors", "types"})
"""Modules that export names of the layers, and the lazy attribute. They are in no layer."""
LIBRARIES: Final = {
    "domain": {"attrs", "dateutil"},
    "ports": {"attrs"},
    "locales": {"attrs"},
    "presentation": {"attrs"},
    "services": {"attrs"},
}
"""The libraries that a layer may import beside the standard library; a layer that is not listed may import any."""
PLANTED_IMPORTS: Final = [
    ("domain/activities/tasks.py", "from crmcore.services import environment", "imports crmcore.services.environment"),
    ("domain/activities/tasks.py", "from crmcore.locales import catalogue", "imports crmcore.locales.catalogue"),
    ("domain/activities/tasks.py", "import sqlalchemy", "imports sqlalchemy"),
    ("domain/activities/tasks.py", "from crmcore.domain.sla import timers", "imports crmcore.domain.sla.timers"),
    ("domain/kernel/errors/base.py", "import crmcore.domain.kernel.fields.text", "circle in crmcore.domain.kernel"),
    ("ports/system.py", "from crmcore.services import batches", "imports crmcore.services.batches"),
    ("locales/en.py", "from crmcore.presentation import html", "imports crmcore.presentation.html"),
    ("presentation/html.py", "from crmcore.services.sales import leads", "imports crmcore.services.sales.leads"),
    ("services/activities/tasks.py", "from crmcore.adapters import wire", "imports crmcore.adapters.wire"),
    ("services/activities/tasks.py", "import sqlalchemy", "imports sqlalchemy"),
    (
        "services/activities/tasks.py",
        "from crmcore.services.sales import leads",
        "imports crmcore.services.sales.leads",
    ),
    ("services/unit_of_work.py", "from crmcore.services.sales import leads", "imports crmcore.services.sales.leads"),
    ("adapters/ids.py", "from crmcore.services.sales import leads", "imports crmcore.services.sales.leads"),
    ("adapters/ids.py", "from crmcore.crm import Crm", "imports crmcore.crm"),
    ("adapters/sql/dialects/sqlite.py", "from crmcore.adapters.sql import store", "imports crmcore.adapters.sql.store"),
    ("crm.py", "from crmcore.testing import samples", "imports crmcore.testing.samples"),
    ("importing/formula_escape.py", "from crmcore.demo import simulation", "imports crmcore.demo.simulation"),
    ("importing/formula_escape.py", "from crmcore.testing import samples", "imports crmcore.testing.samples"),
    ("demo/simulation.py", "from crmcore.cli import output", "imports crmcore.cli.output"),
]


def violations(known: dict[str, Module]) -> list[str]:
    """List the imports that break a rule, and the import circles in the domain."""
    found = []
    siblings: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module in known.values():
        for name in imports(module, known):
            if not _is_allowed(module.name, name):
                found.append(f"{module.name} imports {name}")
            if module.name.startswith("crmcore.domain.") and name.startswith("crmcore.domain."):
                parent, child, other = _siblings(module.name, name)
                siblings[parent][child].add(other)
    for parent, graph in siblings.items():
        try:
            TopologicalSorter({child: others - {child, ""} for child, others in graph.items()}).prepare()
        except CycleError as circle:
            found.append(f"circle in {parent}: {circle.args[1]}")
    return found


def _segment(name: str, number: int) -> str:
    return [*name.split("."), "", "", ""][number]


def _siblings(importer: str, name: str) -> tuple[str, str, str]:
    """Return the package that two modules share, and the child of it that each is in."""
    depth = 0
    while _segment(importer, depth) and _segment(importer, depth) == _segment(name, depth):
        depth += 1
    return ".".join(importer.split(".")[:depth]), _segment(importer, depth), _segment(name, depth)


def _layer(name: str) -> int | None:
    """Return the number of a module's layer, counted from the lowest."""
    return next((number for number, layer in enumerate(LAYERS) if _segment(name, 1) in layer), None)


def _is_allowed(importer: str, name: str) -> bool:
    """Return whether a module may import another, or a library."""
    layer = _segment(importer, 1)
    if _segment(name, 0) != "crmcore":
        libraries = LIBRARIES.get(layer)
        return libraries is None or _segment(name, 0) in libraries | set(sys.stdlib_module_names)
    if layer in OUTSIDE_LAYERS:
        return True
    if _segment(name, 1) in OUTSIDE_LAYERS:
        return layer in {"crm", "testing", "importing", "demo", "cli", "__main__"}
    if layer == "domain" and name.startswith("crmcore.domain."):
        return DOMAIN_AREAS.index(_segment(name, 2)) <= DOMAIN_AREAS.index(_segment(importer, 2))
    if importer.startswith("crmcore.adapters.sql.") and name.startswith("crmcore.adapters.sql."):
        return SQL_LAYERS.index(_segment(name, 3)) <= SQL_LAYERS.index(_segment(importer, 3))
    if layer == "services" and name.startswith("crmcore.services."):
        return _use_case(name) in {None, _use_case(importer)}
    own, other = _layer(importer), _layer(name)
    assert own is not None, f"{importer} is in no layer"
    assert other is not None, f"{name} is in no layer"
    return _segment(name, 1) == layer or other < own


def _use_case(module_name: str) -> str | None:
    """Return the entry of the independence contract that a service module is part of; None for what all share."""
    return next((name for name in use_cases() if f"{module_name}.".startswith(f"{name}.")), None)


@cache
def use_cases() -> tuple[str, ...]:
    """Return the modules that the independence contract lists."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    return tuple(next(contract["modules"] for contract in contracts if contract["type"] == "independence"))


def test_imports_follow_layers() -> None:
    """Every module imports only its own layer and area and those below, and there are no circles in the domain."""
    assert violations(modules()) == []


@pytest.mark.parametrize(("path", "code", "expected"), PLANTED_IMPORTS)
def test_planted_import_is_found(path: str, code: str, expected: str) -> None:
    """An import against a rule is reported."""
    found = violations(with_planted_code(path, code))

    assert [line for line in found if expected in line], found


def test_independence_contract_lists_every_use_case() -> None:
    """Each module of services is part of a listed use case, is shared, or is imported by one use case only."""
    known = modules()
    unlisted = [
        name
        for name, module in known.items()
        if name.count(".") > 2 and name.startswith("crmcore.services.") and module.path.name != "__init__.py"
        if _use_case(name) is None and not name.startswith("crmcore.services.shared.")
        if len({_use_case(other.name) for other in known.values() if name in imports(other, known)}) != 1
    ]

    assert unlisted == []
    assert sorted(use_cases()) == list(use_cases())
    assert [name for name in use_cases() if name not in modules()] == []


def test_import_contracts_hold() -> None:
    """All import contracts of pyproject.toml are kept."""
    assert "0 broken" in _lint(ROOT, SOURCE)


def test_planted_import_breaks_each_contract(tmp_path: Path) -> None:
    """Each contract is broken by the planted imports."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(SOURCE, tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for path, code, _ in PLANTED_IMPORTS:
        with (tmp_path / "src" / "crmcore" / path).open("a", encoding="utf-8") as module:
            module.write(f"\n{code}\n")
    report = _lint(tmp_path, tmp_path / "src")

    assert ", 0 broken" not in report
    assert "0 kept" in report, report


def _lint(folder: Path, source: Path) -> str:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(source), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr

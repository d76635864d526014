"""Who may import whom, told twice: by import contracts in pyproject.toml, and here by the standard library alone."""

import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.source import ROOT, SOURCE, Module, imports, modules, with_planted_code

SHARED_SERVICE_MODULES: Final = frozenset(
    {"batch_throughput", "bulk_commands", "fingerprints", "house", "pages", "ports", "steps", "tally", "unit"}
)
"""What the rooms of services stand on. They do not know the rooms, and the rooms do not know each other."""
ENTRY_MODULES: Final = frozenset({"crmcore", "crmcore.__main__", "crmcore.crm", "crmcore.errors", "crmcore.testing"})
"""Where everything meets: they may see every room, and no room sees them."""
UPPER_LAYERS: Final = ("sheets", "demo", "cli")
"""What stands outside and goes in by the doors. Each may see those before it, and none of those after it."""
PLANTED_IMPORTS: Final = [
    (
        "domain/tasks.py",
        "from crmcore.services import house",
        "crmcore.domain.activities.tasks imports crmcore.services.environment",
    ),
    ("domain/tasks.py", "import sqlalchemy", "crmcore.domain.activities.tasks imports sqlalchemy"),
    ("domain/values/money.py", "import crmcore.domain.sales.deals.deal", "the features of domain go round in a circle"),
    (
        "services/tasks.py",
        "from crmcore.adapters import wire",
        "crmcore.services.activities.tasks imports crmcore.adapters.wire",
    ),
    ("services/tasks.py", "import sqlalchemy", "crmcore.services.activities.tasks imports sqlalchemy"),
    (
        "services/tasks.py",
        "from crmcore.services import leads",
        "crmcore.services.activities.tasks imports crmcore.services.sales.leads",
    ),
    (
        "services/unit.py",
        "from crmcore.services import leads",
        "crmcore.services.unit_of_work imports crmcore.services.sales.leads",
    ),
    (
        "services/pages/html.py",
        "from crmcore.services import leads",
        "crmcore.presentation.html imports crmcore.services.sales.leads",
    ),
    (
        "adapters/ids.py",
        "from crmcore.services import leads",
        "crmcore.adapters.ids imports crmcore.services.sales.leads",
    ),
    ("adapters/ids.py", "from crmcore.crm import Crm", "crmcore.adapters.ids imports crmcore.crm"),
    ("crm.py", "from crmcore.testing import samples", "crmcore.crm imports crmcore.testing.samples"),
    (
        "sheets/cells.py",
        "from crmcore.demo import play",
        "crmcore.importing.formula_escape imports crmcore.demo.simulation",
    ),
    ("demo/play.py", "from crmcore.cli import talk", "crmcore.demo.simulation imports crmcore.cli.output"),
]


def breaches(known: dict[str, Module]) -> list[str]:
    """List what is imported where it may not be."""
    found = []
    features: dict[str, set[str]] = defaultdict(set)
    for module in known.values():
        for name in imports(module, known):
            if not _is_allowed(module.name, name):
                found.append(f"{module.name} imports {name}")
            if module.name.startswith("crmcore.domain.") and name.startswith("crmcore.domain."):
                features[_segment(module.name, 2)].add(_segment(name, 2))
    try:
        TopologicalSorter({feature: others - {feature} for feature, others in features.items()}).prepare()
    except CycleError as circle:
        found.append(f"the features of domain go round in a circle: {circle.args[1]}")
    return found


def _segment(name: str, number: int) -> str:
    return [*name.split("."), "", ""][number]


def _is_allowed(importer: str, name: str) -> bool:
    """Whether one module may import another, or a library."""
    layer = _segment(importer, 1)
    if _segment(name, 0) != "crmcore":
        own = {"domain": {"attrs", "dateutil"}, "services": {"attrs"}}.get(layer)
        return own is None or _segment(name, 0) in own | set(sys.stdlib_module_names)
    if layer == "domain":
        return name.startswith("crmcore.domain")
    if layer == "services":
        service, other = _segment(importer, 2), _segment(name, 2)
        neighbours = SHARED_SERVICE_MODULES if service in SHARED_SERVICE_MODULES else SHARED_SERVICE_MODULES | {service}
        return name.startswith("crmcore.domain") or (name.startswith("crmcore.services.") and other in neighbours)
    if layer == "adapters":
        if importer == "crmcore.adapters.wire" and name.startswith("crmcore.services."):
            return True  # the one door among the adapters: a receipt keeps what a story answered, so its classes are known here
        return name.startswith(("crmcore.domain", "crmcore.adapters")) or name in {
            "crmcore.ports",
            "crmcore.ports.grouped_counts",
        }
    if layer in UPPER_LAYERS:
        return _segment(name, 1) not in UPPER_LAYERS[UPPER_LAYERS.index(layer) + 1 :]
    if importer in {"crmcore.crm", "crmcore.errors"}:
        return _segment(name, 1) in {"domain", "services", "adapters", "room"}
    if _segment(name, 1) in UPPER_LAYERS:
        return importer == "crmcore.__main__"
    return importer in ENTRY_MODULES or f"crmcore.{layer}" in ENTRY_MODULES


def test_imports_follow_layers() -> None:
    """Domain knows nobody, services know the domain and their ports, adapters know no story, and features form a line."""
    assert breaches(modules()) == []


@pytest.mark.parametrize(("path", "code", "expected"), PLANTED_IMPORTS)
def test_planted_import_is_found(path: str, code: str, expected: str) -> None:
    """Each way to break the plan is noticed."""
    found = breaches(with_planted_code(path, code))

    assert [line for line in found if line.startswith(expected)], found


def test_independence_contract_lists_every_service() -> None:
    """The contract that stories do not know each other names every family of stories."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    named = next(contract["modules"] for contract in contracts if contract["type"] == "independence")
    services = {
        _segment(name, 2) for name in modules() if name.startswith("crmcore.services.")
    } - SHARED_SERVICE_MODULES

    assert sorted(f"crmcore.services.{service}" for service in services) == named


def test_import_contracts_hold() -> None:
    """The import contracts of pyproject.toml are kept."""
    assert "0 broken" in _lint(ROOT, SOURCE)


def test_planted_import_breaks_each_contract(tmp_path: Path) -> None:
    """Each contract breaks when something is planted against it."""
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

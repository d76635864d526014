"""Everything that public calls take and return can be imported from a stable module."""

import inspect
import re
from collections.abc import Iterator
from typing import Any, Final, NewType, get_args

import pytest

import crmcore
from crmcore import errors, ports, types
from crmcore.domain.kernel.errors.base import CrmError
from tests.architecture.source import ROOT
from tools.service_pages import public_methods, services

STABLE: Final = (crmcore, types, errors, ports)
STABLE_IMPORT: Final = re.compile(r"crmcore(\.(types|errors|ports|testing|adapters|importing)\b.*)?$")
IMPORT: Final = re.compile(r"^(?:>>> )?(?:from|import) (crmcore[\w.]*)", re.MULTILINE)
INTERNAL_PAGES: Final = {
    "architecture.md": "shows how an entity of the domain works",
    "run-the-demo.md": "runs the demo, which is a sample and not a part of the API",
    "sla-timers.md": "replays SLA events without a record",
    "write-your-own-store.md": "names the modules for authors of stores",
}
"""Pages that import other modules, each with its reason."""


def named_classes(annotation: Any) -> Iterator[Any]:
    """Return the classes and id types of crmcore in an annotation."""
    if isinstance(annotation, NewType) or (
        isinstance(annotation, type) and annotation.__module__.startswith("crmcore.") and not get_args(annotation)
    ):
        yield annotation
    for part in get_args(annotation):
        yield from named_classes(part)
    origin = getattr(annotation, "__origin__", None)
    if isinstance(origin, type) and origin.__module__.startswith("crmcore."):
        yield origin


@pytest.mark.parametrize("service", services())
def test_annotation_is_importable_from_stable_module(service: str) -> None:
    """Each class in a signature of a service is a name of `crmcore`, `crmcore.types`, `.errors` or `.ports`."""
    missing = set()
    for name, method in public_methods(services()[service]).items():
        signature = inspect.signature(method)
        annotations = [signature.return_annotation, *(p.annotation for p in signature.parameters.values())]
        for annotation in annotations:
            for public in named_classes(annotation):
                if not any(getattr(module, public.__name__, None) is public for module in STABLE):
                    missing.add(f"crm.{service}.{name}: {public.__name__}")

    assert set() == missing


def test_errors_are_importable_from_errors() -> None:
    """Each error that a `Raises:` section names is exported by `crmcore.errors`."""
    named = {
        error
        for path in (ROOT / "docs" / "reference" / "services").glob("*.md")
        for error in re.findall(r"^- `(\w+Error)`:", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert set() == {name for name in named if not issubclass(getattr(errors, name, int), CrmError)}
    assert named


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda path: str(path.relative_to(ROOT))
)
def test_examples_import_stable_modules(path: Any) -> None:
    """Examples import stable modules only."""
    if path.name not in INTERNAL_PAGES:
        imported = IMPORT.findall(path.read_text(encoding="utf-8"))

        assert [] == [module for module in imported if not STABLE_IMPORT.match(module)]

"""Every service is an attribute of `Crm`, has tests, and is shown in the documentation."""

from typing import Final

import pytest

from crmcore import Crm
from crmcore._lazy import LazyService
from crmcore.adapters.registry import ENTITY_TYPES
from tests.architecture.source import ROOT
from tests.architecture.test_import_contracts import use_cases

SERVICES: Final = {name: service for name, service in vars(Crm).items() if isinstance(service, LazyService)}
"""The services of `Crm`, by the names of their attributes."""
CALLS: Final = {"outbox": ".deliver(", "jobs": ".run_due_jobs("}
"""How services are called that have a method of `Crm`; others are called by their name."""
DOMAIN_FEATURES: Final = sorted({".".join(kind.__module__.split(".")[2:4]) for kind in ENTITY_TYPES})
"""The modules and packages of the domain that define records, by area and name."""
PAGES: Final = "\n".join(
    path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    if "reference" not in path.parts
)
"""All pages that are written by hand."""


def source_of_tests(*layers: str) -> str:
    """Return all tests of some layers as one text."""
    return "\n".join(
        path.read_text(encoding="utf-8")
        for layer in layers
        for path in (ROOT / "tests" / layer).rglob("*")
        if path.suffix in {".py", ".md"}
    )


@pytest.mark.parametrize("use_case", use_cases())
def test_use_case_is_service_of_crm(use_case: str) -> None:
    """Every package or module of use cases has a service that is an attribute of `Crm`, or is called by a method of it."""
    modules_of_services = {service._module_name for service in SERVICES.values()}

    assert use_case.endswith(".health") or any(f"{name}.".startswith(f"{use_case}.") for name in modules_of_services)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_has_tests(name: str) -> None:
    """Every service is called by a test."""
    assert CALLS.get(name, f".{name}.") in source_of_tests("services", "stories"), f"no test calls crm.{name}"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_is_shown_in_documentation(name: str) -> None:
    """Every service is shown in README, a tutorial, a how-to or an explanation."""
    assert CALLS.get(name, f".{name}.") in PAGES, f"no page in docs/ shows crm.{name}"


@pytest.mark.parametrize("name", DOMAIN_FEATURES)
def test_domain_feature_has_tests(name: str) -> None:
    """Every feature of the domain that defines records is imported by a test of the domain."""
    assert f"crmcore.domain.{name}" in source_of_tests("domain"), f"no test in tests/domain imports {name}"

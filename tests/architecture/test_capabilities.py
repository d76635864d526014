"""A capability is whole: what there is of it in one room there is in all the others, and this names the file that is missing."""

from typing import Final

import pytest

from crmcore import Crm
from crmcore.adapters.registry import ENTITY_TYPES
from tests.architecture.source import ROOT, SOURCE
from tests.architecture.test_import_contracts import SHARED_SERVICE_MODULES

SERVICES: Final = SOURCE / "crmcore" / "services"
SERVICE_NAMES: Final = sorted(
    {path.stem for path in SERVICES.iterdir() if path.stem[0] != "_"} - SHARED_SERVICE_MODULES
)
"""The words of all families of stories."""
CALLS: Final = {"delivery": ".deliver(", "due": ".run_due(", "health": ".health("}
"""How stories are called that have a door of their own at the front; others are called by their word."""
DOMAIN_FEATURES: Final = sorted({entity_type.__module__.split(".")[2] for entity_type in ENTITY_TYPES})
"""The words of all features of the domain that keep records."""
PAGES: Final = "\n".join(
    path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    if path.parent.name != "reference"
)
"""Everything that is told about crmcore by hand."""


def test_text_of(*layers: str) -> str:
    """All tests of some layers, as one text."""
    return "\n".join(
        path.read_text(encoding="utf-8")
        for layer in layers
        for path in (ROOT / "tests" / layer).rglob("*")
        if path.suffix in {".py", ".md"}
    )


@pytest.mark.parametrize("word", SERVICE_NAMES)
def test_service_is_attribute_of_crm(word: str) -> None:
    """A family of stories is a room of `Crm`'s."""
    attribute = getattr(Crm, word, None)

    assert attribute is not None, f"crm.py has no room {word}"


@pytest.mark.parametrize("word", SERVICE_NAMES)
def test_service_has_tests(word: str) -> None:
    """A family of stories has tests of its own."""
    assert CALLS.get(word, f".{word}.") in test_text_of("services", "stories"), (
        f"tests/services/test_{word}.py is missing"
    )


@pytest.mark.parametrize("word", SERVICE_NAMES)
def test_service_is_shown_in_documentation(word: str) -> None:
    """A family of stories is shown at work in README, a tutorial, a how-to or an explanation."""
    assert CALLS.get(word, f".{word}.") in PAGES, f"no page in docs/ shows crm.{word}"


@pytest.mark.parametrize("word", DOMAIN_FEATURES)
def test_domain_feature_has_tests(word: str) -> None:
    """A feature of the domain has tests of its own."""
    assert f"crmcore.domain.{word}" in test_text_of("domain"), f"tests/domain/test_{word}.py is missing"

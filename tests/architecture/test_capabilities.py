"""A capability is whole: what there is of it in one room there is in all the others, and this names the file that is missing."""

from typing import Final

import pytest

from crmcore import Crm
from crmcore.adapters.kinds import ENTITIES
from tests.architecture.source import HERE, SOURCE
from tests.architecture.test_imports import FOUNDATIONS

SERVICES: Final = SOURCE / "crmcore" / "services"
ROOMS: Final = sorted({path.stem for path in SERVICES.iterdir() if path.stem[0] != "_"} - FOUNDATIONS)
"""The words of all families of stories."""
CALLS: Final = {"delivery": ".deliver(", "due": ".run_due(", "health": ".health("}
"""How stories are called that have a door of their own at the front; others are called by their word."""
FEATURES: Final = sorted({kind.__module__.split(".")[2] for kind in ENTITIES})
"""The words of all features of the domain that keep records."""
PAGES: Final = "\n".join(
    path.read_text(encoding="utf-8")
    for path in [HERE / "README.md", *(HERE / "docs").rglob("*.md")]
    if path.parent.name != "reference"
)
"""Everything that is told about crmcore by hand."""


def written_for(*layers: str) -> str:
    """All tests of some layers, as one text."""
    return "\n".join(
        path.read_text(encoding="utf-8")
        for layer in layers
        for path in (HERE / "tests" / layer).rglob("*")
        if path.suffix in {".py", ".md"}
    )


@pytest.mark.parametrize("word", ROOMS)
def test_stories_have_a_door(word: str) -> None:
    """A family of stories is a room of `Crm`'s."""
    door = getattr(Crm, word, None)

    assert door is not None, f"crm.py has no room {word}"


@pytest.mark.parametrize("word", ROOMS)
def test_stories_are_tested(word: str) -> None:
    """A family of stories has tests of its own."""
    assert CALLS.get(word, f".{word}.") in written_for("services", "stories"), (
        f"tests/services/test_{word}.py is missing"
    )


@pytest.mark.parametrize("word", ROOMS)
def test_stories_are_told(word: str) -> None:
    """A family of stories is shown at work in README, a tutorial, a how-to or an explanation."""
    assert CALLS.get(word, f".{word}.") in PAGES, f"no page in docs/ shows crm.{word}"


@pytest.mark.parametrize("word", FEATURES)
def test_decisions_are_tested(word: str) -> None:
    """A feature of the domain has tests of its own."""
    assert f"crmcore.domain.{word}" in written_for("domain"), f"tests/domain/test_{word}.py is missing"

"""The pages of the reference that follow from the code follow from it today."""

import pytest

from tools.reference import DOCS, PAGES


@pytest.mark.parametrize("path", PAGES)
def test_reference_page_equals_generated_page(path: str) -> None:
    """A page is what `python -m tools.reference` writes."""
    assert PAGES[path]() == (DOCS / path).read_text(encoding="utf-8"), "run: python -m tools.reference"

"""No cell is a formula, and every text comes back as it was."""

import csv
import io

import pytest
from hypothesis import given, strategies as st

from crmcore.importing.formula_escape import escape, unescape

FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "\u00a0=1+1",
    "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201", '=HYPERLINK("http://x","y")', '=DDE("cmd";"/C calc")', "\0=1",
    "'=1+1", "''=1+1", "+371 2000 0000", "-5", "@name", "=", "+", "-", "@", "\t", "\n\n=1", "  \t @x",
    '=IMPORTXML("http://x","//a")', '=WEBSERVICE("http://x")', "-2+3+cmd|' /C calc'!D2", "=1;2", '="a"&"b"',
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
def test_formula_is_escaped(formula: str) -> None:
    """What a spreadsheet would run begins with an apostrophe."""
    assert escape(formula).startswith("'")


@pytest.mark.parametrize("text", ["Jānis", "مریم", "'t Hof", "O‘rinov", "", "a=b", "1-2", "don't"])
def test_other_text_is_unchanged(text: str) -> None:
    """A text that nothing would run is written as it is."""
    assert text == escape(text)


@given(st.one_of(st.text(), st.text("=+-@'\t\n\r \0ab"), st.sampled_from(FORMULAS)))
def test_escaped_text_round_trips(text: str) -> None:
    """Whatever is written is read back exactly, however often it is written."""
    assert text == unescape(escape(text))
    assert escape(text) == unescape(escape(escape(text)))


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_row_round_trips_through_csv(cells: list[str]) -> None:
    """A row survives the way through a file."""
    file = io.StringIO(newline="")
    csv.writer(file).writerow([escape(cell) for cell in cells])

    assert cells == [unescape(cell) for cell in next(csv.reader(io.StringIO(file.getvalue(), newline="")))]

"""What a map of columns may say, and what it may not."""

from pathlib import Path

import pytest

from crmcore.errors import InvalidInput
from crmcore.sheets.columns import Column, Columns
from crmcore.sheets.reading import Row


def test_one_mechanism_three_ways(tmp_path: Path) -> None:
    """Words of the command line, a file and headings that speak for themselves give the same map."""
    path = tmp_path / "map.toml"
    path.write_text('[columns]\nname = "name"\n"custom:visits" = ["custom:visits"]\n[values.source]\na = "b"\n')
    by_words = Columns.parse(["name=name", "custom:visits=custom:visits"], ["source:a=b"])

    assert by_words == Columns.read(path)
    assert by_words.columns == Columns.guess(["name", "custom:visits", "whatever"]).columns


def test_a_column_may_mean_two_things() -> None:
    """A lead's number is its own key and its customer's."""
    columns = Columns.parse(["Number=request:crm", "Number=external_id:crm"])

    assert [(Column("Number", "request", "crm"), "7"), (Column("Number", "external_id", "crm"), "7")] == columns.facts(
        Row(2, {"Number": " 7 "})
    )


def test_values_are_folded_only_where_it_is_said() -> None:
    """A source is kept as it is written, unless the map says what is meant."""
    row = Row(2, {"Source": "google"})
    kept, folded = Columns.parse(["Source=source"]), Columns.parse(["Source=source"], ["source:google=Google"])

    assert ["google", "Google"] == [columns.facts(row)[0][1] for columns in (kept, folded)]


def test_a_heading_may_hold_an_equals_sign() -> None:
    """The last equals sign parts the heading from the field."""
    assert Column("a=b", "name") == Column.parse("a=b=name")


@pytest.mark.parametrize("word", ["", "name", "=name", "Name=nothing", "Number=external_id", "Number=custom:"])
def test_columns_that_cannot_be(word: str) -> None:
    """A word that is no column is refused by name."""
    with pytest.raises(InvalidInput):
        Columns.parse([word])


@pytest.mark.parametrize("word", ["", "source", "source:google", "nothing:a=b"])
def test_values_that_cannot_be(word: str) -> None:
    """A word that is no value is refused by name."""
    with pytest.raises(InvalidInput):
        Columns.parse([], [word])


@pytest.mark.parametrize(
    "text", ["[columns", "x = 1", "columns = 1", "[values]\nsource = 1\n[columns]\na = 'name'", "\xff"]
)
def test_files_that_cannot_be(tmp_path: Path, text: str) -> None:
    """A file that is no map is refused by name."""
    path = tmp_path / "map.toml"
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(InvalidInput):
        Columns.read(path)


def test_a_map_must_fit_the_file() -> None:
    """A column that the file has not is named before anything is done; so is a file of which nothing is mapped."""
    with pytest.raises(InvalidInput, match="Nmae"):
        Columns.parse(["Nmae=name"]).check(["Name"])
    with pytest.raises(InvalidInput, match="the file has: X, Y"):
        Columns.guess(["X", "Y"]).check(["X", "Y"])

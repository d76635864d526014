"""What a map of columns may say, and what it may not."""

from pathlib import Path

import pytest

from crmcore.errors import InvalidInputError
from crmcore.importing.column_mapping import Column, ColumnMapping
from crmcore.importing.csv_reader import Row


def test_mapping_from_arguments_file_and_headings_is_equal(tmp_path: Path) -> None:
    """Words of the command line, a file and headings that speak for themselves give the same map."""
    path = tmp_path / "map.toml"
    path.write_text('[columns]\nname = "name"\n"custom:visits" = ["custom:visits"]\n[values.source]\na = "b"\n')
    by_words = ColumnMapping.parse(["name=name", "custom:visits=custom:visits"], ["source:a=b"])

    assert by_words == ColumnMapping.read(path)
    assert by_words.columns == ColumnMapping.guess(["name", "custom:visits", "whatever"]).columns


def test_column_may_map_to_two_fields() -> None:
    """A lead's number is its own key and its customer's."""
    columns = ColumnMapping.parse(["Number=request:crm", "Number=external_id:crm"])

    assert [(Column("Number", "request", "crm"), "7"), (Column("Number", "external_id", "crm"), "7")] == columns.values(
        Row(2, {"Number": " 7 "})
    )


def test_values_are_mapped_only_when_configured() -> None:
    """A source is kept as it is written, unless the map says what is meant."""
    row = Row(2, {"Source": "google"})
    kept, folded = (
        ColumnMapping.parse(["Source=source"]),
        ColumnMapping.parse(["Source=source"], ["source:google=Google"]),
    )

    assert ["google", "Google"] == [columns.values(row)[0][1] for columns in (kept, folded)]


def test_heading_may_contain_equals_sign() -> None:
    """The last equals sign parts the heading from the field."""
    assert Column("a=b", "name") == Column.parse("a=b=name")


@pytest.mark.parametrize("word", ["", "name", "=name", "Name=nothing", "Number=external_id", "Number=custom:"])
def test_invalid_column_is_rejected(word: str) -> None:
    """A word that is no column is refused by name."""
    with pytest.raises(InvalidInputError):
        ColumnMapping.parse([word])


@pytest.mark.parametrize("word", ["", "source", "source:google", "nothing:a=b"])
def test_invalid_value_map_is_rejected(word: str) -> None:
    """A word that is no value is refused by name."""
    with pytest.raises(InvalidInputError):
        ColumnMapping.parse([], [word])


@pytest.mark.parametrize(
    "text", ["[columns", "x = 1", "columns = 1", "[values]\nsource = 1\n[columns]\na = 'name'", "\xff"]
)
def test_invalid_mapping_file_is_rejected(tmp_path: Path, text: str) -> None:
    """A file that is no map is refused by name."""
    path = tmp_path / "map.toml"
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(InvalidInputError):
        ColumnMapping.read(path)


def test_mapping_with_missing_column_is_rejected() -> None:
    """A column that the file has not is named before anything is done; so is a file of which nothing is mapped."""
    with pytest.raises(InvalidInputError, match="Nmae"):
        ColumnMapping.parse(["Nmae=name"]).check(["Name"])
    with pytest.raises(InvalidInputError, match="the file has: X, Y"):
        ColumnMapping.guess(["X", "Y"]).check(["X", "Y"])

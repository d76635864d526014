"""Tables are read as people save them, and every row keeps its number."""

import os
import threading
from pathlib import Path

import pytest

from crmcore.errors import InvalidInputError
from crmcore.importing.csv_reader import CsvTable, open_csv, table_from_text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_detected(delimiter: str) -> None:
    """Commas, semicolons, tabs and bars are detected from the headings."""
    sheet = table_from_text(f"name{delimiter}phone\nAnna{delimiter}1\n")

    assert [{"name": "Anna", "phone": "1"}] == [row.cells for row in sheet]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encoding_is_detected(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without its mark and UTF-16 are read alike."""
    path = tmp_path / "leads.csv"
    path.write_text("name,city\nمریم,Рига\n", encoding=encoding)

    with open_csv(path) as file:
        assert [{"name": "مریم", "city": "Рига"}] == [row.cells for row in CsvTable(file)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_pipe_is_read_once(tmp_path: Path) -> None:
    """What can be read only once, such as a pipe, is read only once."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=["name\nAnna\nBruno\n"])
    writer.start()

    with open_csv(pipe) as file:
        assert ["Anna", "Bruno"] == [row.cells["name"] for row in CsvTable(file)]
    writer.join()


def test_undecodable_bytes_are_rejected_per_row(tmp_path: Path) -> None:
    """A file in another encoding is no crash: its letters come as characters that no field takes."""
    path = tmp_path / "leads.csv"
    path.write_bytes("name\nАнна\n".encode("cp1251"))

    with open_csv(path) as file:
        (row,) = CsvTable(file)
    assert all("\ud800" <= char <= "\udfff" for char in row.cells["name"])


def test_row_numbers_follow_spreadsheet() -> None:
    """The headings are row 1; a cell of several lines is one row, and a blank row has a number too."""
    sheet = table_from_text('name,note\nAnna,"two\nlines"\n,\nBruno,x\n')

    assert [(2, "Anna"), (4, "Bruno")] == [(row.number, row.cells["name"]) for row in sheet]


def test_short_and_long_rows_are_padded_or_kept() -> None:
    """What a short row lacks is empty; what a long one has too much is kept beside it."""
    short, long = table_from_text("a,b\n1\n1,2,3,4\n")

    assert {"a": "1", "b": ""} == short.cells
    assert (("3", "4"), {"a": "1", "b": "2"}) == (long.extra_cells, long.cells)


@pytest.mark.parametrize("text", ["", "\n", "name,name\nx,y\n", 'a,b\n"' + "x" * 1_100_000])
def test_invalid_csv_is_rejected(text: str) -> None:
    """An empty file, two columns of one heading and a quotation mark that is never closed are refused by name."""
    with pytest.raises(InvalidInputError) as excinfo:
        list(table_from_text(text))
    assert "file" == excinfo.value.field


def test_missing_file_is_rejected(tmp_path: Path) -> None:
    """A file that is not there, or no file, is refused by name."""
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(InvalidInputError):
            open_csv(path)

"""Tables are read as people save them, and every row keeps its number."""

import os
import threading
from pathlib import Path

import pytest

from crmcore.errors import InvalidInput
from crmcore.sheets.reading import Sheet, open_sheet, sheet_of


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    """Commas, semicolons, tabs and bars are told apart by the headings."""
    sheet = sheet_of(f"name{delimiter}phone\nAnna{delimiter}1\n")

    assert [{"name": "Anna", "phone": "1"}] == [row.cells for row in sheet]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without its mark and UTF-16 are read alike."""
    path = tmp_path / "leads.csv"
    path.write_text("name,city\nمریم,Рига\n", encoding=encoding)

    with open_sheet(path) as file:
        assert [{"name": "مریم", "city": "Рига"}] == [row.cells for row in Sheet(file)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    """What can be read only once, such as a pipe, is read only once."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=["name\nAnna\nBruno\n"])
    writer.start()

    with open_sheet(pipe) as file:
        assert ["Anna", "Bruno"] == [row.cells["name"] for row in Sheet(file)]
    writer.join()


def test_what_is_not_utf8_is_kept_for_the_row_to_refuse(tmp_path: Path) -> None:
    """A file in another encoding is no crash: its letters come as characters that no field takes."""
    path = tmp_path / "leads.csv"
    path.write_bytes("name\nАнна\n".encode("cp1251"))

    with open_sheet(path) as file:
        (row,) = Sheet(file)
    assert all("\ud800" <= char <= "\udfff" for char in row.cells["name"])


def test_rows_are_numbered_as_a_spreadsheet_does() -> None:
    """The headings are row 1; a cell of several lines is one row, and a blank row has a number too."""
    sheet = sheet_of('name,note\nAnna,"two\nlines"\n,\nBruno,x\n')

    assert [(2, "Anna"), (4, "Bruno")] == [(row.number, row.cells["name"]) for row in sheet]


def test_short_and_long_rows() -> None:
    """What a short row lacks is empty; what a long one has too much is kept beside it."""
    short, long = sheet_of("a,b\n1\n1,2,3,4\n")

    assert {"a": "1", "b": ""} == short.cells
    assert (("3", "4"), {"a": "1", "b": "2"}) == (long.surplus, long.cells)


@pytest.mark.parametrize("text", ["", "\n", "name,name\nx,y\n", 'a,b\n"' + "x" * 1_100_000])
def test_no_table(text: str) -> None:
    """An empty file, two columns of one heading and a quotation mark that is never closed are refused by name."""
    with pytest.raises(InvalidInput) as refusal:
        list(sheet_of(text))
    assert "sheet" == refusal.value.field


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there, or no file, is refused by name."""
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(InvalidInput):
            open_sheet(path)

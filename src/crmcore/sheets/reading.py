"""Reading tables of text: commas, semicolons or tabs, with or without a byte order mark, and every row with its number."""

import csv
import io
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from attrs import frozen

from crmcore.domain.errors.given import InvalidInput
from crmcore.sheets.cells import meant

LONGEST_CELL: Final = 1_000_000
"""How long a cell may be, in characters; a quotation mark that is never closed would otherwise eat the file."""

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@frozen
class Row:
    """One row.

    Attributes:
        number: as a spreadsheet counts: the headings are row 1.
        cells: by their headings; what a short row lacks is empty.
        surplus: cells beyond the headings, as a delimiter within a cell makes them.
    """

    number: int
    cells: Mapping[str, str]
    surplus: tuple[str, ...] = ()


class Sheet:
    """A table that is read row by row, in little memory.

    Args:
        file: an open text; see `open_sheet`.

    Raises:
        InvalidInput: it has no headings, or two of one name.
    """

    def __init__(self, file: TextIO) -> None:
        sample = file.readline()
        if not sample.strip():
            raise InvalidInput("sheet", "is empty; its first row must hold the headings")
        delimiter = max(",;\t|", key=sample.count)
        csv.field_size_limit(LONGEST_CELL)
        self._rows = csv.reader(chain([sample], file), delimiter=delimiter)
        self.heads = tuple(head.strip() for head in next(self._rows))
        twice = sorted({head for head in self.heads if self.heads.count(head) > 1})
        if twice:
            raise InvalidInput("sheet", f"has two columns of one heading: {', '.join(twice) or 'blank'}")

    def __iter__(self) -> Iterator[Row]:
        number = 1
        while True:
            try:
                cells = next(self._rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise InvalidInput("sheet", f"cannot be read after row {number}: {error}") from None
            number += 1
            if any(cell.strip() for cell in cells):
                padded = cells + [""] * (len(self.heads) - len(cells))
                told = dict(zip(self.heads, map(meant, padded), strict=False))
                yield Row(number, told, tuple(cells[len(self.heads) :]))


def open_sheet(path: str | Path, /) -> TextIO:
    """Open a table; see `decoded`.

    Raises:
        InvalidInput: it cannot be opened.
    """
    try:
        return decoded(Path(path).open("rb"))  # whoever reads the text closes it
    except OSError as error:
        raise InvalidInput("sheet", f"cannot be opened: {error.strerror}") from None


def decoded(file: BinaryIO, /) -> TextIO:
    """Read bytes as text: UTF-8, or UTF-16 with its mark. What is not UTF-8 comes as characters that every field refuses by name."""
    buffer = file if isinstance(file, io.BufferedReader) else io.BufferedReader(file)  # type: ignore[type-var]  # it reads
    start = buffer.peek(4)
    encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
    return io.TextIOWrapper(buffer, encoding=encoding, errors="surrogateescape", newline="")


def sheet_of(text: str) -> Sheet:
    r"""Read a table that is at hand as a text.

    Example:
        >>> [row.cells for row in sheet_of("name;phone\nJānis;+371 2000 0000")]
        [{'name': 'Jānis', 'phone': '+371 2000 0000'}]
    """
    return Sheet(io.StringIO(text, newline=""))

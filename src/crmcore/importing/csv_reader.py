"""Reading tables of text: commas, semicolons or tabs, with or without a byte order mark, and every row with its number."""

import csv
import io
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from attrs import frozen

from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.importing.formula_escape import unescape

MAX_CELL_LENGTH: Final = 1_000_000
"""How long a cell may be, in characters; a quotation mark that is never closed would otherwise eat the file."""

_BYTE_ORDER_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@frozen
class Row:
    """One row.

    Attributes:
        number: as a spreadsheet counts: the headings are row 1.
        cells: by their headings; what a short row lacks is empty.
        extra_cells: cells beyond the headings, as a delimiter within a cell makes them.
    """

    number: int
    cells: Mapping[str, str]
    extra_cells: tuple[str, ...] = ()


class CsvTable:
    """A table that is read row by row, in little memory.

    Args:
        file: an open text; see `open_csv`.

    Raises:
        InvalidInputError: it has no headings, or two of one name.
    """

    def __init__(self, file: TextIO) -> None:
        sample = file.readline()
        if not sample.strip():
            raise InvalidInputError("file", "is empty; its first row must hold the headings")
        delimiter = max(",;\t|", key=sample.count)
        csv.field_size_limit(MAX_CELL_LENGTH)
        self._rows = csv.reader(chain([sample], file), delimiter=delimiter)
        self.headings = tuple(heading.strip() for heading in next(self._rows))
        repeated = sorted({heading for heading in self.headings if self.headings.count(heading) > 1})
        if repeated:
            raise InvalidInputError("file", f"has two columns of one heading: {', '.join(repeated) or 'blank'}")

    def __iter__(self) -> Iterator[Row]:
        number = 1
        while True:
            try:
                cells = next(self._rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise InvalidInputError("file", f"cannot be read after row {number}: {error}") from None
            number += 1
            if any(cell.strip() for cell in cells):
                padded = cells + [""] * (len(self.headings) - len(cells))
                by_heading = dict(zip(self.headings, map(unescape, padded), strict=False))
                yield Row(number, by_heading, tuple(cells[len(self.headings) :]))


def open_csv(path: str | Path, /) -> TextIO:
    """Open a table; see `decode_stream`.

    Raises:
        InvalidInputError: it cannot be opened.
    """
    try:
        return decode_stream(Path(path).open("rb"))  # whoever reads the text closes it
    except OSError as error:
        raise InvalidInputError("file", f"cannot be opened: {error.strerror}") from None


def decode_stream(file: BinaryIO, /) -> TextIO:
    """Read bytes as text: UTF-8, or UTF-16 with its mark. What is not UTF-8 comes as characters that every field refuses by name."""
    buffer = file if isinstance(file, io.BufferedReader) else io.BufferedReader(file)  # type: ignore[type-var]  # it reads
    start = buffer.peek(4)
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if start.startswith(mark)), "utf-8")
    return io.TextIOWrapper(buffer, encoding=encoding, errors="surrogateescape", newline="")


def table_from_text(text: str) -> CsvTable:
    r"""Read a table that is at hand as a text.

    Example:
        >>> [row.cells for row in table_from_text("name;phone\nJānis;+371 2000 0000")]
        [{'name': 'Jānis', 'phone': '+371 2000 0000'}]
    """
    return CsvTable(io.StringIO(text, newline=""))

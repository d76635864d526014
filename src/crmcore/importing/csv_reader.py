"""CSV reader: detects delimiter and encoding, numbers the rows."""

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
"""Maximum length of a cell, in characters; bounds an unclosed quotation mark."""

_BYTE_ORDER_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@frozen
class Row:
    """One row of a CSV file.

    Attributes:
        number: row number as in a spreadsheet; the headings are row 1.
        cells: cells by heading; missing cells of a short row are empty.
        extra_cells: cells beyond the headings, caused by an unquoted delimiter.
    """

    number: int
    cells: Mapping[str, str]
    extra_cells: tuple[str, ...] = ()


class CsvTable:
    """A CSV file that is read row by row.

    Args:
        file: an open text file; see `open_csv`.

    Raises:
        InvalidInputError: the file has no headings, or duplicate headings.
    """

    def __init__(self, file: TextIO) -> None:
        sample = file.readline()
        if not sample.strip():
            raise InvalidInputError("file", "is empty; its first row must hold the headings")
        delimiter = max(",;\t|", key=sample.count)
        csv.field_size_limit(MAX_CELL_LENGTH)
        self._rows = csv.reader(chain([sample], file), delimiter=delimiter)
        self.headings: tuple[str, ...] = tuple(heading.strip() for heading in next(self._rows))
        repeated = sorted({heading for heading in self.headings if self.headings.count(heading) > 1})
        if repeated:
            raise InvalidInputError("file", f"has duplicate headings: {', '.join(repeated) or 'blank'}")

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
    """Open a CSV file; see `decode_stream`.

    Raises:
        InvalidInputError: the file cannot be opened.
    """
    try:
        return decode_stream(Path(path).open("rb"))  # the caller closes it
    except OSError as error:
        raise InvalidInputError("file", f"cannot be opened: {error.strerror}") from None


def decode_stream(file: BinaryIO, /) -> TextIO:
    """Decode bytes as UTF-8, or as UTF-16 with a byte order mark.

    Invalid bytes become surrogate characters, which every field rejects.
    """
    buffer = file if isinstance(file, io.BufferedReader) else io.BufferedReader(file)  # type: ignore[type-var]  # a BinaryIO can be read
    start = buffer.peek(4)
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if start.startswith(mark)), "utf-8")
    return io.TextIOWrapper(buffer, encoding=encoding, errors="surrogateescape", newline="")


def table_from_text(text: str) -> CsvTable:
    r"""Read a CSV table from a string.

    Example:
        >>> [row.cells for row in table_from_text("name;phone\nJānis;+371 2000 0000")]
        [{'name': 'Jānis', 'phone': '+371 2000 0000'}]
    """
    return CsvTable(io.StringIO(text, newline=""))

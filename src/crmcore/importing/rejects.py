"""Rows that could not be taken in, in a file of their own.

They stand there whole, with what is wrong and what would be right, ready to be corrected and read again.
"""

import csv
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from attrs import frozen

from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.validation import InvalidCharacterError, InvalidInputError
from crmcore.importing.csv_reader import Row
from crmcore.importing.formula_escape import escape

_FIELD_NAMES: Final = {"received_at": "at"}
"""What a map of columns calls otherwise than a story."""
REJECT_COLUMNS: Final = ("crmcore row", "crmcore field", "crmcore code", "crmcore hint")
_HINTS: Final = {
    "ambiguous_customer": "several customers fit; add a column named customer with the right one's id, or new",
    "idempotency_key_reused": "the request's key came before with other facts; correct the record itself, or give the row another key",
}


@frozen
class Reject:
    """One row that was not taken in.

    Attributes:
        row: its number, as a spreadsheet counts.
        field: what is wrong, if it is one field, in the words of a map of columns.
        code: the error's code.
        hint: what would be right.
    """

    row: int
    field: str
    code: str
    hint: str

    @classmethod
    def from_error(cls, row: int, error: CrmError) -> Self:
        """Explain an error of a row."""
        field = error.field.rpartition(".")[2] if isinstance(error, InvalidInputError) else ""
        hint = _HINTS.get(error.code, str(error))
        if isinstance(error, InvalidCharacterError):
            hint += ", and save the file as UTF-8"
        return cls(row, _FIELD_NAMES.get(field, field), error.code, hint)

    def __str__(self) -> str:
        return f"row {self.row}: {self.hint} [{self.code}]"


class RejectsFile:
    """The file of rejected rows, which is there only if there are some.

    It is written beside the old one, and takes its place at the end: the old one may be what is being read.

    Args:
        path: where; None keeps no file.
    """

    def __init__(self, path: Path | None) -> None:
        self.rejects: list[Reject] = []
        self._path = path
        self._file: TextIO | None = None

    def add(self, row: Row, error: CrmError) -> Reject:
        """Put a row aside."""
        reject = Reject.from_error(row.number, error)
        self.rejects.append(reject)
        if self._path is not None:
            if self._file is None:
                self._file = self._start_file(self._temporary_path(self._path), row)
            fields = (str(reject.row), reject.field, reject.code, reject.hint)
            cells = (*fields, *(row.cells[heading] for heading in _data_headings(row)), *row.extra_cells)
            csv.writer(self._file).writerow([escape(cell) for cell in cells])
        return reject

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        if self._path is None or error is not None:
            return  # what was rejected before it broke off will be rejected again
        if self.rejects:
            self._temporary_path(self._path).replace(self._path)
        else:
            self._path.unlink(missing_ok=True)

    def _start_file(self, path: Path, row: Row) -> TextIO:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        csv.writer(file).writerow([*REJECT_COLUMNS, *map(escape, _data_headings(row))])
        return file

    @staticmethod
    def _temporary_path(path: Path) -> Path:
        return path.with_name(path.name + ".part")


def _data_headings(row: Row) -> list[str]:
    """The headings of a row, without those that we gave a rejected one."""
    return [heading for heading in row.cells if heading not in REJECT_COLUMNS]

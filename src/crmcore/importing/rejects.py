"""Rejects file: rejected rows with error and hint, to be corrected."""

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
"""Field names of the column mapping that differ from those of the command."""
REJECT_COLUMNS: Final = ("crmcore row", "crmcore field", "crmcore code", "crmcore hint")
_HINTS: Final = {
    "ambiguous_customer": "several customers match; add a column named customer with the id of the customer, or new",
    "idempotency_key_reused": "the key of the request was imported before with other values; correct the record, or change the key of the row",
}


@frozen
class Reject:
    """One rejected row.

    Attributes:
        row: row number as in a spreadsheet.
        field: the invalid field, named as in the column mapping; empty if the error has none.
        code: code of the error.
        hint: how to correct the row.
    """

    row: int
    field: str
    code: str
    hint: str

    @classmethod
    def from_error(cls, row: int, error: CrmError) -> Self:
        """Create the reject of an error."""
        field = error.field.rpartition(".")[2] if isinstance(error, InvalidInputError) else ""
        hint = _HINTS.get(error.code, str(error))
        if isinstance(error, InvalidCharacterError):
            hint += ", and save the file as UTF-8"
        return cls(row, _FIELD_NAMES.get(field, field), error.code, hint)

    def __str__(self) -> str:
        return f"row {self.row}: {self.hint} [{self.code}]"


class RejectsFile:
    """CSV file of rejected rows; it exists only if a row was rejected.

    The file is written under a temporary name and renamed at the end, because the old file may be the input.

    Args:
        path: path of the file; None writes no file.
    """

    def __init__(self, path: Path | None) -> None:
        self.rejects: list[Reject] = []
        self._path = path
        self._file: TextIO | None = None

    def add(self, row: Row, error: CrmError) -> Reject:
        """Write a rejected row."""
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
            return  # a second import rejects these rows again
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
    """Return the headings of a row without the columns of a rejects file."""
    return [heading for heading in row.cells if heading not in REJECT_COLUMNS]

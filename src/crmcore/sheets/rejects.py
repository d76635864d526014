"""Rows that could not be taken in, in a file of their own.

They stand there whole, with what is wrong and what would be right, ready to be corrected and read again.
"""

import csv
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from attrs import frozen

from crmcore.domain.errors.given import ControlCharacter, InvalidInput
from crmcore.domain.errors.root import CrmError
from crmcore.sheets.cells import safe
from crmcore.sheets.reading import Row

_WORDS: Final = {"received_at": "at"}
"""What a map of columns calls otherwise than a story."""
HEADS: Final = ("crmcore row", "crmcore field", "crmcore code", "crmcore advice")
_ADVICE: Final = {
    "ambiguous_customer": "several customers fit; add a column named customer with the right one's id, or new",
    "key_reused": "the request's key came before with other facts; correct the record itself, or give the row another key",
}


@frozen
class Reject:
    """One row that was not taken in.

    Attributes:
        row: its number, as a spreadsheet counts.
        field: what is wrong, if it is one field, in the words of a map of columns.
        code: the error's code.
        advice: what would be right.
    """

    row: int
    field: str
    code: str
    advice: str

    @classmethod
    def of(cls, row: int, error: CrmError) -> Self:
        """Explain an error of a row."""
        field = error.field.rpartition(".")[2] if isinstance(error, InvalidInput) else ""
        advice = _ADVICE.get(error.code, str(error))
        if isinstance(error, ControlCharacter):
            advice += ", and save the file as UTF-8"
        return cls(row, _WORDS.get(field, field), error.code, advice)

    def __str__(self) -> str:
        return f"row {self.row}: {self.advice} [{self.code}]"


class Rejects:
    """The file of rejected rows, which is there only if there are some.

    It is written beside the old one, and takes its place at the end: the old one may be what is being read.

    Args:
        path: where; None keeps no file.
    """

    def __init__(self, path: Path | None) -> None:
        self.all: list[Reject] = []
        self._path = path
        self._file: TextIO | None = None

    def add(self, row: Row, error: CrmError) -> Reject:
        """Put a row aside."""
        reject = Reject.of(row.number, error)
        self.all.append(reject)
        if self._path is not None:
            if self._file is None:
                self._file = self._begin(self._draft(self._path), row)
            facts = (str(reject.row), reject.field, reject.code, reject.advice)
            cells = (*facts, *(row.cells[head] for head in _own(row)), *row.surplus)
            csv.writer(self._file).writerow([safe(cell) for cell in cells])
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
        if self.all:
            self._draft(self._path).replace(self._path)
        else:
            self._path.unlink(missing_ok=True)

    def _begin(self, path: Path, row: Row) -> TextIO:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        csv.writer(file).writerow([*HEADS, *map(safe, _own(row))])
        return file

    @staticmethod
    def _draft(path: Path) -> Path:
        return path.with_name(path.name + ".part")


def _own(row: Row) -> list[str]:
    """The headings of a row, without those that we gave a rejected one."""
    return [head for head in row.cells if head not in HEADS]

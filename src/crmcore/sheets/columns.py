"""Which column means what. A map is read from the command line, from a small file, or from headings that speak for themselves."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from attrs import evolve, field, frozen

from crmcore.domain.errors.given import InvalidInput, NotAllowed
from crmcore.sheets.reading import Row

FIELDS: Final[Mapping[str, str]] = {
    "request": "the request's own key; with :SYSTEM whose key it is",
    "name": "who asks",
    "phone": "",
    "email": "",
    "external_id": "the key under which another system knows the customer; :SYSTEM is asked for",
    "customer": "the id of a customer that we know, or new",
    "kind": "person or organisation",
    "language": "of the customer, such as lv",
    "source": "",
    "campaign": "",
    "about": "what is asked for",
    "title": "of the deal",
    "value": "what the deal is worth; with :CURRENCY",
    "tag": "of the deal",
    "custom": "a field of the house's own; :NAME is asked for",
    "street": "",
    "city": "",
    "postcode": "",
    "region": "",
    "country": "two letters",
    "outcome": "open, won or lost",
    "reason": "why the deal was lost",
    "at": "when it was asked, such as 2026-01-05 09:30, by the house's clock",
}
"""What a column may mean."""

_WITH_ARGUMENT: Final = frozenset({"external_id", "custom"})


@frozen
class Column:
    """What one column means.

    Attributes:
        head: its heading.
        field: one of `FIELDS`.
        argument: what stands after the colon.
    """

    head: str
    field: str
    argument: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``HEADING=FIELD`` or ``HEADING=FIELD:ARGUMENT``.

        Raises:
            InvalidInput: it is not written so, or there is no such field.
        """
        head, equals, meaning = text.rpartition("=")
        if not equals or not head.strip():
            raise InvalidInput("map", f"must be written HEADING=FIELD, not {text!r}")
        name, _, argument = meaning.partition(":")
        name, argument = name.strip(), argument.strip()
        if name not in FIELDS:
            raise NotAllowed("map", allowed=tuple(FIELDS))
        if name in _WITH_ARGUMENT and not argument:
            raise InvalidInput("map", f"{name} needs something after a colon: {name}:...")
        return cls(head.strip(), name, argument)


@frozen(kw_only=True)
class Columns:
    """What all columns mean, and what some of their values mean.

    Attributes:
        values: for a field, what is written in the file and what is meant by it.
    """

    columns: Sequence[Column]
    values: Mapping[str, Mapping[str, str]] = field(factory=dict)

    @classmethod
    def parse(cls, columns: Iterable[str], values: Iterable[str] = ()) -> Self:
        """Read a map from words: ``Lead Number=external_id:education``; and values: ``source:google=Google``.

        Raises:
            InvalidInput: a word that is not written so.
        """
        return cls(columns=tuple(Column.parse(text) for text in columns)).meaning(values)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a map from a TOML file with the tables ``columns`` and ``values``.

        Raises:
            InvalidInput: it cannot be read, or is no map.
        """
        try:
            with Path(path).open("rb") as file:
                told = tomllib.load(file)
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidInput("map", f"cannot be read from {path}: {error}") from None
        columns, values = told.get("columns", {}), told.get("values", {})
        if set(told) - {"columns", "values"} or not _is_map(columns) or not _is_map_of_maps(values):
            raise InvalidInput("map", "must have the tables [columns] and [values.FIELD], and nothing else")
        words = [f"{head}={name}" for head, names in columns.items() for name in _each(names)]
        pairs = [f"{name}:{a}={b}" for name, meanings in values.items() for a, b in meanings.items()]
        return cls.parse(words, pairs)

    @classmethod
    def guess(cls, heads: Sequence[str]) -> Self:
        """Take the columns whose headings are fields; the others mean nothing to us.

        Example:
            >>> [(c.head, c.field, c.argument) for c in Columns.guess(["Name", "E-mail", "custom:windows", "?"]).columns]
            [('Name', 'name', ''), ('E-mail', 'email', ''), ('custom:windows', 'custom', 'windows')]
        """
        found = []
        for head in heads:
            name, _, argument = head.partition(":")
            name = name.strip().lower().replace("-", "").replace(" ", "_")
            if name in FIELDS and (argument or name not in _WITH_ARGUMENT):
                found.append(Column(head, name, argument.strip()))
        return cls(columns=tuple(found))

    def meaning(self, values: Iterable[str]) -> Self:
        """Know further values: ``source:google=Google``.

        Raises:
            InvalidInput: a word that is not written so.
        """
        meanings = {name: dict(known) for name, known in self.values.items()}
        for text in values:
            name, colon, pair = text.partition(":")
            written, equals, meant = pair.rpartition("=")
            if not colon or not equals or name not in FIELDS:
                raise InvalidInput("value", f"must be written FIELD:WRITTEN=MEANT, not {text!r}")
            meanings.setdefault(name, {})[written.strip()] = meant.strip()
        return evolve(self, values=meanings)

    def check(self, heads: Sequence[str]) -> None:
        """See that the file has every column that the map names.

        Raises:
            InvalidInput: columns are missing, or none is mapped.
        """
        if not self.columns:
            raise InvalidInput("map", f"names no column; the file has: {', '.join(heads)}")
        missing = [column.head for column in self.columns if column.head not in heads]
        if missing:
            raise InvalidInput("map", f"names columns that the file has not: {', '.join(missing)}")

    def facts(self, row: Row) -> list[tuple[Column, str]]:
        """What a row says: its columns that are not blank, with what is meant by their values."""
        said = []
        for column in self.columns:
            written = row.cells[column.head].strip()
            meant = self.values.get(column.field, {}).get(written, written)
            if meant:
                said.append((column, meant))
        return said


def _is_map(given: Any) -> bool:
    return isinstance(given, dict)


def _is_map_of_maps(given: Any) -> bool:
    return _is_map(given) and all(map(_is_map, given.values()))


def _each(names: Any) -> list[str]:
    return [str(name) for name in names] if isinstance(names, list) else [str(names)]

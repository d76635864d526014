"""Which column means what. A map is read from the command line, from a small file, or from headings that speak for themselves."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from attrs import evolve, field, frozen

from crmcore.domain.kernel.errors.validation import InvalidChoiceError, InvalidInputError
from crmcore.importing.csv_reader import Row

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
        heading: its heading.
        field: one of `FIELDS`.
        argument: what stands after the colon.
    """

    heading: str
    field: str
    argument: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``HEADING=FIELD`` or ``HEADING=FIELD:ARGUMENT``.

        Raises:
            InvalidInputError: it is not written so, or there is no such field.
        """
        heading, equals, meaning = text.rpartition("=")
        if not equals or not heading.strip():
            raise InvalidInputError("map", f"must be written HEADING=FIELD, not {text!r}")
        name, _, argument = meaning.partition(":")
        name, argument = name.strip(), argument.strip()
        if name not in FIELDS:
            raise InvalidChoiceError("map", allowed=tuple(FIELDS))
        if name in _WITH_ARGUMENT and not argument:
            raise InvalidInputError("map", f"{name} needs something after a colon: {name}:...")
        return cls(heading.strip(), name, argument)


@frozen(kw_only=True)
class ColumnMapping:
    """What all columns mean, and what some of their values mean.

    Attributes:
        value_maps: for a field, what is written in the file and what is meant by it.
    """

    columns: Sequence[Column]
    value_maps: Mapping[str, Mapping[str, str]] = field(factory=dict)

    @classmethod
    def parse(cls, columns: Iterable[str], value_maps: Iterable[str] = ()) -> Self:
        """Read a map from words: ``LeadRow Number=external_id:education``; and values: ``source:google=Google``.

        Raises:
            InvalidInputError: a word that is not written so.
        """
        return cls(columns=tuple(Column.parse(text) for text in columns)).with_value_maps(value_maps)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a map from a TOML file with the tables ``columns`` and ``value_maps``.

        Raises:
            InvalidInputError: it cannot be read, or is no map.
        """
        try:
            with Path(path).open("rb") as file:
                data = tomllib.load(file)
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidInputError("map", f"cannot be read from {path}: {error}") from None
        columns, value_maps = data.get("columns", {}), data.get("values", {})
        if set(data) - {"columns", "values"} or not _is_map(columns) or not _is_map_of_maps(value_maps):
            raise InvalidInputError("map", "must have the tables [columns] and [values.FIELD], and nothing else")
        words = [f"{heading}={name}" for heading, names in columns.items() for name in _as_strings(names)]
        pairs = [f"{name}:{a}={b}" for name, meanings in value_maps.items() for a, b in meanings.items()]
        return cls.parse(words, pairs)

    @classmethod
    def guess(cls, headings: Sequence[str]) -> Self:
        """Take the columns whose headings are fields; the others mean nothing to us.

        Example:
            >>> [(c.heading, c.field, c.argument) for c in ColumnMapping.guess(["Name", "E-mail", "custom:windows", "?"]).columns]
            [('Name', 'name', ''), ('E-mail', 'email', ''), ('custom:windows', 'custom', 'windows')]
        """
        found = []
        for heading in headings:
            name, _, argument = heading.partition(":")
            name = name.strip().lower().replace("-", "").replace(" ", "_")
            if name in FIELDS and (argument or name not in _WITH_ARGUMENT):
                found.append(Column(heading, name, argument.strip()))
        return cls(columns=tuple(found))

    def with_value_maps(self, value_maps: Iterable[str]) -> Self:
        """Know further values: ``source:google=Google``.

        Raises:
            InvalidInputError: a word that is not written so.
        """
        meanings = {name: dict(mapping) for name, mapping in self.value_maps.items()}
        for text in value_maps:
            name, colon, pair = text.partition(":")
            cell, equals, value = pair.rpartition("=")
            if not colon or not equals or name not in FIELDS:
                raise InvalidInputError("value", f"must be written FIELD:WRITTEN=MEANT, not {text!r}")
            meanings.setdefault(name, {})[cell.strip()] = value.strip()
        return evolve(self, value_maps=meanings)

    def check(self, headings: Sequence[str]) -> None:
        """See that the file has every column that the map names.

        Raises:
            InvalidInputError: columns are missing, or none is mapped.
        """
        if not self.columns:
            raise InvalidInputError("map", f"names no column; the file has: {', '.join(headings)}")
        missing = [column.heading for column in self.columns if column.heading not in headings]
        if missing:
            raise InvalidInputError("map", f"names columns that the file has not: {', '.join(missing)}")

    def values(self, row: Row) -> list[tuple[Column, str]]:
        """What a row says: its columns that are not blank, with what is meant by their values."""
        result = []
        for column in self.columns:
            cell = row.cells[column.heading].strip()
            value = self.value_maps.get(column.field, {}).get(cell, cell)
            if value:
                result.append((column, value))
        return result


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _is_map_of_maps(value: Any) -> bool:
    return _is_map(value) and all(map(_is_map, value.values()))


def _as_strings(names: Any) -> list[str]:
    return [str(name) for name in names] if isinstance(names, list) else [str(names)]

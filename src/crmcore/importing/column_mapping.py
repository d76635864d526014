"""Column mapping: which CSV column holds which field.

A mapping comes from command line options, from a TOML file, or from headings that are field names.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from attrs import evolve, field, frozen

from crmcore.domain.kernel.errors.validation import InvalidChoiceError, InvalidInputError
from crmcore.importing.csv_reader import Row

FIELDS: Final[Mapping[str, str]] = {
    "request": "key of the request; with :SYSTEM the system of the key",
    "name": "name of the customer",
    "phone": "",
    "email": "",
    "external_id": "key of the customer in another system; :SYSTEM is required",
    "customer": "id of an existing customer, or new",
    "kind": "person or organisation",
    "language": "language of the customer, such as lv",
    "source": "",
    "campaign": "",
    "about": "text of the request",
    "title": "title of the deal",
    "value": "value of the deal; with :CURRENCY",
    "tag": "tag of the deal",
    "custom": "custom field of the deal; :NAME is required",
    "street": "",
    "city": "",
    "postcode": "",
    "region": "",
    "country": "country code of two letters",
    "outcome": "open, won or lost",
    "reason": "why the deal was lost",
    "at": "time of the request, such as 2026-01-05 09:30, in the time zone of the CRM",
}
"""The fields of a column mapping, with a description."""

_WITH_ARGUMENT: Final = frozenset({"external_id", "custom"})


@frozen
class Column:
    """The field of one column.

    Attributes:
        heading: heading of the column.
        field: one of `FIELDS`.
        argument: text after the colon.
    """

    heading: str
    field: str
    argument: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``HEADING=FIELD`` or ``HEADING=FIELD:ARGUMENT``.

        Raises:
            InvalidInputError: the text is malformed or the field is unknown.
        """
        heading, equals, meaning = text.rpartition("=")
        if not equals or not heading.strip():
            raise InvalidInputError("map", f"must be written HEADING=FIELD, not {text!r}")
        name, _, argument = meaning.partition(":")
        name, argument = name.strip(), argument.strip()
        if name not in FIELDS:
            raise InvalidChoiceError("map", allowed=tuple(FIELDS))
        if name in _WITH_ARGUMENT and not argument:
            raise InvalidInputError("map", f"{name} needs an argument after a colon: {name}:...")
        return cls(heading.strip(), name, argument)


@frozen(kw_only=True)
class ColumnMapping:
    """The fields of all columns, and replacements of cell values.

    Attributes:
        columns: the mapped columns.
        value_maps: for a field, the value of each cell text that is replaced.
    """

    columns: Sequence[Column]
    value_maps: Mapping[str, Mapping[str, str]] = field(factory=dict)

    @classmethod
    def parse(cls, columns: Iterable[str], value_maps: Iterable[str] = ()) -> Self:
        """Parse column mappings and value mappings.

        Columns: ``Lead Number=external_id:education``. Values: ``source:google=Google``.

        Raises:
            InvalidInputError: a text is malformed.
        """
        return cls(columns=tuple(Column.parse(text) for text in columns)).with_value_maps(value_maps)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a mapping from a TOML file: tables ``columns`` and ``values``.

        Raises:
            InvalidInputError: the file cannot be read or is no mapping.
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
        """Map the columns whose headings are field names; ignore the others.

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
        """Add value replacements such as ``source:google=Google``.

        Raises:
            InvalidInputError: a text is malformed.
        """
        meanings = {name: dict(mapping) for name, mapping in self.value_maps.items()}
        for text in value_maps:
            name, colon, pair = text.partition(":")
            cell, equals, value = pair.rpartition("=")
            if not colon or not equals or name not in FIELDS:
                raise InvalidInputError("value", f"must be written FIELD:CELL=VALUE, not {text!r}")
            meanings.setdefault(name, {})[cell.strip()] = value.strip()
        return evolve(self, value_maps=meanings)

    def check(self, headings: Sequence[str]) -> None:
        """Check that the file has every mapped column.

        Raises:
            InvalidInputError: columns are missing, or no column is mapped.
        """
        if not self.columns:
            raise InvalidInputError("map", f"names no column; the file has: {', '.join(headings)}")
        missing = [column.heading for column in self.columns if column.heading not in headings]
        if missing:
            raise InvalidInputError("map", f"names columns that are not in the file: {', '.join(missing)}")

    def values(self, row: Row) -> list[tuple[Column, str]]:
        """Return the values of a row that are not blank, after replacement."""
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

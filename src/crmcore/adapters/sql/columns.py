"""From the fields of a class to the columns of a table: the one place that knows which field becomes what.

A value of ours with plain fields becomes a column for each of them (`value` of a deal: ``value_minor``, ``value_currency``); tuples
without a table of their own and mappings become JSON.
"""

import types
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen
from sqlalchemy import Table

from crmcore.adapters.sql.types import Column, Day, Exact, Flag, Instant, Json, Key, Packed, Span, Whole, Word, Words
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.kernel import Entity
from crmcore.domain.values.money import Money

OWN_COLUMNS = frozenset({"version", "actor", "pending"})
"""The fields that the store sees to itself, in records and in entries."""


@frozen
class Leaf:
    """One column and the field that it holds.

    Attributes:
        path: from the record to the field: ``value.minor``.
        column: the column's name: ``value_minor``.
        guards: the paths on the way that may be None.
    """

    path: str
    column: str
    type: Column
    guards: tuple[str, ...]

    @property
    def optional(self) -> bool:
        """Whether the column may be NULL."""
        return bool(self.guards)


@frozen
class Branch:
    """A field that is one column, or a value that is several.

    Attributes:
        field: its name in the class that it belongs to.
        kind: the class of a value that is several columns; None for one column.
        leaves: its columns.
        branches: the value's own fields.
        optional: whether it may be None.
    """

    field: str
    kind: type[Any] | None
    leaves: tuple[Leaf, ...]
    branches: tuple["Branch", ...]
    optional: bool


def branches(kind: type[Any]) -> tuple[Branch, ...]:
    """Lay a class out: its fields in order, without those that have tables of their own."""
    apart = OWN_COLUMNS | set(kind.shape.tables) if issubclass(kind, Entity) else OWN_COLUMNS
    return tuple(_branches(kind, path="", column="", guards=(), apart=apart))


def leaves(kind: type[Any]) -> tuple[Leaf, ...]:
    """List a class's columns in order."""
    return tuple(leaf for branch in branches(kind) for leaf in branch.leaves)


def column_of(path: str) -> str:
    """The column of a field by its path: of ``request.system`` the ``request_system``."""
    return path.replace(".", "_")


def column_in(table: Table, field: str) -> Any:
    """The column of a field. What is none never gets into a statement.

    Raises:
        InvalidInput: there is no such field.
    """
    try:
        return table.c[column_of(field)]
    except KeyError:
        raise InvalidInput("field", "must be one of the record's own") from None


def part_kind(kind: type[Entity], name: str) -> type[Any]:
    """The class of the parts that a field of a record holds: of ``tuple[LineItem, ...]`` the `LineItem`."""
    return get_args(get_type_hints(kind)[name])[0]  # type: ignore[no-any-return]  # the hint says a class


def _branches(kind: type[Any], *, path: str, column: str, guards: tuple[str, ...], apart: Any) -> Iterator[Branch]:
    hints = get_type_hints(kind)
    for field in attrs.fields(kind):
        if field.name in apart:
            continue
        bare, may_be_none = _without_none(hints[field.name])
        here, name = path + field.name, column + field.name
        guarded = (*guards, here) if may_be_none else guards
        if _is_flat(bare):
            inner = tuple(_branches(bare, path=f"{here}.", column=f"{name}_", guards=guarded, apart=frozenset()))
            yield Branch(field.name, bare, tuple(leaf for b in inner for leaf in b.leaves), inner, may_be_none)
        else:
            leaf = Leaf(here, name, _type_of(field, bare, name, kind), guarded)
            yield Branch(field.name, None, (leaf,), (), may_be_none)


def _type_of(field: Any, bare: Any, name: str, owner: type[Any]) -> Column:
    labels = field.metadata
    if "ref" in labels:
        return Key(labels["ref"])
    if "anything" in labels:
        return Packed(Any, name, empty=None, personal=True)
    if "places" in labels:
        return Exact(labels["places"])
    if isinstance(bare, type) and issubclass(bare, Enum):
        return Word(bare)
    if isinstance(bare, NewType):
        bare = bare.__supertype__
    if bare is str:
        return Words(labels.get("limit") or LIMITS[owner.__name__, field.name])
    plain: Mapping[Any, type[Column]] = {datetime: Instant, date: Day, timedelta: Span, int: Whole, bool: Flag}
    if bare in plain:
        return plain[bare]()
    return Json(bare, name, empty=field.default, personal=bool(labels.get("personal")))


LIMITS: Mapping[tuple[str, str], int] = {("Money", "currency"): 3}
"""The lengths of texts whose classes check them in their own way."""


def _is_flat(bare: Any) -> bool:
    """Tell whether a value becomes several columns: when all its fields become one each."""
    if not isinstance(bare, type) or not attrs.has(bare) or bare is Decimal:
        return False
    if bare is Money:
        return True
    hints = get_type_hints(bare)
    bares = (_without_none(hints[f.name])[0] for f in attrs.fields(bare))
    return all(get_origin(b) is None and not (isinstance(b, type) and attrs.has(b)) for b in bares)


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in {Union, types.UnionType} and type(None) in get_args(hint):
        rest = tuple(arg for arg in get_args(hint) if arg is not type(None))
        return (rest[0] if len(rest) == 1 else Union[rest]), True  # noqa: UP007  # made of what is left at run time
    return hint, False

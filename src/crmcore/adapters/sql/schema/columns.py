"""Column mapping: the columns of the fields of a class.

A value object with scalar fields becomes one column per field: `value` of a deal is ``value_minor`` and ``value_currency``. Mappings, and
tuples without a child table, become JSON.
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

from crmcore.adapters.sql.schema.types import (
    BigIntType,
    BooleanType,
    BoundedTextType,
    ColumnType,
    DateType,
    DurationType,
    EnumValueType,
    InstantType,
    JsonType,
    PrefixedIdType,
    ScaledDecimalType,
    TextType,
)
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.domain.kernel.values.money import Money

STORE_FIELDS = frozenset({"version", "actor", "pending_events"})
"""The fields that the store maintains itself, in records and in log entries."""


@frozen
class ColumnSpec:
    """One column and the field that it holds.

    Attributes:
        path: from the record to the field: ``value.minor``.
        column: the column's name: ``value_minor``.
        type: the column's type.
        optional_paths: the prefixes of the path whose value may be None.
    """

    path: str
    column: str
    type: ColumnType
    optional_paths: tuple[str, ...]

    @property
    def is_nullable(self) -> bool:
        """Whether the column may be NULL."""
        return bool(self.optional_paths)


@frozen
class FieldSpec:
    """A field of one column, or a value object of several columns.

    Attributes:
        field: its name in the class that it belongs to.
        value_class: the class of the value object; None for one column.
        columns: its columns.
        fields: the value's own fields.
        is_optional: whether it may be None.
    """

    field: str
    value_class: type[Any] | None
    columns: tuple[ColumnSpec, ...]
    fields: tuple["FieldSpec", ...]
    is_optional: bool


def field_specs(cls: type[Any]) -> tuple[FieldSpec, ...]:
    """List the fields of a class in order, except those of child tables."""
    excluded = STORE_FIELDS | set(cls.meta.child_tables) if issubclass(cls, Entity) else STORE_FIELDS
    return tuple(_field_specs(cls, path_prefix="", column_prefix="", optional_paths=(), excluded=excluded))


def column_specs(cls: type[Any]) -> tuple[ColumnSpec, ...]:
    """List a class's columns in order."""
    return tuple(column for spec in field_specs(cls) for column in spec.columns)


def column_name_for(path: str) -> str:
    """Return a column name: ``external_id_system`` for a dotted path."""
    return path.replace(".", "_")


def column_for(table: Table, field: str) -> Any:
    """Return the column of a field.

    Raises:
        InvalidInputError: the table has no such field.
    """
    try:
        return table.c[column_name_for(field)]
    except KeyError:
        raise InvalidInputError("field", "must be one of the record's own") from None


def child_class_of(entity_type: type[Entity], name: str) -> type[Any]:
    """Return the element class of a field: ``tuple[LineItem, ...]``."""
    return get_args(get_type_hints(entity_type)[name])[0]  # type: ignore[no-any-return]  # the hint is a class


def _field_specs(
    cls: type[Any], *, path_prefix: str, column_prefix: str, optional_paths: tuple[str, ...], excluded: Any
) -> Iterator[FieldSpec]:
    hints = get_type_hints(cls)
    for field in attrs.fields(cls):
        if field.name in excluded:
            continue
        inner_type, is_optional = _strip_none(hints[field.name])
        field_path, column = path_prefix + field.name, column_prefix + field.name
        field_optional_paths = (*optional_paths, field_path) if is_optional else optional_paths
        if _is_embedded(inner_type):
            inner_specs = tuple(
                _field_specs(
                    inner_type,
                    path_prefix=f"{field_path}.",
                    column_prefix=f"{column}_",
                    optional_paths=field_optional_paths,
                    excluded=frozenset(),
                )
            )
            yield FieldSpec(
                field.name,
                inner_type,
                tuple(column_spec for inner_spec in inner_specs for column_spec in inner_spec.columns),
                inner_specs,
                is_optional,
            )
        else:
            column_spec = ColumnSpec(
                field_path, column, _column_type(field, inner_type, column, cls), field_optional_paths
            )
            yield FieldSpec(field.name, None, (column_spec,), (), is_optional)


def _column_type(field: Any, inner_type: Any, column: str, owner_class: type[Any]) -> ColumnType:
    metadata = field.metadata
    if "id_prefix" in metadata:
        return PrefixedIdType(metadata["id_prefix"])
    if "serialized" in metadata:
        return TextType()
    if "places" in metadata:
        return ScaledDecimalType(metadata["places"])
    if isinstance(inner_type, type) and issubclass(inner_type, Enum):
        return EnumValueType(inner_type)
    if isinstance(inner_type, NewType):
        inner_type = inner_type.__supertype__
    if inner_type is str:
        return BoundedTextType(metadata.get("max_length") or MAX_LENGTHS[owner_class.__name__, field.name])
    simple_types: Mapping[Any, type[ColumnType]] = {
        datetime: InstantType,
        date: DateType,
        timedelta: DurationType,
        int: BigIntType,
        bool: BooleanType,
    }
    if inner_type in simple_types:
        return simple_types[inner_type]()
    return JsonType(inner_type, column, empty=field.default, is_personal=bool(metadata.get("personal")))


MAX_LENGTHS: Mapping[tuple[str, str], int] = {("Money", "currency"): 3}
"""The lengths of texts that declare no `max_length`."""


def _is_embedded(value_class: Any) -> bool:
    """Return whether a class is stored as one column per field."""
    if not isinstance(value_class, type) or not attrs.has(value_class) or value_class is Decimal:
        return False
    if value_class is Money:
        return True
    hints = get_type_hints(value_class)
    inner_types = (_strip_none(hints[field.name])[0] for field in attrs.fields(value_class))
    return all(
        get_origin(inner_type) is None and not (isinstance(inner_type, type) and attrs.has(inner_type))
        for inner_type in inner_types
    )


def _strip_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in {Union, types.UnionType} and type(None) in get_args(hint):
        remaining = tuple(arg for arg in get_args(hint) if arg is not type(None))
        return (remaining[0] if len(remaining) == 1 else Union[remaining]), True  # noqa: UP007  # built at run time
    return hint, False

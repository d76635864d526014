"""Field declarations: ids, enumerations, embedded values, logs."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

import attrs

from crmcore.domain.kernel.errors.validation import InvalidChoiceError, InvalidIdError, OutOfRangeError, TooLongError
from crmcore.domain.kernel.fields.base import NO_DEFAULT, make_field, type_error, validate_argument, with_path
from crmcore.domain.kernel.fields.number import MAX_EXACT_INTEGER
from crmcore.domain.kernel.fields.text import MAX_NOTE_LENGTH, normalize_text, text_check

W = TypeVar("W", bound=Enum)

MAX_ITEMS: Final = 500
"""The default maximum number of values in a tuple."""
MAX_CUSTOM_FIELDS: Final = 100
"""The maximum number of custom fields of a record."""

_CUSTOM_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def id_of(prefix: str, *, optional: bool = False, default: Any = NO_DEFAULT) -> Any:
    """Declare the id of another record, with the prefix of its entity.

    Raises:
        InvalidIdError: the value is no such id.
    """
    start, length = prefix + "_", len(prefix) + 33

    def check(value: Any) -> None:
        if type(value) is not str or len(value) != length or not value.startswith(start):
            raise InvalidIdError("", f"must be an id that starts with {start!r}")

    return make_field(check, optional=optional, default=default, id_prefix=prefix)


def enum(enum_type: type[Enum], *, optional: bool = False, default: Any = NO_DEFAULT, personal: bool = False) -> Any:
    """Declare a member of an enumeration. Its value is converted.

    Raises:
        InvalidChoiceError: the value is no member.
    """
    by_value = {member.value: member for member in enum_type}

    def member(value: Any) -> Any:
        return by_value.get(value, value) if type(value) is str else value

    def check(value: Any) -> None:
        if type(value) is not enum_type:
            raise InvalidChoiceError("", allowed=tuple(by_value))

    return make_field(check, optional=optional, default=default, converter=member, personal=personal)


def checked_member(path: str, enum_type: type[W], value: Any) -> W:
    """Return the member of an enumeration for a member or a value.

    Raises:
        InvalidChoiceError: with `path` as the field, and the allowed values.
    """
    for member in enum_type:
        if value is member or (type(value) is str and value == member.value):
            return member
    raise InvalidChoiceError(path, allowed=tuple(str(member.value) for member in enum_type))


def as_tuple(path: str, items: Any) -> tuple[Any, ...]:
    """Convert a list argument to a tuple. A text is not a list of letters.

    Raises:
        InvalidTypeError: with `path` as the field.
    """
    if type(items) is tuple:
        return items
    if isinstance(items, (str, bytes, bytearray, Mapping)) or not isinstance(items, Iterable):
        raise with_path(type_error("a list", items), path)
    return tuple(items)


def unique_tuple(path: str, items: Any) -> tuple[Any, ...]:
    """Convert a list argument to a tuple without duplicates.

    Raises:
        InvalidTypeError: with `path` as the field.
    """
    try:
        return tuple(dict.fromkeys(as_tuple(path, items)))
    except TypeError:  # no value of crmcore is unhashable
        raise with_path(type_error("a list of texts or values", items), path) from None


def embedded(
    value_type: type[Any], *, optional: bool = False, default: Any = NO_DEFAULT, personal: bool = False
) -> Any:
    """Declare one embedded value, such as `Money`.

    Raises:
        InvalidTypeError: the value is of another class.
    """

    def check(value: Any) -> None:
        if type(value) is not value_type:
            raise type_error(value_type.__name__, value)

    return make_field(check, optional=optional, default=default, personal=personal)


def embedded_list(
    value_type: type[Any] | tuple[type[Any], ...],
    *,
    max_items: int = MAX_ITEMS,
    personal: bool = False,
    default: Any = NO_DEFAULT,
) -> Any:
    """Declare a tuple of embedded values. Lists and sets are converted.

    Raises:
        InvalidTypeError, TooLongError: the value is invalid.
    """
    value_types = value_type if isinstance(value_type, tuple) else (value_type,)
    expected = " or ".join(k.__name__ for k in value_types)

    def check(value: Any) -> None:
        if type(value) is not tuple:
            raise type_error(f"a tuple of {expected}", value)
        if len(value) > max_items:
            raise TooLongError("", max_length=max_items, length=len(value))
        for item in value:
            if type(item) not in value_types:
                raise type_error(f"a tuple of {expected}", item)

    return make_field(check, default=default, converter=_to_tuple, personal=personal, max_items=max_items)


def log(entry_type: type[Any], *, default: Any = NO_DEFAULT) -> Any:
    """Declare the log entries that were added since the record was loaded.

    A store appends them, and loads records with an empty log.

    See `Transaction.entries` for how log entries are read.
    """

    def check(value: Any) -> None:
        if type(value) is not tuple or any(type(item) is not entry_type for item in value):
            raise type_error(f"a tuple of {entry_type.__name__}", value)

    return make_field(check, default=default, eq=False, repr=False, log=entry_type)


def serialized(*, default: Any = NO_DEFAULT) -> Any:
    """Declare serialized data, such as JSON, stored exactly as given.

    It counts as personal data.
    """

    def check(value: Any) -> None:
        if type(value) is not str:
            raise type_error("a text", value)

    return make_field(check, default=default, personal=True, serialized=True)


def custom_fields(*, max_length: int = MAX_NOTE_LENGTH, default: Any = NO_DEFAULT) -> Any:
    """Declare the custom fields of the host.

    Names consist of a-z, 0-9 and _; values are texts, whole numbers, booleans or None. They count as personal data.

    Args:
        max_length: of each text, in characters.
        default: the default value.

    Raises:
        InvalidTypeError, InvalidChoiceError, TooLongError, InvalidCharacterError, OutOfRangeError: the value is invalid.
    """

    def check(value: Any) -> None:
        if type(value) is not FrozenMap:
            raise type_error("a mapping", value)
        if len(value) > MAX_CUSTOM_FIELDS:
            raise TooLongError("", max_length=MAX_CUSTOM_FIELDS, length=len(value))
        for name, item in value.items():
            if type(name) is not str or not _CUSTOM_NAME.fullmatch(name):
                raise InvalidChoiceError("", allowed=("names of a-z, 0-9 and _ that start with a letter",))
            validate_argument(f".{name}", check_item, item)

    check_text = text_check(max_length=max_length, multiline=True, allow_blank=True)

    def check_item(value: Any) -> None:
        _check_custom(value, check_text)

    return make_field(
        check, default=default, converter=_to_map, personal=True, max_length=max_length, max_items=MAX_CUSTOM_FIELDS
    )


def _check_custom(value: Any, check_text: Callable[[Any], None]) -> None:
    if type(value) is str:
        check_text(value)
    elif type(value) is int:
        if abs(value) > MAX_EXACT_INTEGER:
            raise OutOfRangeError("", f"must lie between -{MAX_EXACT_INTEGER:,} and {MAX_EXACT_INTEGER:,}")
    elif value is not None and type(value) is not bool:
        raise type_error("a text, a whole number, True, False or None", value)


@attrs.frozen(repr=False, eq=False)
class FrozenMap(Mapping[str, Any]):
    """An immutable mapping, which threads and stores can share."""

    _items: dict[str, Any] = attrs.field(factory=dict, converter=dict)

    def __getitem__(self, name: str) -> Any:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return f"FrozenMap({len(self)} items)"


EMPTY_MAP: Final = FrozenMap()
"""The empty mapping. Records hold no other empty mapping, so it can be compared by identity."""


def _to_map(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if not value:
        return EMPTY_MAP
    return (
        value if type(value) is FrozenMap else FrozenMap({name: normalize_text(item) for name, item in value.items()})
    )


def _to_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, set, frozenset)) else value

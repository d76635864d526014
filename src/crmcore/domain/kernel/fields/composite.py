"""Values of ours inside a record: one, several, a word of an enumeration, another record's id, the host's own fields."""

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
"""How many parts a record holds at most, unless its field says otherwise."""
MAX_CUSTOM_FIELDS: Final = 100
"""How many fields of its own the host may add to one record."""

_CUSTOM_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def id_of(prefix: str, *, optional: bool = False, default: Any = NO_DEFAULT) -> Any:
    """Hold the id of another record of one kind, known by its prefix.

    Raises:
        InvalidIdError: when the record is made.
    """
    start, length = prefix + "_", len(prefix) + 33

    def check(value: Any) -> None:
        if type(value) is not str or len(value) != length or not value.startswith(start):
            raise InvalidIdError("", f"must be an id that starts with {start!r}")

    return make_field(check, optional=optional, default=default, id_prefix=prefix)


def enum(enum_type: type[Enum], *, optional: bool = False, default: Any = NO_DEFAULT, personal: bool = False) -> Any:
    """Hold one member of an enumeration; its value is taken too.

    Raises:
        InvalidChoiceError: when the record is made.
    """
    by_value = {member.value: member for member in enum_type}

    def member(value: Any) -> Any:
        return by_value.get(value, value) if type(value) is str else value

    def check(value: Any) -> None:
        if type(value) is not enum_type:
            raise InvalidChoiceError("", allowed=tuple(by_value))

    return make_field(check, optional=optional, default=default, converter=member, personal=personal)


def checked_member(path: str, enum_type: type[W], value: Any) -> W:
    """Find the member of an enumeration that an argument means, by itself or by its value.

    Raises:
        InvalidChoiceError: naming `path`, and all that is allowed.
    """
    for member in enum_type:
        if value is member or (type(value) is str and value == member.value):
            return member
    raise InvalidChoiceError(path, allowed=tuple(str(member.value) for member in enum_type))


def as_tuple(path: str, items: Any) -> tuple[Any, ...]:
    """Take several things that are an argument and not a field. A text is one thing, and no list of its letters.

    Raises:
        InvalidTypeError: naming `path`.
    """
    if type(items) is tuple:
        return items
    if isinstance(items, (str, bytes, bytearray, Mapping)) or not isinstance(items, Iterable):
        raise with_path(type_error("a list", items), path)
    return tuple(items)


def unique_tuple(path: str, items: Any) -> tuple[Any, ...]:
    """Take several things as `as_tuple` does, each of them once.

    Raises:
        InvalidTypeError: naming `path`.
    """
    try:
        return tuple(dict.fromkeys(as_tuple(path, items)))
    except TypeError:  # something that has no hash is none of our values
        raise with_path(type_error("a list of texts or values", items), path) from None


def embedded(
    value_type: type[Any], *, optional: bool = False, default: Any = NO_DEFAULT, personal: bool = False
) -> Any:
    """Hold one value of ours, such as `Money`.

    Raises:
        InvalidTypeError: when the record is made.
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
    """Hold a tuple of values of ours; a list or a set of them is taken too.

    Raises:
        InvalidTypeError, TooLongError: when the record is made.
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
    """Hold what happened to a record since it was read: a store appends it to what it keeps, and hands out none of it.

    See `Transaction.entries` for how they are read.
    """

    def check(value: Any) -> None:
        if type(value) is not tuple or any(type(item) is not entry_type for item in value):
            raise type_error(f"a tuple of {entry_type.__name__}", value)

    return make_field(check, default=default, eq=False, repr=False, log=entry_type)


def any_value(*, default: Any = NO_DEFAULT) -> Any:
    """Hold any value that crosses the wire, such as a story's result, by its class's name. It counts as personal."""
    return make_field(lambda _: None, default=default, personal=True, any_value=True)


def custom_fields(*, max_length: int = MAX_NOTE_LENGTH, default: Any = NO_DEFAULT) -> Any:
    """Hold the host's own fields: names of small letters, digits and underscores; texts, whole numbers, claims or None.

    They count as personal: nobody but the host knows what it puts there.

    Args:
        max_length: of each text, in characters.
        default: what it is when nothing is given.

    Raises:
        InvalidTypeError, InvalidChoiceError, TooLongError, InvalidCharacterError, OutOfRangeError: when the record is made.
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
    """A mapping that cannot change, so that records that hold one can be shared between threads and stores."""

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
"""The empty mapping. There is only this one in records, so that it is known by identity."""


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

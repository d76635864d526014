"""Values of ours inside a record: one, several, a word of an enumeration, another record's id, the host's own fields."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final, TypeVar

import attrs

from crmcore.domain.errors.given import InvalidId, NotAllowed, OutOfRange, TooLong
from crmcore.domain.fields.build import NO_DEFAULT, build, named, require, wrong_type
from crmcore.domain.fields.number import EXACT
from crmcore.domain.fields.text import NOTE, text_check, tidy

W = TypeVar("W", bound=Enum)

ITEMS: Final = 500
"""How many parts a record holds at most, unless its field says otherwise."""
CUSTOM_FIELDS: Final = 100
"""How many fields of its own the host may add to one record."""

_CUSTOM_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def ref(prefix: str, *, optional: bool = False, default: Any = NO_DEFAULT) -> Any:
    """Hold the id of another record of one kind, known by its prefix.

    Raises:
        InvalidId: when the record is made.
    """
    start, length = prefix + "_", len(prefix) + 33

    def check(value: Any) -> None:
        if type(value) is not str or len(value) != length or not value.startswith(start):
            raise InvalidId("", f"must be an id that starts with {start!r}")

    return build(check, optional=optional, default=default, ref=prefix)


def one_of(words: type[Enum], *, optional: bool = False, default: Any = NO_DEFAULT, personal: bool = False) -> Any:
    """Hold one member of an enumeration; its value is taken too.

    Raises:
        NotAllowed: when the record is made.
    """
    by_value = {member.value: member for member in words}

    def member(value: Any) -> Any:
        return by_value.get(value, value) if type(value) is str else value

    def check(value: Any) -> None:
        if type(value) is not words:
            raise NotAllowed("", allowed=tuple(by_value))

    return build(check, optional=optional, default=default, converter=member, personal=personal)


def checked_member(path: str, words: type[W], value: Any) -> W:
    """Find the member of an enumeration that an argument means, by itself or by its value.

    Raises:
        NotAllowed: naming `path`, and all that is allowed.
    """
    for member in words:
        if value is member or (type(value) is str and value == member.value):
            return member
    raise NotAllowed(path, allowed=tuple(str(member.value) for member in words))


def listed(path: str, items: Any) -> tuple[Any, ...]:
    """Take several things that are an argument and not a field. A text is one thing, and no list of its letters.

    Raises:
        WrongType: naming `path`.
    """
    if type(items) is tuple:
        return items
    if isinstance(items, (str, bytes, bytearray, Mapping)) or not isinstance(items, Iterable):
        raise named(wrong_type("a list", items), path)
    return tuple(items)


def several(path: str, items: Any) -> tuple[Any, ...]:
    """Take several things as `listed` does, each of them once.

    Raises:
        WrongType: naming `path`.
    """
    try:
        return tuple(dict.fromkeys(listed(path, items)))
    except TypeError:  # something that has no hash is none of our values
        raise named(wrong_type("a list of texts or values", items), path) from None


def part(kind: type[Any], *, optional: bool = False, default: Any = NO_DEFAULT, personal: bool = False) -> Any:
    """Hold one value of ours, such as `Money`.

    Raises:
        WrongType: when the record is made.
    """

    def check(value: Any) -> None:
        if type(value) is not kind:
            raise wrong_type(kind.__name__, value)

    return build(check, optional=optional, default=default, personal=personal)


def parts(
    kind: type[Any] | tuple[type[Any], ...], *, most: int = ITEMS, personal: bool = False, default: Any = NO_DEFAULT
) -> Any:
    """Hold a tuple of values of ours; a list or a set of them is taken too.

    Raises:
        WrongType, TooLong: when the record is made.
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    wanted = " or ".join(k.__name__ for k in kinds)

    def check(value: Any) -> None:
        if type(value) is not tuple:
            raise wrong_type(f"a tuple of {wanted}", value)
        if len(value) > most:
            raise TooLong("", limit=most, length=len(value))
        for item in value:
            if type(item) not in kinds:
                raise wrong_type(f"a tuple of {wanted}", item)

    return build(check, default=default, converter=_to_tuple, personal=personal, items=most)


def entries(kind: type[Any], *, default: Any = NO_DEFAULT) -> Any:
    """Hold what happened to a record since it was read: a store appends it to what it keeps, and hands out none of it.

    See `Transaction.entries` for how they are read.
    """

    def check(value: Any) -> None:
        if type(value) is not tuple or any(type(item) is not kind for item in value):
            raise wrong_type(f"a tuple of {kind.__name__}", value)

    return build(check, default=default, compared=False, shown=False, entries=kind)


def anything(*, default: Any = NO_DEFAULT) -> Any:
    """Hold any value that crosses the wire, such as a story's result, by its class's name. It counts as personal."""
    return build(lambda _: None, default=default, personal=True, anything=True)


def custom(*, limit: int = NOTE, default: Any = NO_DEFAULT) -> Any:
    """Hold the host's own fields: names of small letters, digits and underscores; texts, whole numbers, claims or None.

    They count as personal: nobody but the host knows what it puts there.

    Args:
        limit: of each text, in characters.
        default: what it is when nothing is given.

    Raises:
        WrongType, NotAllowed, TooLong, ControlCharacter, OutOfRange: when the record is made.
    """

    def check(value: Any) -> None:
        if type(value) is not FrozenMap:
            raise wrong_type("a mapping", value)
        if len(value) > CUSTOM_FIELDS:
            raise TooLong("", limit=CUSTOM_FIELDS, length=len(value))
        for name, item in value.items():
            if type(name) is not str or not _CUSTOM_NAME.fullmatch(name):
                raise NotAllowed("", allowed=("names of a-z, 0-9 and _ that start with a letter",))
            require(f".{name}", check_item, item)

    check_text = text_check(limit=limit, lines=True, blank=True)

    def check_item(value: Any) -> None:
        _check_custom(value, check_text)

    return build(check, default=default, converter=_to_map, personal=True, limit=limit, items=CUSTOM_FIELDS)


def _check_custom(value: Any, check_text: Callable[[Any], None]) -> None:
    if type(value) is str:
        check_text(value)
    elif type(value) is int:
        if abs(value) > EXACT:
            raise OutOfRange("", f"must lie between -{EXACT:,} and {EXACT:,}")
    elif value is not None and type(value) is not bool:
        raise wrong_type("a text, a whole number, True, False or None", value)


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


NOTHING: Final = FrozenMap()
"""The empty mapping. There is only this one in records, so that it is known by identity."""


def _to_map(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if not value:
        return NOTHING
    return value if type(value) is FrozenMap else FrozenMap({name: tidy(item) for name, item in value.items()})


def _to_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, set, frozenset)) else value

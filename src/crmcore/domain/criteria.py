"""The one language in which stories ask for records, and in which a policy says what may be seen.

A criterion is data: a small tree of typed comparisons that every adapter reads alike. `matches` is what it means; an adapter that
cannot push it down to its database calls that. A comparison with what is absent is never true, except `Is(field, None)`.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import reduce
from operator import ge, gt, le, lt
from typing import Any, Final, Literal

from attrs import frozen

Operator = Literal["<", "<=", ">", ">="]
_SIDES: Final[Mapping[Operator, Callable[[Any, Any], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class Criterion:
    """A claim about a record. Criteria combine with ``&``, ``|`` and ``~``."""

    __slots__ = ()

    def __and__(self, other: "Criterion") -> "Criterion":
        return All((self, other))

    def __or__(self, other: "Criterion") -> "Criterion":
        return AnyOf((self, other))

    def __invert__(self) -> "Criterion":
        return Not(self)

    def form(self) -> Hashable:
        """Everything but the values compared with: two criteria of one form are one statement with other arguments."""
        raise NotImplementedError

    def values(self) -> Iterator[Any]:
        """The values compared with, in the order of the form."""
        raise NotImplementedError


@frozen
class Is(Criterion):
    """The field equals the value; None equals None."""

    field: str
    value: Any

    def form(self) -> Hashable:
        return ("is", self.field, self.value is None)

    def values(self) -> Iterator[Any]:
        if self.value is not None:
            yield self.value


@frozen
class OneOf(Criterion):
    """The field equals one of the options, of which there may be none."""

    field: str
    options: tuple[Any, ...]

    def form(self) -> Hashable:
        return ("one of", self.field, len(self.options))

    def values(self) -> Iterator[Any]:
        return iter(self.options)


@frozen
class Compare(Criterion):
    """The field lies on that side of the value. Numbers, instants, days and texts (by code point) have sides."""

    field: str
    operator: Operator
    value: Any

    def form(self) -> Hashable:
        return ("compare", self.field, self.operator)

    def values(self) -> Iterator[Any]:
        yield self.value


@frozen
class Mentions(Criterion):
    """A word of the field, which holds a folded key, begins so."""

    field: str
    start: str

    def form(self) -> Hashable:
        return ("mentions", self.field)

    def values(self) -> Iterator[Any]:
        yield self.start


@frozen
class Has(Criterion):
    """One of the record's parts fulfils the criterion."""

    parts: str
    criterion: Criterion

    def form(self) -> Hashable:
        return ("has", self.parts, self.criterion.form())

    def values(self) -> Iterator[Any]:
        return self.criterion.values()


@frozen
class All(Criterion):
    """Every one of the criteria holds; so they do when there are none."""

    criteria: tuple[Criterion, ...] = ()

    def form(self) -> Hashable:
        return ("all", *(c.form() for c in self.criteria))

    def values(self) -> Iterator[Any]:
        for criterion in self.criteria:
            yield from criterion.values()


@frozen
class AnyOf(Criterion):
    """One of the criteria holds at least."""

    criteria: tuple[Criterion, ...] = ()

    def form(self) -> Hashable:
        return ("any", *(c.form() for c in self.criteria))

    def values(self) -> Iterator[Any]:
        for criterion in self.criteria:
            yield from criterion.values()


@frozen
class Not(Criterion):
    """The criterion does not hold."""

    criterion: Criterion

    def form(self) -> Hashable:
        return ("not", self.criterion.form())

    def values(self) -> Iterator[Any]:
        return self.criterion.values()


EVERYTHING: Final[Criterion] = All()
NOTHING: Final[Criterion] = AnyOf()


def matches(criterion: Criterion, record: Any) -> bool:
    """Tell whether the criterion holds for a record.

    Example:
        >>> from crmcore.domain.values.money import Money
        >>> matches(Compare("minor", ">", 100) & ~Is("currency", "USD"), Money("5", "EUR"))
        True
    """
    match criterion:
        case Is(field, value):
            return bool(look_up(record, field) == value)
        case OneOf(field, options):
            return look_up(record, field) in options
        case Compare(field, operator, value):
            found = look_up(record, field)
            return found is not None and _SIDES[operator](found, value)
        case Mentions(field, start):
            return f" {start}" in f" {look_up(record, field) or ''}"
        case Has(parts, inner):
            return any(matches(inner, part) for part in look_up(record, parts))
        case All(criteria):
            return all(matches(c, record) for c in criteria)
        case AnyOf(criteria):
            return any(matches(c, record) for c in criteria)
        case Not(inner):
            return not matches(inner, record)
    raise TypeError(f"{type(criterion).__name__} is not a criterion")


def look_up(record: Any, path: str) -> Any:
    """Follow a path of field names; what hangs on None is None."""
    return reduce(lambda found, name: None if found is None else getattr(found, name), path.split("."), record)


def rank(record: Any, field: str) -> tuple[Any, ...]:
    """What records are ordered by: a field, of which what is absent comes first, and between equals the id."""
    value = look_up(record, field)
    return (value is not None, value if value is not None else 0, record.id)

"""Criteria: the query language of services, access policies and stores.

A criterion is data: a tree of typed comparisons that every adapter reads. `matches` defines its meaning; an adapter that cannot compile a
criterion for its database calls it. A comparison with an absent value is never true, except ``equals(field, None)``.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import reduce
from operator import ge, gt, le, lt
from typing import Any, Final, Literal

from attrs import frozen

Operator = Literal["<", "<=", ">", ">="]
_OPERATORS: Final[Mapping[Operator, Callable[[Any, Any], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class Criterion:
    """A condition on a record. Combine with ``&``, ``|`` and ``~``."""

    __slots__ = ()

    def __and__(self, other: "Criterion") -> "Criterion":
        return And((self, other))

    def __or__(self, other: "Criterion") -> "Criterion":
        return Or((self, other))

    def __invert__(self) -> "Criterion":
        return Not(self)

    def cache_key(self) -> Hashable:
        """Return everything but the compared values.

        Two criteria with equal keys compile to the same statement with other parameters.
        """
        raise NotImplementedError

    def parameters(self) -> Iterator[Any]:
        """Return the compared values, in the order of the statement."""
        raise NotImplementedError


@frozen
class Eq(Criterion):
    """The field equals the value. None equals None."""

    field: str
    value: Any

    def cache_key(self) -> Hashable:
        return ("is", self.field, self.value is None)

    def parameters(self) -> Iterator[Any]:
        if self.value is not None:
            yield self.value


@frozen
class In(Criterion):
    """The field equals one of the options. No options match nothing."""

    field: str
    options: tuple[Any, ...]

    def cache_key(self) -> Hashable:
        return ("one of", self.field, len(self.options))

    def parameters(self) -> Iterator[Any]:
        return iter(self.options)


@frozen
class Compare(Criterion):
    """The field is less or greater than the value.

    Numbers, instants, days and texts (by code point) are ordered.
    """

    field: str
    operator: Operator
    value: Any

    def cache_key(self) -> Hashable:
        return ("compare", self.field, self.operator)

    def parameters(self) -> Iterator[Any]:
        yield self.value


@frozen
class WordPrefix(Criterion):
    """A word of the field, which holds a folded key, starts with the prefix."""

    field: str
    prefix: str

    def cache_key(self) -> Hashable:
        return ("mentions", self.field)

    def parameters(self) -> Iterator[Any]:
        yield self.prefix


@frozen
class HasChild(Criterion):
    """One of the child records matches the criterion."""

    children: str
    criterion: Criterion

    def cache_key(self) -> Hashable:
        return ("has", self.children, self.criterion.cache_key())

    def parameters(self) -> Iterator[Any]:
        return self.criterion.parameters()


@frozen
class And(Criterion):
    """All of the criteria match. No criteria match every record."""

    criteria: tuple[Criterion, ...] = ()

    def cache_key(self) -> Hashable:
        return ("all", *(c.cache_key() for c in self.criteria))

    def parameters(self) -> Iterator[Any]:
        for criterion in self.criteria:
            yield from criterion.parameters()


@frozen
class Or(Criterion):
    """At least one of the criteria matches."""

    criteria: tuple[Criterion, ...] = ()

    def cache_key(self) -> Hashable:
        return ("any", *(c.cache_key() for c in self.criteria))

    def parameters(self) -> Iterator[Any]:
        for criterion in self.criteria:
            yield from criterion.parameters()


@frozen
class Not(Criterion):
    """The criterion does not match."""

    criterion: Criterion

    def cache_key(self) -> Hashable:
        return ("not", self.criterion.cache_key())

    def parameters(self) -> Iterator[Any]:
        return self.criterion.parameters()


MATCH_ALL: Final[Criterion] = And()
MATCH_NONE: Final[Criterion] = Or()


def matches(criterion: Criterion, record: Any) -> bool:
    """Return whether a record matches a criterion.

    Example:
        >>> from crmcore.domain.kernel.values.money import Money
        >>> matches(Compare("minor", ">", 100) & ~Eq("currency", "USD"), Money("5", "EUR"))
        True
    """
    match criterion:
        case Eq(field, value):
            return bool(get_path(record, field) == value)
        case In(field, options):
            return get_path(record, field) in options
        case Compare(field, operator, value):
            found = get_path(record, field)
            return found is not None and _OPERATORS[operator](found, value)
        case WordPrefix(field, prefix):
            return f" {prefix}" in f" {get_path(record, field) or ''}"
        case HasChild(children, inner):
            return any(matches(inner, child) for child in get_path(record, children))
        case And(criteria):
            return all(matches(c, record) for c in criteria)
        case Or(criteria):
            return any(matches(c, record) for c in criteria)
        case Not(inner):
            return not matches(inner, record)
    raise TypeError(f"{type(criterion).__name__} is not a criterion")


def get_path(record: Any, path: str) -> Any:
    """Read a dotted field path. The path of None is None."""
    return reduce(lambda found, name: None if found is None else getattr(found, name), path.split("."), record)


def sort_key(record: Any, field: str) -> tuple[Any, ...]:
    """Return the sort key of a record: None first, then by value, then by id."""
    value = get_path(record, field)
    return (value is not None, value if value is not None else 0, record.id)


__all__ = [
    "And",
    "Compare",
    "Criterion",
    "Eq",
    "HasChild",
    "In",
    "Not",
    "Or",
    "WordPrefix",
]

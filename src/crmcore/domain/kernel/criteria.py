"""The one language in which stories ask for records, and in which a policy says what may be seen.

A criterion is data: a small tree of typed comparisons that every adapter reads alike. `matches` is what it means; an adapter that
cannot push it down to its database calls that. A comparison with what is absent is never true, except `Eq(field, None)`.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import reduce
from operator import ge, gt, le, lt
from typing import Any, Final, Literal

from attrs import frozen

Operator = Literal["<", "<=", ">", ">="]
_OPERATORS: Final[Mapping[Operator, Callable[[Any, Any], bool]]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class Criterion:
    """A claim about a record. Criteria combine with ``&``, ``|`` and ``~``."""

    __slots__ = ()

    def __and__(self, other: "Criterion") -> "Criterion":
        return And((self, other))

    def __or__(self, other: "Criterion") -> "Criterion":
        return Or((self, other))

    def __invert__(self) -> "Criterion":
        return Not(self)

    def cache_key(self) -> Hashable:
        """Everything but the values compared with: two criteria of one form are one statement with other arguments."""
        raise NotImplementedError

    def parameters(self) -> Iterator[Any]:
        """The values compared with, in the order of the form."""
        raise NotImplementedError


@frozen
class Eq(Criterion):
    """The field equals the value; None equals None."""

    field: str
    value: Any

    def cache_key(self) -> Hashable:
        return ("is", self.field, self.value is None)

    def parameters(self) -> Iterator[Any]:
        if self.value is not None:
            yield self.value


@frozen
class In(Criterion):
    """The field equals one of the options, of which there may be none."""

    field: str
    options: tuple[Any, ...]

    def cache_key(self) -> Hashable:
        return ("one of", self.field, len(self.options))

    def parameters(self) -> Iterator[Any]:
        return iter(self.options)


@frozen
class Compare(Criterion):
    """The field lies on that side of the value. Numbers, instants, days and texts (by code point) have sides."""

    field: str
    operator: Operator
    value: Any

    def cache_key(self) -> Hashable:
        return ("compare", self.field, self.operator)

    def parameters(self) -> Iterator[Any]:
        yield self.value


@frozen
class WordPrefix(Criterion):
    """A word of the field, which holds a folded key, begins so."""

    field: str
    prefix: str

    def cache_key(self) -> Hashable:
        return ("mentions", self.field)

    def parameters(self) -> Iterator[Any]:
        yield self.prefix


@frozen
class HasChild(Criterion):
    """One of the record's parts fulfils the criterion."""

    children: str
    criterion: Criterion

    def cache_key(self) -> Hashable:
        return ("has", self.children, self.criterion.cache_key())

    def parameters(self) -> Iterator[Any]:
        return self.criterion.parameters()


@frozen
class And(Criterion):
    """Every one of the criteria holds; so they do when there are none."""

    criteria: tuple[Criterion, ...] = ()

    def cache_key(self) -> Hashable:
        return ("all", *(c.cache_key() for c in self.criteria))

    def parameters(self) -> Iterator[Any]:
        for criterion in self.criteria:
            yield from criterion.parameters()


@frozen
class Or(Criterion):
    """One of the criteria holds at least."""

    criteria: tuple[Criterion, ...] = ()

    def cache_key(self) -> Hashable:
        return ("any", *(c.cache_key() for c in self.criteria))

    def parameters(self) -> Iterator[Any]:
        for criterion in self.criteria:
            yield from criterion.parameters()


@frozen
class Not(Criterion):
    """The criterion does not hold."""

    criterion: Criterion

    def cache_key(self) -> Hashable:
        return ("not", self.criterion.cache_key())

    def parameters(self) -> Iterator[Any]:
        return self.criterion.parameters()


MATCH_ALL: Final[Criterion] = And()
MATCH_NONE: Final[Criterion] = Or()


def matches(criterion: Criterion, record: Any) -> bool:
    """Tell whether the criterion holds for a record.

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
    """Follow a path of field names; what hangs on None is None."""
    return reduce(lambda found, name: None if found is None else getattr(found, name), path.split("."), record)


def sort_key(record: Any, field: str) -> tuple[Any, ...]:
    """What records are ordered by: a field, of which what is absent comes first, and between equals the id."""
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

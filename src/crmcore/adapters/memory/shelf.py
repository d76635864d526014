"""Where the records of one tenant lie, and the ways to find them without looking at all."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, TypeVar

from crmcore.domain.criteria import All, Criterion, Has, Is, OneOf, look_up
from crmcore.domain.feed import Recorded
from crmcore.domain.kernel import Entity, changed, unique_keys

E = TypeVar("E", bound=Entity)
Key = tuple[type[Entity], str]
"""Which record: its kind and id."""


class Shelf:
    """The records of one tenant, and the ways to find them without looking at all."""

    def __init__(self) -> None:
        self.records: defaultdict[type[Entity], dict[str, Entity]] = defaultdict(dict)
        self.entries: defaultdict[Key, list[Any]] = defaultdict(list)
        self.holders: dict[tuple[type[Entity], str, tuple[Any, ...]], str] = {}
        self.index: defaultdict[tuple[type[Entity], str, Hashable], set[str]] = defaultdict(set)
        self.feed: list[Recorded] = []
        self.forgotten = 0

    def put(self, old: Entity | None, new: Entity | None) -> None:
        """Put a record in the place of its former self, either of which may be missing."""
        if old is not None:
            kind = type(old)
            for name, values in unique_keys(old):
                self.holders.pop((kind, name, values), None)
            for path, value in _index_keys(old):
                self.index[kind, path, value].discard(old.id)
            del self.records[kind][old.id]
        if new is not None:
            kind = type(new)
            for name, values in unique_keys(new):
                self.holders[kind, name, values] = new.id
            for path, value in _index_keys(new):
                self.index[kind, path, value].add(new.id)
            self.records[kind][new.id] = new

    def publish(self, facts: Iterable[Recorded]) -> None:
        """Put facts at the end of the feed."""
        last = self.forgotten + len(self.feed)
        self.feed += [changed(fact, position=place) for place, fact in enumerate(facts, start=last + 1)]

    def forgettable(self, until: int) -> int:
        """How many facts lie up to a position, without the newest."""
        return max(min(until - self.forgotten, len(self.feed) - 1), 0)

    def forget(self, until: int) -> None:
        """Forget the facts up to a position, but never the newest."""
        facts = self.forgettable(until)
        del self.feed[:facts]
        self.forgotten += facts

    def candidates(self, kind: type[E], where: Criterion) -> Iterable[E]:
        """The records that may fulfil a criterion: those that an index names, or all."""
        records: dict[str, E] = self.records[kind]  # type: ignore[assignment]  # each drawer holds its own kind
        for path, values in _pins(where):
            if path == "id":
                return [records[id] for id in dict.fromkeys(values) if id in records]
            if path in _index_paths(kind):
                ids = set[str]().union(*(self.index.get((kind, path, value), ()) for value in values))
                return [records[id] for id in ids]
        return list(records.values())


def _index_paths(kind: type[Entity]) -> frozenset[str]:
    return frozenset(fields[0] for fields in (*kind.shape.indexes, *kind.shape.unique))


def _index_keys(entity: Entity) -> Iterator[tuple[str, Hashable]]:
    for path in _index_paths(type(entity)):
        table, _, field = path.partition(".")
        if table in entity.shape.tables:
            for part in getattr(entity, table):
                yield path, getattr(part, field)
        else:
            yield path, look_up(entity, path)


def _pins(where: Criterion) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The fields that a record must have one of a few values in, to fulfil the criterion."""
    match where:
        case Is(field, value):
            yield field, (value,)
        case OneOf(field, options):
            yield field, options
        case Has(parts, inner):
            for field, values in _pins(inner):
                yield f"{parts}.{field}", values
        case All(criteria):
            for criterion in criteria:
                yield from _pins(criterion)

"""Records of one tenant in memory, with their indexes."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, TypeVar

from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.criteria import And, Criterion, Eq, HasChild, In, get_path
from crmcore.domain.kernel.entity import Entity, unique_keys
from crmcore.domain.platform.feed import RecordedEvent

E = TypeVar("E", bound=Entity)
RecordKey = tuple[type[Entity], str]
"""The key of a record: its class and id."""


class TenantData:
    """The records of one tenant, with indexes to find them."""

    def __init__(self) -> None:
        self.records: defaultdict[type[Entity], dict[str, Entity]] = defaultdict(dict)
        self.log_entries: defaultdict[RecordKey, list[Any]] = defaultdict(list)
        self.unique_index: dict[tuple[type[Entity], str, tuple[Any, ...]], str] = {}
        self.field_index: defaultdict[tuple[type[Entity], str, Hashable], set[str]] = defaultdict(set)
        self.events: list[RecordedEvent] = []
        self.pruned: int = 0

    def replace(self, old: Entity | None, new: Entity | None) -> None:
        """Replace a record by its new version; either may be missing."""
        if old is not None:
            entity_type = type(old)
            for name, values in unique_keys(old):
                self.unique_index.pop((entity_type, name, values), None)
            for path, value in _index_keys(old):
                self.field_index[entity_type, path, value].discard(old.id)
            del self.records[entity_type][old.id]
        if new is not None:
            entity_type = type(new)
            for name, values in unique_keys(new):
                self.unique_index[entity_type, name, values] = new.id
            for path, value in _index_keys(new):
                self.field_index[entity_type, path, value].add(new.id)
            self.records[entity_type][new.id] = new

    def append_events(self, events: Iterable[RecordedEvent]) -> None:
        """Append events to the feed."""
        last = self.pruned + len(self.events)
        self.events += [copy_with(event, position=position) for position, event in enumerate(events, start=last + 1)]

    def count_prunable(self, until: int) -> int:
        """Count the events up to a position, without the newest event."""
        return max(min(until - self.pruned, len(self.events) - 1), 0)

    def prune(self, until: int) -> None:
        """Delete the events up to a position, but never the newest event."""
        count = self.count_prunable(until)
        del self.events[:count]
        self.pruned += count

    def candidates(self, entity_type: type[E], where: Criterion) -> Iterable[E]:
        """Return the candidates for a criterion: by an index, or all records."""
        records: dict[str, E] = self.records[entity_type]  # type: ignore[assignment]  # each dictionary has one class
        for path, values in _equality_conditions(where):
            if path == "id":
                return [records[id] for id in dict.fromkeys(values) if id in records]
            if path in _indexed_paths(entity_type):
                ids = set[str]().union(*(self.field_index.get((entity_type, path, value), ()) for value in values))
                return [records[id] for id in ids]
        return list(records.values())


def _indexed_paths(entity_type: type[Entity]) -> frozenset[str]:
    return frozenset(fields[0] for fields in (*entity_type.meta.indexes, *entity_type.meta.unique_keys))


def _index_keys(entity: Entity) -> Iterator[tuple[str, Hashable]]:
    for path in _indexed_paths(type(entity)):
        table, _, field = path.partition(".")
        if table in entity.meta.child_tables:
            for child in getattr(entity, table):
                yield path, getattr(child, field)
        else:
            yield path, get_path(entity, path)


def _equality_conditions(where: Criterion) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Return the fields that a criterion restricts to a few values."""
    match where:
        case Eq(field, value):
            yield field, (value,)
        case In(field, options):
            yield field, options
        case HasChild(parts, inner):
            for field, values in _equality_conditions(inner):
                yield f"{parts}.{field}", values
        case And(criteria):
            for criterion in criteria:
                yield from _equality_conditions(criterion)

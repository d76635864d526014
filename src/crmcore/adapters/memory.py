"""The honest in-memory store: a production adapter for tests, demos and small tools, which keeps every promise but to outlast the process.

Rule 1: records are frozen, so a transaction is a handful of new ones beside the old, and rolling back is forgetting them.
Rule 2: what a transaction reads is what others have committed, and what it has written itself.
Rule 3: a commit checks all versions and unique keys first and changes something afterwards, under one lock: all of it or nothing.
"""

import threading
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from copy import copy
from types import TracebackType
from typing import Any, Self, TypeVar

from attrs import astuple, define, field

from crmcore.domain.criteria import EVERYTHING, All, Criterion, Has, Is, OneOf, look_up, matches, rank
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.conflicts import StaleVersion, Taken
from crmcore.domain.feed import Recorded
from crmcore.domain.kernel import Entity, changed, settled, unique_keys
from crmcore.services.ports import Context, Ids, Question

E = TypeVar("E", bound=Entity)
A = TypeVar("A")
Key = tuple[type[Entity], str]
"""Which record: its kind and id."""


class MemoryStore:
    """Keeps the records of all tenants in dictionaries. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tenants: defaultdict[str, _Shelf] = defaultdict(_Shelf)

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> "MemoryTransaction":
        """Open a transaction."""
        return MemoryTransaction(self._lock, self._tenants[context.tenant], context, ids)

    def batch(self, context: Context, /, *, ids: Ids) -> "MemoryBatch":
        """Open one transaction for many stories."""
        return MemoryBatch(self._lock, self._tenants[context.tenant], context, ids)

    def close(self) -> None:
        """Nothing has to be let go."""

    def __repr__(self) -> str:
        return f"MemoryStore({len(self._tenants)} tenants)"


class _Shelf:
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
                return [records[id] for id in values if id in records]
            if path in _index_paths(kind):
                ids = set[str]().union(*(self.index.get((kind, path, value), ()) for value in values))
                return [records[id] for id in ids]
        return list(records.values())


@define
class _Notes:
    """What a transaction has read, and what it has yet to write."""

    seen: dict[Key, Entity] = field(factory=dict)
    based_on: dict[Key, int] = field(factory=dict)
    written: dict[Key, Entity | None] = field(factory=dict)
    entries: dict[Key, tuple[Any, ...]] = field(factory=dict)
    facts: list[Recorded] = field(factory=list)
    forget_until: int = 0

    def copy(self) -> "_Notes":
        """Another note-book that says the same."""
        return _Notes(*map(copy, astuple(self, recurse=False)))


class MemoryTransaction:
    """One transaction of one tenant; see `crmcore.services.ports.Transaction` for what its methods promise."""

    def __init__(self, lock: threading.Lock, shelf: _Shelf, context: Context, ids: Ids) -> None:
        self._lock = lock
        self._shelf = shelf
        self._context = context
        self._ids = ids
        self.notes = _Notes()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._forget()

    def get(self, kind: type[E], id: str, /) -> E | None:
        """Read a record by its id."""
        key = (kind, id)
        if key in self.notes.written:
            return self.notes.written[key]  # type: ignore[return-value]  # the key's kind is the record's
        with self._lock:
            found = self.notes.seen.get(key) or self._shelf.records[kind].get(id)
        if found is not None:
            self.notes.seen[key] = found
        return found  # type: ignore[return-value]  # as above

    def find(
        self,
        kind: type[E],
        where: Criterion = EVERYTHING,
        /,
        *,
        order: str = "id",
        after: E | None = None,
        limit: int | None = None,
        lock: bool = False,
    ) -> Sequence[E]:
        """Read the records that fulfil a criterion, in order."""
        field = order.removeprefix("-")
        found = sorted(self._matching(kind, where), key=lambda e: rank(e, field), reverse=order.startswith("-"))
        if after is not None:
            last = rank(after, field)
            found = [e for e in found if (rank(e, field) < last if order.startswith("-") else rank(e, field) > last)]
        page = found[:limit]
        self.notes.seen.update({(kind, entity.id): entity for entity in page})
        return page

    def count(self, kind: type[Entity], where: Criterion = EVERYTHING, /) -> int:
        """Count the records that fulfil a criterion."""
        return sum(1 for _ in self._matching(kind, where))

    def entries(self, kind: type[Entity], id: str, /) -> Sequence[Any]:
        """Read all entries of a record."""
        with self._lock:
            return [*self._shelf.entries.get((kind, id), ()), *self.notes.entries.get((kind, id), ())]

    def save(self, entity: E, /) -> E:
        """Store a record."""
        key = (type(entity), entity.id)
        if self.notes.seen.get(key) is entity:
            return entity
        self.notes.based_on.setdefault(key, entity.version)
        version, actor = entity.version + 1, self._context.actor
        for number, event in enumerate(entity.pending):
            self.notes.facts.append(
                Recorded(
                    id=self._ids.new("event"),
                    tenant=self._context.tenant,
                    actor=actor,
                    subject=entity.id,
                    version=version,
                    number=number,
                    correlation=self._context.correlation,
                    event=event,
                )
            )
        if name := entity.shape.entries:
            appended = (changed(entry, actor=actor) for entry in getattr(entity, name))
            self.notes.entries[key] = (*self.notes.entries.get(key, ()), *appended)
        stored = settled(entity, version=version, actor=actor)
        self.notes.written[key] = self.notes.seen[key] = stored
        return stored

    def remove(self, entity: Entity, /) -> None:
        """Forget a record."""
        key = (type(entity), entity.id)
        self.notes.based_on.setdefault(key, entity.version)
        self.notes.written[key] = None

    def events(self, *, after: int = 0, limit: int = 1000, backwards: bool = False) -> Sequence[Recorded]:
        """Read the feed behind a position."""
        with self._lock:
            feed = self._shelf.feed
            behind = feed[max(after - self._shelf.forgotten, 0) :]
        return behind[::-1][:limit] if backwards else behind[:limit]

    def forget_events(self, *, until: int) -> int:
        """Forget the beginning of the feed, with the commit."""
        self.notes.forget_until = until
        with self._lock:
            return self._shelf.forgettable(until)

    def ask(self, question: Question[A], /) -> A | None:
        """Leave every question to its own way of counting."""
        return None

    def commit(self) -> None:
        """Make it all last."""
        with self._lock:
            records = self._shelf.records
            old = {key: records[key[0]].get(key[1]) for key in self.notes.written}
            self._check_versions(old)
            self._check_keys(old)
            for key, new in self.notes.written.items():
                self._shelf.put(old[key], new)
                if new is None:
                    self._shelf.entries.pop(key, None)
            for key, entries in self.notes.entries.items():
                self._shelf.entries[key] += entries
            self._shelf.publish(self.notes.facts)
            self._shelf.forget(self.notes.forget_until)
        self._forget()

    def _matching(self, kind: type[E], where: Criterion) -> Iterator[E]:
        with self._lock:
            stored = self._shelf.candidates(kind, where)
        for entity in stored:
            if (kind, entity.id) not in self.notes.written and matches(where, entity):
                yield entity
        for (written_kind, _), written in list(self.notes.written.items()):
            if written_kind is kind and written is not None and matches(where, written):
                yield written  # type: ignore[misc]  # its kind has just been compared

    def _check_versions(self, old: dict[Key, Entity | None]) -> None:
        for key, before in old.items():
            kind, id = key
            expected = self.notes.based_on[key]
            if expected == 0 and before is not None:
                raise Taken(kind.shape.kind, "id")
            if expected != (before.version if before else 0):
                raise StaleVersion(kind.shape.kind, id, expected)

    def _check_keys(self, old: dict[Key, Entity | None]) -> None:
        released = {(key[0], *unique) for key, before in old.items() if before for unique in unique_keys(before)}
        claimed: dict[tuple[type[Entity], str, tuple[Any, ...]], str] = {}
        for (kind, id), new in self.notes.written.items():
            for name, values in unique_keys(new) if new is not None else ():
                unique = (kind, name, values)
                stored = None if unique in released else self._shelf.holders.get(unique)
                holder = claimed.setdefault(unique, stored or id)
                if holder != id:
                    raise Taken(kind.shape.kind, name)

    def _forget(self) -> None:
        self.notes = _Notes()


class _Story(MemoryTransaction):
    """One story of a batch."""

    def __init__(self, *args: Any, batch: MemoryTransaction) -> None:
        super().__init__(*args)
        self._batch = batch
        self.notes = batch.notes.copy()

    def commit(self) -> None:
        """End the story well."""
        self._batch.notes = self.notes


class MemoryBatch(MemoryTransaction):
    """One transaction for many stories. Each works on a copy of its notes, and hands them in when it ends well."""

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> MemoryTransaction:
        """Begin a story."""
        if context.tenant != self._context.tenant:
            raise RuleBroken("batch", "batch_of_one_tenant", "is another tenant's; tell this story outside of it")
        return _Story(self._lock, self._shelf, context, ids, batch=self)


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

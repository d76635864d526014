"""What one transaction has read and written: new records beside the old, and rolling back is forgetting them.

A transaction ends with its commit or its block, whichever comes first. Every method refuses afterwards.
"""

import threading
from collections.abc import Iterator, Sequence
from copy import copy
from types import TracebackType
from typing import Any, Self, TypeVar

from attrs import astuple, define, field

from crmcore.adapters.memory.shelf import Key, Shelf
from crmcore.domain.criteria import EVERYTHING, Criterion, matches, rank
from crmcore.domain.errors.broken import TransactionClosedError
from crmcore.domain.errors.conflicts import StaleVersion, Taken
from crmcore.domain.feed import Recorded
from crmcore.domain.kernel import Entity, changed, settled, unique_keys
from crmcore.services.ports import Context, Ids, Question

E = TypeVar("E", bound=Entity)
A = TypeVar("A")


@define
class Notes:
    """What a transaction has read, and what it has yet to write."""

    seen: dict[Key, Entity] = field(factory=dict)
    based_on: dict[Key, int] = field(factory=dict)
    written: dict[Key, Entity | None] = field(factory=dict)
    entries: dict[Key, tuple[Any, ...]] = field(factory=dict)
    facts: list[Recorded] = field(factory=list)
    forget_until: int = 0

    def copy(self) -> "Notes":
        """Another note-book that says the same."""
        return Notes(*map(copy, astuple(self, recurse=False)))


class MemoryTransaction:
    """One transaction of one tenant; see `crmcore.services.ports.Transaction` for what its methods promise."""

    def __init__(self, lock: threading.Lock, shelf: Shelf, context: Context, ids: Ids) -> None:
        self._lock = lock
        self._shelf = shelf
        self._context = context
        self._ids = ids
        self._open = True
        self.notes = Notes()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._end()

    def get(self, kind: type[E], id: str, /) -> E | None:
        """Read a record by its id."""
        self._require_open()
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
        self._require_open()
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
        self._require_open()
        return sum(1 for _ in self._matching(kind, where))

    def entries(self, kind: type[Entity], id: str, /) -> Sequence[Any]:
        """Read all entries of a record."""
        self._require_open()
        with self._lock:
            return [*self._shelf.entries.get((kind, id), ()), *self.notes.entries.get((kind, id), ())]

    def save(self, entity: E, /) -> E:
        """Store a record."""
        self._require_open()
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
        self._require_open()
        key = (type(entity), entity.id)
        self.notes.based_on.setdefault(key, entity.version)
        self.notes.written[key] = None

    def events(self, *, after: int = 0, limit: int = 1000, backwards: bool = False) -> Sequence[Recorded]:
        """Read the feed behind a position."""
        self._require_open()
        with self._lock:
            feed = self._shelf.feed
            behind = feed[max(after - self._shelf.forgotten, 0) :]
        return behind[::-1][:limit] if backwards else behind[:limit]

    def forget_events(self, *, until: int) -> int:
        """Forget the beginning of the feed, with the commit."""
        self._require_open()
        self.notes.forget_until = until
        with self._lock:
            return self._shelf.forgettable(until)

    def ask(self, question: Question[A], /) -> A | None:
        """Leave every question to its own way of counting."""
        self._require_open()
        return None

    def commit(self) -> None:
        """Make it all last."""
        self._require_open()
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
        self._end()

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

    def _require_open(self) -> None:
        """Refuse what comes after the end.

        Raises:
            TransactionClosedError: the transaction has ended.
        """
        if not self._open:
            raise TransactionClosedError("transaction", "transaction_is_over")

    def _end(self) -> None:
        self._open = False
        self.notes = Notes()

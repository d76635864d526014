"""In-memory transaction: the identity map and the pending changes.

New records are kept beside the stored ones, so that a rollback only drops them.

A transaction ends with its commit or its block, whichever is first. Afterwards, every method raises `TransactionClosedError`.
"""

import threading
from collections.abc import Iterator, Sequence
from copy import copy
from types import TracebackType
from typing import Any, Self, TypeVar

from attrs import astuple, define, field

from crmcore.adapters.memory.tenant_data import RecordKey, TenantData
from crmcore.domain.kernel.copying import as_persisted, copy_with
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion, matches, sort_key
from crmcore.domain.kernel.entity import Entity, unique_keys
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError, StaleVersionError
from crmcore.domain.kernel.errors.rules import TransactionClosedError
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.ports import Aggregate, IdGenerator, RequestContext

E = TypeVar("E", bound=Entity)
A = TypeVar("A")


@define
class ChangeTracker:
    """Change tracker: the records that were read, and the pending writes."""

    identity_map: dict[RecordKey, Entity] = field(factory=dict)
    base_versions: dict[RecordKey, int] = field(factory=dict)
    writes: dict[RecordKey, Entity | None] = field(factory=dict)
    log_entries: dict[RecordKey, tuple[Any, ...]] = field(factory=dict)
    events: list[RecordedEvent] = field(factory=list)
    prune_until: int = 0

    def copy(self) -> "ChangeTracker":
        """Return a copy of the tracker."""
        return ChangeTracker(*map(copy, astuple(self, recurse=False)))


class MemoryTransaction:
    """One transaction of one tenant; implements `crmcore.ports.Transaction`."""

    def __init__(
        self, lock: threading.Lock, data: TenantData, context: RequestContext, id_generator: IdGenerator
    ) -> None:
        self._lock = lock
        self._data = data
        self._context = context
        self._id_generator = id_generator
        self._open = True
        self.tracker: ChangeTracker = ChangeTracker()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._end()

    def get(self, entity_type: type[E], id: str, /) -> E | None:
        """Read a record by its id."""
        self._require_open()
        key = (entity_type, id)
        if key in self.tracker.writes:
            return self.tracker.writes[key]  # type: ignore[return-value]  # the key has the record's class
        with self._lock:
            found = self.tracker.identity_map.get(key) or self._data.records[entity_type].get(id)
        if found is not None:
            self.tracker.identity_map[key] = found
        return found  # type: ignore[return-value]  # as above

    def find(
        self,
        entity_type: type[E],
        where: Criterion = MATCH_ALL,
        /,
        *,
        order: str = "id",
        after: E | None = None,
        limit: int | None = None,
        skip_locked: bool = False,
    ) -> Sequence[E]:
        """Return the records that match a criterion, in order."""
        self._require_open()
        order_field = order.removeprefix("-")
        found = sorted(
            self._matching(entity_type, where),
            key=lambda record: sort_key(record, order_field),
            reverse=order.startswith("-"),
        )
        if after is not None:
            last = sort_key(after, order_field)
            found = [
                record
                for record in found
                if (
                    sort_key(record, order_field) < last
                    if order.startswith("-")
                    else sort_key(record, order_field) > last
                )
            ]
        page = found[:limit]
        self.tracker.identity_map.update({(entity_type, entity.id): entity for entity in page})
        return page

    def count(self, entity_type: type[Entity], where: Criterion = MATCH_ALL, /) -> int:
        """Count the records that match a criterion."""
        self._require_open()
        return sum(1 for _ in self._matching(entity_type, where))

    def entries(self, entity_type: type[Entity], id: str, /) -> Sequence[Any]:
        """Return all log entries of a record."""
        self._require_open()
        with self._lock:
            return [
                *self._data.log_entries.get((entity_type, id), ()),
                *self.tracker.log_entries.get((entity_type, id), ()),
            ]

    def save(self, entity: E, /) -> E:
        """Save a record."""
        self._require_open()
        key = (type(entity), entity.id)
        if self.tracker.identity_map.get(key) is entity:
            return entity
        self.tracker.base_versions.setdefault(key, entity.version)
        version, actor = entity.version + 1, self._context.actor
        for number, event in enumerate(entity.pending_events):
            self.tracker.events.append(
                RecordedEvent(
                    id=self._id_generator.new("event"),
                    tenant=self._context.tenant,
                    actor=actor,
                    subject_id=entity.id,
                    version=version,
                    number=number,
                    correlation_id=self._context.correlation_id,
                    event=event,
                )
            )
        if name := entity.meta.log_field:
            log_entries = (copy_with(entry, actor=actor) for entry in getattr(entity, name))
            self.tracker.log_entries[key] = (*self.tracker.log_entries.get(key, ()), *log_entries)
        stored = as_persisted(entity, version=version, actor=actor)
        self.tracker.writes[key] = self.tracker.identity_map[key] = stored
        return stored

    def delete(self, entity: Entity, /) -> None:
        """Delete a record."""
        self._require_open()
        key = (type(entity), entity.id)
        self.tracker.base_versions.setdefault(key, entity.version)
        self.tracker.writes[key] = None

    def read_events(self, *, after: int = 0, limit: int = 1000, reverse: bool = False) -> Sequence[RecordedEvent]:
        """Return the events after a position of the feed."""
        self._require_open()
        with self._lock:
            stored = self._data.events
            following = stored[max(after - self._data.pruned, 0) :]
        return following[::-1][:limit] if reverse else following[:limit]

    def prune_events(self, *, until: int) -> int:
        """Delete the beginning of the feed at commit."""
        self._require_open()
        self.tracker.prune_until = until
        with self._lock:
            return self._data.count_prunable(until)

    def execute_query(self, aggregate: Aggregate[A], /) -> A | None:
        """Return no result: the caller counts in Python."""
        self._require_open()
        return None

    def commit(self) -> None:
        """Commit all changes."""
        self._require_open()
        with self._lock:
            records = self._data.records
            old = {key: records[key[0]].get(key[1]) for key in self.tracker.writes}
            self._check_versions(old)
            self._check_unique_keys(old)
            for key, new in self.tracker.writes.items():
                self._data.replace(old[key], new)
                if new is None:
                    self._data.log_entries.pop(key, None)
            for key, log_entries in self.tracker.log_entries.items():
                self._data.log_entries[key] += log_entries
            self._data.append_events(self.tracker.events)
            self._data.prune(self.tracker.prune_until)
        self._end()

    def _matching(self, entity_type: type[E], where: Criterion) -> Iterator[E]:
        with self._lock:
            stored = self._data.candidates(entity_type, where)
        for entity in stored:
            if (entity_type, entity.id) not in self.tracker.writes and matches(where, entity):
                yield entity
        for (written_type, _), write in list(self.tracker.writes.items()):
            if written_type is entity_type and write is not None and matches(where, write):
                yield write  # type: ignore[misc]  # its class has just been compared

    def _check_versions(self, current: dict[RecordKey, Entity | None]) -> None:
        for key, stored in current.items():
            entity_type, id = key
            expected = self.tracker.base_versions[key]
            if expected == 0 and stored is not None:
                raise DuplicateKeyError(entity_type.meta.prefix, "id")
            if expected != (stored.version if stored else 0):
                raise StaleVersionError(entity_type.meta.prefix, id, expected)

    def _check_unique_keys(self, current: dict[RecordKey, Entity | None]) -> None:
        released = {
            (key[0], *unique_key)
            for key, stored_record in current.items()
            if stored_record
            for unique_key in unique_keys(stored_record)
        }
        claimed: dict[tuple[type[Entity], str, tuple[Any, ...]], str] = {}
        for (entity_type, id), record in self.tracker.writes.items():
            for name, values in unique_keys(record) if record is not None else ():
                unique_key = (entity_type, name, values)
                stored_id = None if unique_key in released else self._data.unique_index.get(unique_key)
                holder_id = claimed.setdefault(unique_key, stored_id or id)
                if holder_id != id:
                    raise DuplicateKeyError(entity_type.meta.prefix, name)

    def _require_open(self) -> None:
        """Raise an error after the end.

        Raises:
            TransactionClosedError: the transaction has ended.
        """
        if not self._open:
            raise TransactionClosedError("transaction", "transaction_is_over")

    def _end(self) -> None:
        self._open = False
        self.tracker = ChangeTracker()

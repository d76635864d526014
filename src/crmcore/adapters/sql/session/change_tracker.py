"""Change tracker: identity map of loaded records, and pending writes.

A flush writes version-checked updates first, because they can fail; then inserts, several rows per statement; then the events. A command
is a few statements, and a conflict is found early.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from crmcore.adapters.sql.compile.mappers import COPY_THRESHOLD, EntityMapper, MultiRowInsert, Row
from crmcore.adapters.sql.execute.executor import Executor
from crmcore.domain.kernel.criteria import Criterion, matches, sort_key
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.conflicts import StaleVersionError

EntityType = type[Entity]
RecordKey = tuple[EntityType, str]
CounterKey = tuple[str, int, str]
"""A counter: the funnel, the index of the stage, and the currency; empty for deals without a value."""
CounterDeltas = dict[CounterKey, tuple[int, int]]
"""The changes of counters: numbers of deals, and amounts in minor units."""

MISSING: Final[Any] = object()
"""Marks a record that the tracker does not contain."""


def add_delta(deltas: CounterDeltas, key: CounterKey, deals: int, minor: int) -> None:
    """Add to the change of a counter."""
    previous = deltas.get(key, (0, 0))
    deltas[key] = previous[0] + deals, previous[1] + minor


class ChangeTracker:
    """Tracks the loaded records and pending writes of one transaction.

    In a batch, each command has its own tracker.

    Attributes:
        identity_map: each record as it was last read or saved; None when it was removed.
        originals: each record as it is in the database.
        dirty: the base version of each record to write, by type and id; 0 is a new record.
        deleted: the records to delete.
        log_entries: the log rows to insert.
        events: the event rows to insert.
        counter_deltas: the counter changes of flushed records, written at the end of the transaction.
    """

    __slots__ = ("counter_deltas", "deleted", "dirty", "events", "identity_map", "log_entries", "originals")

    def __init__(self) -> None:
        self.identity_map: dict[RecordKey, Entity | None] = {}
        self.originals: dict[RecordKey, Entity] = {}
        self.dirty: dict[EntityType, dict[str, int]] = {}
        self.deleted: dict[EntityType, list[Entity]] = {}
        self.log_entries: dict[EntityType, list[Row]] = {}
        self.events: list[Row] = []
        self.counter_deltas: CounterDeltas = {}

    def has_pending(self, entity_type: EntityType | None = None) -> bool:
        """Return whether there are pending writes, of a type or of any."""
        if entity_type is None:
            return bool(self.dirty or self.deleted or self.events)
        return entity_type in self.dirty or entity_type in self.deleted

    def pending(self, entity_type: EntityType) -> dict[str, Entity | None]:
        """Return the pending records of a type by id; None for deleted ones."""
        pending = {id: self.identity_map[entity_type, id] for id in self.dirty.get(entity_type, ())}
        return pending | {entity.id: None for entity in self.deleted.get(entity_type, ())}

    def merge(self, other: "ChangeTracker") -> None:
        """Merge the records and writes of a successful command of the batch."""
        self.identity_map.update(other.identity_map)
        self.originals.update(other.originals)
        for entity_type, ids in other.dirty.items():
            dirty = self.dirty.setdefault(entity_type, {})
            for id, base_version in ids.items():
                dirty.setdefault(id, base_version)
        for entity_type, deleted in other.deleted.items():
            self.deleted.setdefault(entity_type, []).extend(deleted)
        for entity_type, log_entries in other.log_entries.items():
            self.log_entries.setdefault(entity_type, []).extend(log_entries)
        self.events += other.events
        for key, delta in other.counter_deltas.items():
            add_delta(self.counter_deltas, key, *delta)

    def flush(self, executor: Executor, tenant: str, entity_type: EntityType | None = None) -> None:
        """Write the pending records: all, or those of one type.

        Raises:
            StaleVersionError, DuplicateKeyError: as `Transaction.save`.
        """
        executor.connection.before_write()
        rows_by_insert: dict[MultiRowInsert, list[Row]] = {}
        for current_type in tuple(self.dirty) if entity_type is None else (entity_type,):
            self._flush_saved(executor, tenant, current_type, self.dirty.pop(current_type, {}), rows_by_insert)
        for current_type in tuple(self.log_entries) if entity_type is None else (entity_type,):
            if rows := self.log_entries.pop(current_type, None):
                log = executor.statements.mapper(current_type).log
                assert log is not None
                _append(rows_by_insert, log.insert, rows)
        for current_type in tuple(self.deleted) if entity_type is None else (entity_type,):
            for entity in self.deleted.pop(current_type, ()):
                self._flush_deleted(executor, tenant, entity)
        if entity_type is None and self.events:
            _append(rows_by_insert, executor.statements.feed.insert, self.events)
            self.events = []
        for insert, rows in rows_by_insert.items():
            _insert_rows(executor, insert, rows)

    def flush_counters(self, executor: Executor, tenant: str) -> None:
        """Write the counter changes, after all other writes."""
        if self.counter_deltas:
            executor.connection.before_write()
            executor.statements.counters.write(executor, tenant, self.counter_deltas)
            self.counter_deltas = {}

    def _flush_saved(
        self,
        executor: Executor,
        tenant: str,
        entity_type: EntityType,
        base_versions: dict[str, int],
        rows_by_insert: dict[MultiRowInsert, list[Row]],
    ) -> None:
        """Update changed records; collect the rows of new ones and children."""
        mapper, counters = executor.statements.mapper(entity_type), executor.statements.counters
        updates: list[tuple[Entity, int]] = []
        rows_by_delete: dict[str, list[Row]] = {}
        counted: list[tuple[Any, Any]] = []
        for id, base_version in base_versions.items():
            entity = self.identity_map[entity_type, id]
            if entity is None:
                continue
            before = self._original(entity_type, id, base_version)
            if entity_type is counters.entity_type:
                counted.append((before or _load_current(executor, tenant, mapper, id, base_version), entity))
            self.originals[entity_type, id] = entity
            if base_version:
                updates.append((entity, base_version))
            else:
                _append(rows_by_insert, mapper.insert, (mapper.to_row(entity, tenant),))
            for _, child in mapper.children:
                new, old = getattr(entity, child.field), getattr(before, child.field, None)
                if new is old:
                    continue
                owner_key = mapper.write_id(id)
                if base_version and (old or before is None):
                    rows_by_delete.setdefault(child.delete_sql, []).append((tenant, owner_key))
                if new:
                    actor = entity.actor
                    rows = [
                        child.to_row(child_record, tenant, owner_key, index, actor)
                        for index, child_record in enumerate(new)
                    ]
                    _append(rows_by_insert, child.insert, rows)
        if updates:
            _compare_and_set(executor, tenant, mapper, updates)
        for sql, rows in rows_by_delete.items():
            for row in rows:
                executor.execute(sql, row)
        for old, new in counted:
            counters.record_change(self.counter_deltas, old, new)

    def _flush_deleted(self, executor: Executor, tenant: str, entity: Entity) -> None:
        entity_type = type(entity)
        mapper, counters = executor.statements.mapper(entity_type), executor.statements.counters
        before = self._original(entity_type, entity.id, entity.version)
        if entity_type is counters.entity_type:
            before = before or _load_current(executor, tenant, mapper, entity.id, entity.version)
        key = mapper.write_id(entity.id)
        for child in [child for _, child in mapper.children] + ([mapper.log] if mapper.log else []):
            executor.execute(child.delete_sql, (tenant, key))
        stale_error = StaleVersionError(entity.meta.prefix, entity.id, entity.version)
        executor.execute_one(mapper.delete_sql, (tenant, key, entity.version), stale_error)
        self.originals.pop((entity_type, entity.id), None)
        if entity_type is counters.entity_type:
            counters.record_change(self.counter_deltas, before, None)

    def _original(self, entity_type: EntityType, id: str, version: int) -> Any:
        """Return the record as it was loaded, if it had that version."""
        before = self.originals.get((entity_type, id))
        return before if before is not None and before.version == version else None


def _load_current(executor: Executor, tenant: str, mapper: EntityMapper, id: str, version: int) -> Any:
    """Load a record without children, if another transaction has read it.

    Returns:
        The record in the database; None if it is new.

    Raises:
        StaleVersionError: the record has another version. The UPDATE that follows checks the version again.
    """
    if not version:
        return None
    rows = executor.fetch_all(mapper.select_sql, (tenant, mapper.write_id(id)))
    if not rows or rows[0][0] != version:
        raise StaleVersionError(mapper.entity_type.meta.prefix, id, version)
    return mapper.load(rows[0])


def _compare_and_set(
    executor: Executor, tenant: str, mapper: EntityMapper, updates: Sequence[tuple[Entity, int]]
) -> None:
    """Update records with optimistic locking.

    Raises:
        StaleVersionError: a record has another version than its base.
    """
    rows = [mapper.to_update_row(entity, tenant, base_version) for entity, base_version in updates]
    prefix = mapper.entity_type.meta.prefix
    if len(rows) == 1 or not executor.is_synchronous:
        for row, (entity, base_version) in zip(rows, updates, strict=True):
            executor.execute_one(mapper.update_sql, row, StaleVersionError(prefix, entity.id, base_version))
        return
    if executor.execute_rowcount(mapper.update_sql, rows) == len(rows):
        return
    # The row count only shows that a record was not updated: the one whose version in the database differs.
    for entity, base_version in updates:
        current_rows = executor.fetch_all(mapper.select_sql, (tenant, mapper.write_id(entity.id)))
        if not current_rows or current_rows[0][0] != entity.version:
            raise StaleVersionError(prefix, entity.id, base_version)


def _append(rows_by_insert: dict[MultiRowInsert, list[Row]], insert: MultiRowInsert, rows: Iterable[Row]) -> None:
    gathered = rows_by_insert.get(insert)
    if gathered is None:
        rows_by_insert[insert] = list(rows)
    else:
        gathered += rows


def _insert_rows(executor: Executor, insert: MultiRowInsert, rows: list[Row]) -> None:
    if len(rows) >= COPY_THRESHOLD and insert.copy_sql:
        executor.copy(insert.copy_sql, rows)
        return
    for chunk in insert.chunks(rows):
        executor.execute(insert.sql_for(len(chunk)), chunk[0] if len(chunk) == 1 else tuple(chain.from_iterable(chunk)))


def overlay_pending(
    found: Sequence[Any], pending: dict[str, Any], where: Criterion, order: str, after: Entity | None
) -> Sequence[Any]:
    """Merge pending records into the result of a query."""
    field, descending = order.removeprefix("-"), order.startswith("-")
    records = [record for record in found if record.id not in pending]
    records += [record for record in pending.values() if record is not None and matches(where, record)]
    ranked = [(sort_key(record, field), record) for record in records]
    if after is not None:
        last_rank = sort_key(after, field)
        ranked = [pair for pair in ranked if (pair[0] < last_rank if descending else pair[0] > last_rank)]
    ranked.sort(key=lambda pair: pair[0], reverse=descending)
    return [record for _, record in ranked]

"""Batch: many commands in one transaction, each of them atomic.

Invariants:
1. A failed command undoes only itself: its records were not written yet, or were written behind a savepoint.
2. The records of the commands are written together, many rows per statement, at the end of the batch or when a command queries them.
3. If the database rejects a write that commands have left behind, the whole batch fails.
4. A query of the batch is not repeated, nor is one for preloaded keys (see `batch_cache`).
5. No command begins after a savepoint that the host has set inside the batch: its pending writes could neither be undone with it nor outlast it.
6. A batch ends with its commit or its block, whichever comes first. Every later call raises an error.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from crmcore.adapters.sql.compile.mappers import Row
from crmcore.adapters.sql.execute.connections import SavepointConnection
from crmcore.adapters.sql.execute.executor import Executor
from crmcore.adapters.sql.session.batch_cache import BatchCache
from crmcore.adapters.sql.session.change_tracker import MISSING, ChangeTracker, CounterDeltas, overlay_pending
from crmcore.adapters.sql.session.transaction import SqlTransaction
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.rules import BusinessRuleError, TransactionClosedError
from crmcore.ports import IdGenerator, RequestContext

E = TypeVar("E", bound=Entity)

MAX_PENDING_EVENTS: Final = 2_000
"""The maximum number of events in memory; more are flushed."""


class SqlBatch:
    """One transaction for many commands; see `crmcore.ports.Batch`."""

    def __init__(self, executor: Executor, context: RequestContext) -> None:
        self._tenant = context.tenant
        self.is_open: bool = True
        self.executor = executor
        self.tracker: ChangeTracker = ChangeTracker()
        self.cache: BatchCache = BatchCache()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        try:
            if self.is_open:
                self.is_open = False
                self.executor.connection.rollback()
        finally:
            self.executor.connection.close()

    def require_open(self) -> None:
        """Reject calls after the end of the batch.

        Raises:
            TransactionClosedError: the batch has ended.
        """
        if not self.is_open:
            raise TransactionClosedError("batch", "batch_is_over")

    def begin(
        self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
    ) -> SqlTransaction:
        """Begin a command."""
        self.require_open()
        if context.tenant != self._tenant:
            raise BusinessRuleError(
                "batch", "batch_of_other_tenant", "belongs to another tenant; run this command outside of it"
            )
        if not self.executor.connection.is_innermost:
            raise BusinessRuleError(
                "batch", "batch_around_savepoint", "is open around a savepoint; open the batch behind it"
            )
        if self.executor.failure is not None:
            raise self.executor.failure
        return _BatchedTransaction(self, context, id_generator)

    def commit(self) -> None:
        """Commit all commands."""
        self.require_open()
        if self.executor.failure is None:
            self._flush()
            self.tracker.flush_counters(self.executor, self._tenant)
        self.executor.commit()
        self.is_open = False

    def flush(self, entity_type: type[Entity] | None = None) -> None:
        """Write the pending records of earlier commands, and wait for errors.

        The next command can then be rolled back without them.
        """
        if self.tracker.has_pending(entity_type):
            self._flush(entity_type)
            self.executor.sync()

    def _flush(self, entity_type: type[Entity] | None = None) -> None:
        if self.tracker.has_pending(entity_type):
            self.cache.invalidate(entity_type)
            try:
                self.tracker.flush(self.executor, self._tenant, entity_type)
            except Exception as error:
                self.executor.failure = self.executor.failure or error
                raise

    def cache_saved(self, tracker: ChangeTracker) -> None:
        """Add the records that a command has saved to the cache.

        If the command is rolled back, their ids lead to no record.
        """
        for entity_type, ids in tracker.dirty.items():
            self.cache.add(record for id in ids if (record := tracker.identity_map[entity_type, id]) is not None)

    def merge(self, tracker: ChangeTracker) -> None:
        """Take over the pending writes of a successful command."""
        self.cache_saved(tracker)
        self.tracker.merge(tracker)
        if len(self.tracker.events) > MAX_PENDING_EVENTS:
            self.flush()


class _BatchedTransaction(SqlTransaction):
    """One command of a batch."""

    def __init__(self, batch: SqlBatch, context: RequestContext, id_generator: IdGenerator) -> None:
        super().__init__(batch.executor, context, id_generator)
        self._batch = batch
        self._savepoint = SavepointConnection(batch.executor.cursor)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        undo, self._is_open = self._is_open and self._batch.is_open, False
        if undo and self._savepoint.rollback():
            self._executor.failure = None
            self._batch.cache.invalidate()

    def commit(self) -> None:
        """End the command successfully."""
        self._require_open()
        if self._executor.failure is not None:
            raise self._executor.failure
        self._savepoint.commit()
        self._is_open = False
        self._batch.merge(self._tracker)

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
        """Return the records that match a criterion, in order.

        A criterion with a unique key needs no flush: the batch cache finds the pending records.
        """
        self._require_open()
        cached = None if skip_locked else self._batch.cache.find_ids(entity_type, where)
        if cached is None or not (cached.is_complete or (limit is None and after is None)):
            return super().find(entity_type, where, order=order, after=after, limit=limit, skip_locked=skip_locked)
        records: dict[str, Any] = {id: self.get(entity_type, id) for id in cached.ids}
        records |= super()._dirty(entity_type)
        if not cached.is_complete:
            query, values = self._statements.query_compiler(entity_type).find(
                where, order=order, after=None, limit=None, skip_locked=False
            )
            found = self._query(entity_type, query.sql, query.bind(self._tenant, values), skip_locked=False)
            records |= {record.id: record for record in found}
        return overlay_pending((), records, where, order, after)[:limit]

    def preload(self, entity_type: type[Entity], where: Criterion, /) -> None:
        """Load the records that later commands of the batch need one by one.

        It does nothing after a write of this command, which may be rolled back.
        """
        self._require_open()
        if not self._tracker.has_pending():
            self._batch.cache.add_complete(entity_type, where, self.find(entity_type, where))

    def _require_open(self) -> None:
        super()._require_open()
        self._batch.require_open()

    def _query(self, entity_type: type[Entity], sql: str, parameters: Row, *, skip_locked: bool) -> Sequence[Any]:
        cache, cache_key = self._batch.cache, (sql, parameters)
        cached_ids = None if skip_locked else cache.get(entity_type, cache_key)
        if cached_ids is not None:
            records = [self._from_identity_map((entity_type, id)) for id in cached_ids]
            if not any(record is MISSING for record in records):  # MISSING: read only by a command that failed
                return [record for record in records if record is not None]
        found = super()._query(entity_type, sql, parameters, skip_locked=skip_locked)
        if (
            not skip_locked and entity_type not in self._tracker.deleted
        ):  # a record deleted by this command may come back with a rollback
            cache.put(entity_type, cache_key, found)
        return found

    def _from_identity_map(self, key: tuple[type[Entity], str]) -> Any:
        record = self._tracker.identity_map.get(key, MISSING)
        return self._batch.tracker.identity_map.get(key, MISSING) if record is MISSING else record

    def _dirty(self, entity_type: type[Entity]) -> dict[str, Any]:
        batch_tracker = self._batch.tracker
        return (batch_tracker.pending(entity_type) if batch_tracker.has_pending(entity_type) else {}) | super()._dirty(
            entity_type
        )

    def _flush(self, entity_type: type[Entity] | None = None) -> None:
        if not self._tracker.has_pending(entity_type):
            self._batch.flush(entity_type)
            return
        self._batch.cache.invalidate(entity_type)
        self._batch.cache_saved(self._tracker)
        # The writes of other commands stay outside of the savepoint of this one.
        self._batch.flush()
        self._savepoint.before_write()
        batch_originals = self._batch.tracker.originals
        keys = ((entity_type, id) for entity_type, ids in self._tracker.dirty.items() for id in ids)
        self._tracker.originals |= {
            key: batch_originals[key] for key in keys if key in batch_originals
        } | self._tracker.originals
        self._tracker.flush(self._executor, self._tenant, entity_type)
        self._executor.sync()

    def _counter_deltas(self) -> list[CounterDeltas]:
        return [self._batch.tracker.counter_deltas, *super()._counter_deltas()]

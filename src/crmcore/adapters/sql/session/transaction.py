"""Unit of work in SQL: reads at once, collects writes until the commit.

Invariants:
1. Queries see the pending writes of the transaction (see `change_tracker`). A few pending records are merged into the result in memory;
   many, or those to be counted, are flushed first.
2. In a batch each command has its own change tracker. It is merged into the batch's on success, and discarded on failure, together with
   writes behind its savepoint.
3. A transaction ends with its commit or its block, whichever comes first. Every later call raises an error.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

from crmcore.adapters.sql.compile.mappers import ChildMapper, EntityMapper, Row
from crmcore.adapters.sql.execute.executor import Executor
from crmcore.adapters.sql.session.change_tracker import MISSING, ChangeTracker, CounterDeltas, overlay_pending
from crmcore.domain.kernel.copying import as_persisted
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.rules import TransactionClosedError
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.ports import Aggregate, IdGenerator, RequestContext
from crmcore.ports.grouped_counts import GroupedCount

E = TypeVar("E", bound=Entity)
A = TypeVar("A")

MAX_OVERLAY: Final = 16
"""The maximum number of pending records that are merged into a query result; more are flushed first."""
CHILDREN_BATCH_SIZE: Final = 512
"""The maximum number of records whose children are fetched by one statement."""


class SqlTransaction:
    """One transaction of one tenant; see `crmcore.ports.Transaction`."""

    def __init__(self, executor: Executor, context: RequestContext, id_generator: IdGenerator) -> None:
        self._statements = executor.statements
        self._executor = executor
        self._context = context
        self._tenant = context.tenant
        self._id_generator = id_generator
        self._is_open = True
        self._tracker = ChangeTracker()
        self._prefetches: dict[Any, list[tuple[type[Entity], str, Row]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        try:
            if self._is_open:
                self._is_open = False
                self._executor.connection.rollback()
        finally:
            self._executor.connection.close()

    def get(self, entity_type: type[E], id: str, /) -> E | None:
        """Return a record by its id."""
        self._require_open()
        key = (entity_type, id)
        record = self._from_identity_map(key)
        if record is not MISSING:
            return cast(E | None, record)
        mapper = self._statements.mapper(entity_type)
        rows = self._executor.fetch_all(mapper.select_sql, (self._tenant, mapper.write_id(id)))
        for referenced_type, sql, parameters in self._prefetches.pop(key, ()):
            self._hydrate(self._statements.mapper(referenced_type), self._executor.fetch_all(sql, parameters))
        return self._hydrate(mapper, rows)[0] if rows else None

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
        pending = self._dirty(entity_type)
        if len(pending) > MAX_OVERLAY or (pending and skip_locked):
            self._flush(entity_type)
            pending = {}
        extended_limit = limit if limit is None else limit + len(pending)
        query, values = self._statements.query_compiler(entity_type).find(
            where, order=order, after=after, limit=extended_limit, skip_locked=skip_locked
        )
        found = self._query(entity_type, query.sql, query.bind(self._tenant, values), skip_locked=skip_locked)
        return overlay_pending(found, pending, where, order, after)[:limit] if pending else found

    def prefetch_query(
        self, entity_type: type[Entity], where: Criterion, /, *, order: str = "id", limit: int | None = None
    ) -> None:
        """Announce a query, so that a pipeline can send it early."""
        self._require_open()
        if self._executor.is_synchronous:
            return
        pending = self._dirty(entity_type)
        if len(pending) <= MAX_OVERLAY:
            extended_limit = limit if limit is None else limit + len(pending)
            query, values = self._statements.query_compiler(entity_type).find(
                where, order=order, after=None, limit=extended_limit, skip_locked=False
            )
            self._executor.prefetch(query.sql, query.bind(self._tenant, values))

    def prefetch(self, entity_type: type[Entity], id: str, prefetch: Mapping[str, type[Entity]], /) -> None:
        """Announce a record and its references, for one round trip."""
        self._require_open()
        key = (entity_type, id)
        if self._executor.is_synchronous or self._from_identity_map(key) is not MISSING:
            return
        mapper, tenant = self._statements.mapper(entity_type), self._tenant
        own_id = mapper.write_id(id)
        self._executor.prefetch(mapper.select_sql, (tenant, own_id))
        queries = [
            (
                referenced_type,
                self._statements.select_by_reference(entity_type, field, referenced_type),
                (tenant, tenant, own_id),
            )
            for field, referenced_type in prefetch.items()
        ]
        for _, sql, parameters in queries:
            self._executor.prefetch(sql, parameters)
        self._prefetches[key] = queries

    def count(self, entity_type: type[Entity], where: Criterion = MATCH_ALL, /) -> int:
        """Count the records that match a criterion."""
        self._require_open()
        self._flush(entity_type)
        query, values = self._statements.query_compiler(entity_type).count(where)
        return int(self._executor.fetch_all(query.sql, query.bind(self._tenant, values))[0][0])

    def entries(self, entity_type: type[Entity], id: str, /) -> Sequence[Any]:
        """Return all log entries of a record."""
        self._require_open()
        self._flush(entity_type)
        mapper = self._statements.mapper(entity_type)
        if mapper.log is None:
            return ()
        load = mapper.log.load
        return [
            load(row) for row in self._executor.fetch_all(mapper.log.select_sql(1), (self._tenant, mapper.write_id(id)))
        ]

    def save(self, entity: E, /) -> E:
        """Register a record to be written, at the latest by the commit."""
        self._require_open()
        entity_type = type(entity)
        key = (entity_type, entity.id)
        if self._from_identity_map(key) is entity:
            return entity
        tracker, tenant, actor, version = self._tracker, self._tenant, self._context.actor, entity.version + 1
        if entity.pending_events:
            make_row, correlation_id = self._statements.feed.make_row, self._context.correlation_id
            for number, event in enumerate(entity.pending_events):
                id = self._id_generator.new("event")
                tracker.events.append(make_row(id, tenant, actor, entity.id, version, number, correlation_id, event))
        if log_field := entity_type.meta.log_field:
            mapper = self._statements.mapper(entity_type)
            assert mapper.log is not None
            owner_key, make_log_row = mapper.write_id(entity.id), mapper.log.to_row
            rows = [make_log_row(entry, tenant, owner_key, None, actor) for entry in getattr(entity, log_field)]
            tracker.log_entries.setdefault(entity_type, []).extend(rows)
        stored = as_persisted(entity, version=version, actor=actor)
        tracker.dirty.setdefault(entity_type, {}).setdefault(entity.id, entity.version)
        tracker.identity_map[key] = stored
        return stored

    def delete(self, entity: Entity, /) -> None:
        """Register a record to be deleted."""
        self._require_open()
        entity_type = type(entity)
        self._flush(entity_type)
        self._tracker.identity_map[entity_type, entity.id] = None
        self._tracker.deleted.setdefault(entity_type, []).append(entity)

    def read_events(self, *, after: int = 0, limit: int = 1000, reverse: bool = False) -> Sequence[RecordedEvent]:
        """Return the events after a position."""
        self._require_open()
        self._flush()
        return self._statements.feed.read(self._executor, self._tenant, after=after, limit=limit, reverse=reverse)

    def prune_events(self, *, until: int) -> int:
        """Delete the events up to a position; return their number."""
        self._require_open()
        self._flush()
        statement = self._statements.feed.prune_statement(self._executor, self._tenant, until)
        self._executor.connection.before_write()
        sql, parameters = statement
        return max(self._executor.execute_rowcount(sql, [parameters]), 0)

    def execute_query(self, aggregate: Aggregate[A], /) -> A | None:
        """Compute a grouped count, from the counters if they hold it."""
        self._require_open()
        if not isinstance(aggregate, GroupedCount):
            return None
        self._flush(aggregate.entity_type)
        counters = self._statements.counters
        if counters.is_supported and (funnel_id := counters.matching_funnel_id(aggregate)):
            pending_deltas = self._counter_deltas()
            return cast(A, counters.evaluate(self._executor, self._tenant, funnel_id, aggregate, pending_deltas))
        query, values, readers = self._statements.query_compiler(aggregate.entity_type).grouped_count(aggregate)
        rows = self._executor.fetch_all(query.sql, query.bind(self._tenant, values))
        groups = (
            tuple(value if read is None else read(value) for value, read in zip(row, readers, strict=True))
            for row in rows
        )
        return cast(A, tuple(groups))

    def commit(self) -> None:
        """Write everything and commit."""
        self._require_open()
        self._flush()
        self._tracker.flush_counters(self._executor, self._tenant)
        self._executor.commit()
        self._is_open = False

    def _require_open(self) -> None:
        """Reject calls after the end of the transaction.

        Raises:
            TransactionClosedError: the transaction has ended.
        """
        if not self._is_open:
            raise TransactionClosedError("transaction", "transaction_is_over")

    def _from_identity_map(self, key: tuple[type[Entity], str]) -> Any:
        """Return the tracked record, None if it was deleted, or `MISSING`."""
        return self._tracker.identity_map.get(key, MISSING)

    def _dirty(self, entity_type: type[Entity]) -> dict[str, Any]:
        """Return the pending records of a type."""
        return self._tracker.pending(entity_type) if self._tracker.has_pending(entity_type) else {}

    def _query(self, entity_type: type[Entity], sql: str, parameters: Row, *, skip_locked: bool) -> Sequence[Any]:
        """Run a query; return its records."""
        return self._hydrate(self._statements.mapper(entity_type), self._executor.fetch_all(sql, parameters))

    def _flush(self, entity_type: type[Entity] | None = None) -> None:
        """Write the pending records, of one type or all."""
        if self._tracker.has_pending(entity_type):
            self._tracker.flush(self._executor, self._tenant, entity_type)

    def _counter_deltas(self) -> list[CounterDeltas]:
        """Return the counter changes that are not written yet."""
        return [self._tracker.counter_deltas]

    def _hydrate(self, mapper: EntityMapper, rows: Sequence[Row]) -> list[Any]:
        """Load rows with their children; tracked records stay as they are."""
        if not rows:
            return []
        entity_type = mapper.entity_type
        records = [mapper.load(row) for row in rows]
        children_to_fetch = [
            (child, owners)
            for index, child in mapper.children
            if (owners := [record for record, row in zip(records, rows, strict=True) if row[index]])
        ]
        for child, owners in children_to_fetch:
            if len(owners) == 1 and len(children_to_fetch) > 1:
                self._executor.prefetch(child.select_sql(1), (self._tenant, mapper.write_id(owners[0].id)))
        for child, owners in children_to_fetch:
            self._fetch_children(mapper, child, owners)
        result = []
        for record in records:
            key = (entity_type, record.id)
            tracked = self._from_identity_map(key)
            if tracked is MISSING:
                tracked = self._tracker.identity_map[key] = self._tracker.originals[key] = record
            if tracked is not None:
                result.append(tracked)
        return result

    def _fetch_children(self, mapper: EntityMapper, child: ChildMapper, owners: Sequence[Any]) -> None:
        if len(owners) == 1:
            rows = self._executor.fetch_all(child.select_sql(1), (self._tenant, mapper.write_id(owners[0].id)))
            child.set_children(owners[0], tuple([child.load(row) for row in rows]))
            return
        for start in range(0, len(owners), CHILDREN_BATCH_SIZE):
            chunk = owners[start : start + CHILDREN_BATCH_SIZE]
            keys = [mapper.write_id(owner.id) for owner in chunk]
            # Only powers of two are compiled: the last key pads the parameters.
            size = 1 << (len(keys) - 1).bit_length()
            parameters = (self._tenant, *keys, *keys[-1:] * (size - len(keys)))
            children_by_owner: defaultdict[Any, list[Any]] = defaultdict(list)
            for row in self._executor.fetch_all(child.select_sql(size), parameters):
                children_by_owner[child.read_owner_id(row[0])].append(child.load(row))
            for owner in chunk:
                child.set_children(owner, tuple(children_by_owner[owner.id]))

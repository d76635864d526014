"""Event feed: events get their position when they are first read.

A position taken inside a command's transaction would become visible after higher ones if the command takes longer, and a reader that has
passed it would never see it (`docs/decisions/0006`). Positions are therefore given to committed events only, by one reader at a time: the
positions of a tenant have no gaps and keep the order of each record.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Dialect, Table, bindparam, delete, func, select, update

from crmcore.adapters import wire
from crmcore.adapters.sql.compile.mappers import MultiRowInsert, Row, compile_statement
from crmcore.adapters.sql.execute.executor import Executor
from crmcore.adapters.sql.schema.types import EPOCH, MICROSECOND, PrefixedIdType
from crmcore.domain.kernel.entity import Event
from crmcore.domain.platform.feed import RecordedEvent

NUMBERING_BATCH_SIZE: Final = 1_000
"""The maximum number of events that are numbered at once."""


class SqlFeed:
    """The statements of the event feed."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self.insert: MultiRowInsert = MultiRowInsert(table, dialect)
        self._write_id = PrefixedIdType("event").bind_converter(dialect)
        self._read_id = PrefixedIdType("event").result_converter(dialect)
        c = table.c
        is_of_tenant = c.tenant == bindparam("tenant", type_=c.tenant.type)
        columns = [
            c.id,
            c.position,
            c.subject_id,
            c.version,
            c.number,
            c.name,
            c.schema,
            c.payload,
            c.actor,
            c.correlation_id,
        ]
        is_after = c.position > bindparam("after", type_=c.position.type)
        limit = bindparam("at_most", type_=c.position.type)
        select_forward = select(*columns).where(is_of_tenant, is_after).order_by(c.position).limit(limit)
        self._select_sql = compile_statement(select_forward, dialect).sql
        select_reverse = select(*columns).where(is_of_tenant, is_after).order_by(c.position.desc()).limit(limit)
        self._select_reverse_sql = compile_statement(select_reverse, dialect).sql
        is_pruned = c.position <= bindparam("until", type_=c.position.type)
        self._prune_sql = compile_statement(delete(table).where(is_of_tenant, is_pruned), dialect).sql
        unnumbered = (
            select(c.id, c.subject_id, c.version, c.number).where(is_of_tenant, c.position.is_(None)).with_for_update()
        )
        self._unnumbered_sql = compile_statement(unnumbered.order_by(c.id).limit(limit), dialect).sql
        subject_parameters = [bindparam(f"subject_{n}", type_=c.subject_id.type) for n in range(NUMBERING_BATCH_SIZE)]
        self._unnumbered_of_subjects_sql = compile_statement(
            unnumbered.where(c.subject_id.in_(subject_parameters)), dialect
        ).sql
        self._last_position_sql = compile_statement(select(func.max(c.position)).where(is_of_tenant), dialect).sql
        assignment = update(table).where(is_of_tenant, c.id == bindparam("at_id", type_=c.id.type))
        compiled = compile_statement(
            assignment.values(position=bindparam("new_position", type_=c.position.type)), dialect
        )
        assert compiled.names == ("new_position", "tenant", "at_id")
        self._assign_position_sql = compiled.sql

    def make_row(
        self,
        id: str,
        tenant: str,
        actor: str,
        subject_id: str,
        version: int,
        number: int,
        correlation_id: str,
        event: Event,
    ) -> Row:
        """Return the row of an event; see `RecordedEvent`."""
        at, payload = (event.at - EPOCH) // MICROSECOND, wire.dump_event(event)
        name_and_schema = event.name, event.schema
        return (
            tenant,
            self._write_id(id),
            None,
            subject_id,
            version,
            number,
            *name_and_schema,
            at,
            actor,
            correlation_id,
            payload,
        )

    def read(
        self, executor: Executor, tenant: str, *, after: int, limit: int, reverse: bool = False
    ) -> Sequence[RecordedEvent]:
        """Return the events after a position.

        If there are fewer than the limit, number the events that were committed meanwhile, and read again.
        """
        if reverse:
            while self._assign_positions(executor, tenant):
                pass
            rows = executor.fetch_all(self._select_reverse_sql, (tenant, after, limit))
            return [self._load_event(tenant, row) for row in rows]
        rows = executor.fetch_all(self._select_sql, (tenant, after, limit))
        if len(rows) < limit and self._assign_positions(executor, tenant):
            rows = executor.fetch_all(self._select_sql, (tenant, after, limit))
        return [self._load_event(tenant, row) for row in rows]

    def prune_statement(self, executor: Executor, tenant: str, until: int) -> tuple[str, Row]:
        """Return the DELETE of events up to a position, except the newest."""
        last_position = executor.fetch_all(self._last_position_sql, (tenant,))[0][0] or 0
        return self._prune_sql, (tenant, min(until, last_position - 1))

    def _assign_positions(self, executor: Executor, tenant: str) -> bool:
        """Give positions to events without one; return whether there were any.

        The rows are locked before the last position is read, so that no other transaction assigns the same positions.
        """
        unnumbered = {
            id_bytes(row[0]): row for row in executor.fetch_all(self._unnumbered_sql, (tenant, NUMBERING_BATCH_SIZE))
        }
        if not unnumbered:
            return False
        if len(unnumbered) == NUMBERING_BATCH_SIZE:
            # Clocks of two hosts may differ, so that a later event has an earlier id: include all events of these records.
            subject_ids = sorted({row[1] for row in unnumbered.values()})
            padding = subject_ids[-1:] * (NUMBERING_BATCH_SIZE - len(subject_ids))
            unnumbered |= {
                id_bytes(row[0]): row
                for row in executor.fetch_all(self._unnumbered_of_subjects_sql, (tenant, *subject_ids, *padding))
            }
        last_position = executor.fetch_all(self._last_position_sql, (tenant,))[0][0] or 0
        numbered_rows = enumerate(_in_version_order(list(unnumbered.values())), start=last_position + 1)
        executor.executemany(self._assign_position_sql, [(position, tenant, row[0]) for position, row in numbered_rows])
        return True

    def _load_event(self, tenant: str, row: Row) -> RecordedEvent:
        id, position, subject_id, version, number, name, schema, payload, actor, correlation_id = row
        return RecordedEvent(
            id=self._read_id(id),
            tenant=tenant,
            actor=actor,
            subject_id=subject_id,
            version=version,
            number=number,
            correlation_id=correlation_id,
            event=wire.load_event(name, schema, payload),
            position=position,
        )


def id_bytes(key: Any) -> bytes:
    """Return an id in driver form as bytes, for comparison."""
    return bytes(key if isinstance(key, bytes) else key.bytes)


def _in_version_order(rows: Sequence[Row]) -> list[Row]:
    """Sort events by id, but those of one record by its versions."""
    by_id = sorted(rows, key=lambda row: id_bytes(row[0]))
    rows_by_subject: defaultdict[str, list[Row]] = defaultdict(list)
    for row in by_id:
        rows_by_subject[row[1]].append(row)
    queues = {
        subject_id: iter(sorted(subject_rows, key=lambda row: (row[2], row[3])))
        for subject_id, subject_rows in rows_by_subject.items()
    }
    return [next(queues[row[1]]) for row in by_id]

"""The feed: facts are written without a number, and numbered by whoever reads them first.

A number that is taken inside a story's transaction shows later than higher ones when the story takes longer, and a reader that has gone
past it never sees it (`docs/decisions/0006`). Here a number is given only to what is committed, by one reader at a time: the numbers of
a tenant are without gaps, in order per record, and nothing can slip in behind a reader.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Dialect, Table, bindparam, delete, func, select, update

from crmcore.adapters import wire
from crmcore.adapters.sql.statements import Inserts, Row, compiled
from crmcore.adapters.sql.types import EPOCH, MICROSECOND, Key
from crmcore.domain.feed import Recorded
from crmcore.domain.kernel import Event

if TYPE_CHECKING:
    from crmcore.adapters.sql.runner import Runner

AT_ONCE: Final = 1_000
"""How many facts are numbered at once."""


class SqlFeed:
    """The statements of the feed."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self.insert = Inserts(table, dialect)
        self._key = Key("event").writer(dialect)
        self._id = Key("event").reader(dialect)
        c = table.c
        tenants = c.tenant == bindparam("tenant", type_=c.tenant.type)
        whole = [c.id, c.position, c.subject, c.version, c.number, c.name, c.schema, c.payload, c.actor, c.correlation]
        behind = c.position > bindparam("after", type_=c.position.type)
        at_most = bindparam("at_most", type_=c.position.type)
        reading = select(*whole).where(tenants, behind).order_by(c.position).limit(at_most)
        self._read = compiled(reading, dialect).sql
        from_the_end = select(*whole).where(tenants, behind).order_by(c.position.desc()).limit(at_most)
        self._read_backwards = compiled(from_the_end, dialect).sql
        up_to = c.position <= bindparam("until", type_=c.position.type)
        self._forget = compiled(delete(table).where(tenants, up_to), dialect).sql
        fresh = select(c.id, c.subject, c.version, c.number).where(tenants, c.position.is_(None)).with_for_update()
        self._fresh = compiled(fresh.order_by(c.id).limit(at_most), dialect).sql
        subjects = [bindparam(f"subject_{n}", type_=c.subject.type) for n in range(AT_ONCE)]
        self._fresh_of = compiled(fresh.where(c.subject.in_(subjects)), dialect).sql
        self._last = compiled(select(func.max(c.position)).where(tenants), dialect).sql
        number = update(table).where(tenants, c.id == bindparam("at_id", type_=c.id.type))
        numbering = compiled(number.values(position=bindparam("place", type_=c.position.type)), dialect)
        assert numbering.names == ("place", "tenant", "at_id")
        self._number = numbering.sql

    def row(
        self, id: str, tenant: str, actor: str, subject: str, version: int, number: int, correlation: str, event: Event
    ) -> Row:
        """Make the row of a fact; see `Recorded`."""
        at, payload = (event.at - EPOCH) // MICROSECOND, wire.dump_event(event)
        names = event.name, event.schema
        return (tenant, self._key(id), None, subject, version, number, *names, at, actor, correlation, payload)

    def read(
        self, runner: "Runner", tenant: str, *, after: int, limit: int, backwards: bool = False
    ) -> Sequence[Recorded]:
        """Read facts behind a position; when there are not enough, number what was committed since, and read again."""
        if backwards:
            while self._number_fresh(runner, tenant):
                pass
            rows = runner.rows(self._read_backwards, (tenant, after, limit))
            return [self._recorded(tenant, row) for row in rows]
        rows = runner.rows(self._read, (tenant, after, limit))
        if len(rows) < limit and self._number_fresh(runner, tenant):
            rows = runner.rows(self._read, (tenant, after, limit))
        return [self._recorded(tenant, row) for row in rows]

    def forgetting(self, runner: "Runner", tenant: str, until: int) -> tuple[str, Row]:
        """The statement that forgets facts up to a position, but never the newest."""
        last = runner.rows(self._last, (tenant,))[0][0] or 0
        return self._forget, (tenant, min(until, last - 1))

    def _number_fresh(self, runner: "Runner", tenant: str) -> bool:
        """Number what has no number yet. The rows are locked before the last number is read, so that nobody else gives the same."""
        fresh = {bytes_of(row[0]): row for row in runner.rows(self._fresh, (tenant, AT_ONCE))}
        if not fresh:
            return False
        if len(fresh) == AT_ONCE:
            # The clocks of two hosts may differ, and a record's later fact have the earlier id: take the record's others along.
            subjects = sorted({row[1] for row in fresh.values()})
            padding = subjects[-1:] * (AT_ONCE - len(subjects))
            fresh |= {bytes_of(row[0]): row for row in runner.rows(self._fresh_of, (tenant, *subjects, *padding))}
        last = runner.rows(self._last, (tenant,))[0][0] or 0
        places = enumerate(_in_order(list(fresh.values())), start=last + 1)
        runner.run_many(self._number, [(place, tenant, row[0]) for place, row in places])
        return True

    def _recorded(self, tenant: str, row: Row) -> Recorded:
        id, position, subject, version, number, name, schema, payload, actor, correlation = row
        return Recorded(
            id=self._id(id),
            tenant=tenant,
            actor=actor,
            subject=subject,
            version=version,
            number=number,
            correlation=correlation,
            event=wire.load_event(name, schema, payload),
            position=position,
        )


def bytes_of(key: Any) -> bytes:
    """An id in the driver's form, in one that can be compared: SQLite's bytes, PostgreSQL's UUID."""
    return bytes(key if isinstance(key, bytes) else key.bytes)


def _in_order(rows: Sequence[Row]) -> list[Row]:
    """Put facts in the order of their ids, but those of one record in the order of its versions."""
    by_id = sorted(rows, key=lambda row: bytes_of(row[0]))
    of_record: defaultdict[str, list[Row]] = defaultdict(list)
    for row in by_id:
        of_record[row[1]].append(row)
    queues = {subject: iter(sorted(own, key=lambda row: (row[2], row[3]))) for subject, own in of_record.items()}
    return [next(queues[row[1]]) for row in by_id]

"""One transaction on the driver's cursor: reads go straight to the database, writes are gathered and sent in one go.

What was saved becomes a plan: version-checked updates first, for they can fail; then inserts, table by table, several rows at once; then
the facts. So a story is a few statements, and a conflict shows before anything was sent in vain.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from crmcore.adapters.sql.book import Book
from crmcore.adapters.sql.links import Link
from crmcore.adapters.sql.statements import ROWS_AT_ONCE, Inserts, PartPlan, RecordPlan, Row
from crmcore.domain.criteria import EVERYTHING, Criterion
from crmcore.domain.errors.conflicts import StaleVersion
from crmcore.domain.feed import Recorded
from crmcore.domain.kernel import Entity, settled
from crmcore.services.ports import Context, Ids, Question
from crmcore.services.tally import Tally

E = TypeVar("E", bound=Entity)
A = TypeVar("A")
Key = tuple[type[Entity], str]
Inserted = defaultdict[Inserts, list[Row]]


class SqlTransaction:
    """One transaction of one tenant; see `crmcore.services.ports.Transaction` for what its methods promise."""

    def __init__(self, book: Book, link: Link, context: Context, ids: Ids) -> None:
        self._book = book
        self._link = link
        self._cursor = link.cursor
        self._context = context
        self._tenant = context.tenant
        self._ids = ids
        self._open = True
        # A record as it was last read or saved here, as it stands in the database, and as it is to be saved over a version.
        self._known: dict[Key, Entity | None] = {}
        self._stored: dict[Key, Entity] = {}
        self._waiting: dict[Key, int] = {}
        self._removed: list[Entity] = []
        self._entries: list[tuple[PartPlan, Entity, Any]] = []
        self._facts: list[Recorded] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        try:
            if self._open:
                self._link.rollback()
        finally:
            self._link.release()

    def get(self, kind: type[E], id: str, /) -> E | None:
        """Read a record by its id."""
        key = (kind, id)
        if key in self._known:
            return cast(E | None, self._known[key])
        plan = self._book.plan(kind)
        self._run(plan.select, (self._tenant, plan.key(id)))
        row = self._cursor.fetchone()
        return None if row is None else self._adopt(plan, [row])[0]

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
        self._flush()
        query, values = self._book.queries(kind).find(where, order=order, after=after, limit=limit, lock=lock)
        self._run(query.sql, query.bind(self._tenant, values))
        return self._adopt(self._book.plan(kind), self._cursor.fetchall())

    def count(self, kind: type[Entity], where: Criterion = EVERYTHING, /) -> int:
        """Count the records that fulfil a criterion."""
        self._flush()
        query, values = self._book.queries(kind).count(where)
        self._run(query.sql, query.bind(self._tenant, values))
        return int(self._cursor.fetchone()[0])

    def entries(self, kind: type[Entity], id: str, /) -> Sequence[Any]:
        """Read all entries of a record."""
        self._flush()
        plan = self._book.plan(kind)
        if plan.entries is None:
            return ()
        self._run(plan.entries.select(1), (self._tenant, plan.key(id)))
        return [plan.entries.load(row) for row in self._cursor.fetchall()]

    def save(self, entity: E, /) -> E:
        """Store a record, at the latest when the transaction is committed."""
        kind = type(entity)
        key = (kind, entity.id)
        if self._known.get(key) is entity:
            return entity
        context, version = self._context, entity.version + 1
        for number, event in enumerate(entity.pending):
            self._facts.append(
                Recorded(
                    self._ids.new("event"),
                    self._tenant,
                    context.actor,
                    entity.id,
                    version,
                    number,
                    context.correlation,
                    event,
                )
            )
        if field := kind.shape.entries:
            entries = self._book.plan(kind).entries
            assert entries is not None
            self._entries += [(entries, entity, entry) for entry in getattr(entity, field)]
        stored = settled(entity, version=version, actor=context.actor)
        self._waiting.setdefault(key, entity.version)
        self._known[key] = stored
        return stored

    def remove(self, entity: Entity, /) -> None:
        """Forget a record."""
        self._flush()
        self._known[type(entity), entity.id] = None
        self._removed.append(entity)

    def events(self, *, after: int = 0, limit: int = 1000, backwards: bool = False) -> Sequence[Recorded]:
        """Read the feed behind a position."""
        self._flush()
        return self._book.feed.read(self, self._tenant, after=after, limit=limit, backwards=backwards)

    def forget_events(self, *, until: int) -> int:
        """Forget the beginning of the feed."""
        self._flush()
        self._link.before_writing()
        self._run(*self._book.feed.forgetting(self, self._tenant, until))
        return max(int(self._cursor.rowcount), 0)

    def ask(self, question: Question[A], /) -> A | None:
        """Answer a tally by one statement."""
        if not isinstance(question, Tally):
            return None
        self._flush()
        query, values, readers = self._book.queries(question.kind).tally(question)
        rows = self.rows(query.sql, query.bind(self._tenant, values))
        lines = (
            tuple(one if read is None else read(one) for one, read in zip(row, readers, strict=True)) for row in rows
        )
        return cast(A, tuple(lines))

    def commit(self) -> None:
        """Make it all last."""
        self._flush()
        try:
            self._link.commit()
        except self._book.driver_error as error:
            raise self._book.translate(error, committing=True) from None
        self._open = False

    def rows(self, sql: str, parameters: Row) -> list[Row]:
        """Run a SELECT."""
        self._run(sql, parameters)
        return self._cursor.fetchall()  # type: ignore[no-any-return]  # of a driver without types

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run a statement for many rows."""
        self._link.before_writing()
        try:
            self._cursor.executemany(sql, rows)
        except self._book.driver_error as error:
            raise self._book.translate(error) from None

    def _run(self, sql: str, parameters: Row) -> None:
        try:
            self._cursor.execute(sql, parameters)
        except self._book.driver_error as error:
            raise self._book.translate(error) from None

    def _adopt(self, plan: RecordPlan, rows: Sequence[Row]) -> list[Any]:
        """Make records of rows, with their parts; one that is known already stays as it is known."""
        kind, known = plan.kind, self._known
        records = [plan.load(row) for row in rows]
        for place, part in plan.parts:
            holders = [record for record, row in zip(records, rows, strict=True) if row[place]]
            if holders:
                self._fetch_parts(plan, part, holders)
        adopted = []
        for record in records:
            key = (kind, record.id)
            if known.get(key) is None:
                known[key] = self._stored[key] = record
            adopted.append(known[key])
        return adopted

    def _fetch_parts(self, plan: RecordPlan, part: PartPlan, holders: Sequence[Any]) -> None:
        if len(holders) == 1:
            self._run(part.select(1), (self._tenant, plan.key(holders[0].id)))
            part.put(holders[0], tuple([part.load(row) for row in self._cursor.fetchall()]))
            return
        for first in range(0, len(holders), OWNERS_AT_ONCE):
            some = holders[first : first + OWNERS_AT_ONCE]
            keys = [plan.key(holder.id) for holder in some]
            # A few sizes of statements are enough: what is missing to the next one is filled with the last key.
            size = 1 << (len(keys) - 1).bit_length()
            self._run(part.select(size), (self._tenant, *keys, *keys[-1:] * (size - len(keys))))
            found: defaultdict[Any, list[Any]] = defaultdict(list)
            for row in self._cursor.fetchall():
                found[part.owner(row[0])].append(part.load(row))
            for holder in some:
                part.put(holder, tuple(found[holder.id]))

    def _flush(self) -> None:
        """Send what waits to be written."""
        if not (self._waiting or self._removed):
            return
        self._link.before_writing()
        inserted: Inserted = defaultdict(list)
        for key, based_on in self._waiting.items():
            entity = self._known[key]
            if entity is not None:
                self._write(key, entity, based_on, inserted)
        for part, owner, entry in self._entries:
            key_of_owner = self._book.plan(type(owner)).key(owner.id)
            inserted[part.insert].append(part.row(entry, self._tenant, key_of_owner, None, self._context.actor))
        for entity in self._removed:
            self._delete(entity)
        feed = self._book.feed
        if self._facts:
            inserted[feed.insert] += [feed.row(fact) for fact in self._facts]
        for inserts, rows in inserted.items():
            self._insert(inserts, rows)
        for waiting in (self._waiting, self._removed, self._entries, self._facts):
            waiting.clear()

    def _write(self, key: Key, entity: Entity, based_on: int, inserted: Inserted) -> None:
        plan = self._book.plan(key[0])
        before = self._stored.get(key)
        owner = plan.key(entity.id) if plan.parts else None
        if based_on == 0:
            inserted[plan.insert].append(plan.row(entity, self._tenant))
        else:
            self._run(plan.update, plan.update_row(entity, self._tenant, based_on))
            if self._cursor.rowcount != 1:
                raise StaleVersion(key[0].shape.kind, entity.id, based_on)
        for _, part in plan.parts:
            now, then = getattr(entity, part.field), getattr(before, part.field, ())
            if now is then:
                continue
            if based_on and (then or before is None):
                self._run(part.delete, (self._tenant, owner))
            inserted[part.insert] += [
                part.row(one, self._tenant, owner, place, self._context.actor) for place, one in enumerate(now)
            ]
        self._stored[key] = entity

    def _delete(self, entity: Entity) -> None:
        plan = self._book.plan(type(entity))
        key = plan.key(entity.id)
        for part in [part for _, part in plan.parts] + ([plan.entries] if plan.entries else []):
            self._run(part.delete, (self._tenant, key))
        self._run(plan.delete, (self._tenant, key, entity.version))
        if self._cursor.rowcount != 1:
            raise StaleVersion(entity.shape.kind, entity.id, entity.version)
        self._stored.pop((type(entity), entity.id), None)

    def _insert(self, inserts: Inserts, rows: list[Row]) -> None:
        for first in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[first : first + ROWS_AT_ONCE]
            self._run(inserts.of(len(some)), some[0] if len(some) == 1 else tuple(_flat(some)))


def _flat(rows: Sequence[Row]) -> Iterator[Any]:
    for row in rows:
        yield from row


OWNERS_AT_ONCE = 512
"""Of how many records the parts are fetched by one statement."""

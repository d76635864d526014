"""One transaction on the driver's cursor: reads go straight to the database, writes are gathered and sent in one go (see `ledger`).

Rule 1: what is asked for is answered as this transaction has left it. A few records that wait to be written are held against the
question here; only when they are many, or are to be counted, are they written first.
Rule 2: in a batch each story has a ledger of its own. Ending well, it is added to the batch's; ending badly, it is thrown away, and with
it whatever had to be written meanwhile, by a savepoint.
Rule 3: a transaction ends with its commit or its block, whichever comes first. Every method refuses afterwards.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

from crmcore.adapters.sql.counters import Changes, funnel_of
from crmcore.adapters.sql.ledger import Ledger
from crmcore.adapters.sql.runner import Runner
from crmcore.adapters.sql.statements import PartPlan, RecordPlan, Row
from crmcore.domain.criteria import EVERYTHING, Criterion, matches, rank
from crmcore.domain.errors.broken import TransactionClosedError
from crmcore.domain.feed import Recorded
from crmcore.domain.kernel import Entity, settled
from crmcore.services.ports import Context, Ids, Question
from crmcore.services.tally import Tally

E = TypeVar("E", bound=Entity)
A = TypeVar("A")

FEW: Final = 16
"""How many records that wait to be written are held against a question; more of them are written first."""
OWNERS_AT_ONCE: Final = 512
"""Of how many records the parts are fetched by one statement."""


class SqlTransaction:
    """One transaction of one tenant; see `crmcore.services.ports.Transaction` for what its methods promise."""

    def __init__(self, runner: Runner, context: Context, ids: Ids) -> None:
        self._book = runner.book
        self._runner = runner
        self._context = context
        self._tenant = context.tenant
        self._ids = ids
        self._open = True
        self._ledger = Ledger()
        self._announced: dict[Any, list[tuple[type[Entity], str, Row]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        try:
            if self._open:
                self._open = False
                self._runner.link.rollback()
        finally:
            self._runner.link.release()

    def get(self, kind: type[E], id: str, /) -> E | None:
        """Read a record by its id."""
        self._require_open()
        key = (kind, id)
        known = self._known(key)
        if known is not UNKNOWN:
            return cast(E | None, known)
        plan = self._book.plan(kind)
        rows = self._runner.rows(plan.select, (self._tenant, plan.key(id)))
        for other, sql, parameters in self._announced.pop(key, ()):
            self._adopt(self._book.plan(other), self._runner.rows(sql, parameters))
        return self._adopt(plan, rows)[0] if rows else None

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
        pending = self._pending(kind)
        if len(pending) > FEW or (pending and lock):
            self._flush(kind)
            pending = {}
        spare = limit if limit is None else limit + len(pending)
        query, values = self._book.queries(kind).find(where, order=order, after=after, limit=spare, lock=lock)
        found = self._look(kind, query.sql, query.bind(self._tenant, values), lock=lock)
        return amend(found, pending, where, order, after)[:limit] if pending else found

    def foresee(self, kind: type[Entity], where: Criterion, /, *, order: str = "id", limit: int | None = None) -> None:
        """Note that records will be asked for soon, so that a pipeline can send the question ahead."""
        self._require_open()
        if self._runner.waits:
            return
        pending = self._pending(kind)
        if len(pending) <= FEW:
            spare = limit if limit is None else limit + len(pending)
            query, values = self._book.queries(kind).find(where, order=order, after=None, limit=spare, lock=False)
            self._runner.foresee(query.sql, query.bind(self._tenant, values))

    def announce(self, kind: type[Entity], id: str, then: Mapping[str, type[Entity]], /) -> None:
        """Note that a record will be asked for next, and those that its fields name, so that a pipeline can ask for all of them at once."""
        self._require_open()
        key = (kind, id)
        if self._runner.waits or self._known(key) is not UNKNOWN:
            return
        plan, tenant = self._book.plan(kind), self._tenant
        mine = plan.key(id)
        self._runner.foresee(plan.select, (tenant, mine))
        asked = [(other, self._book.named(kind, field, other), (tenant, tenant, mine)) for field, other in then.items()]
        for _, sql, parameters in asked:
            self._runner.foresee(sql, parameters)
        self._announced[key] = asked

    def count(self, kind: type[Entity], where: Criterion = EVERYTHING, /) -> int:
        """Count the records that fulfil a criterion."""
        self._require_open()
        self._flush(kind)
        query, values = self._book.queries(kind).count(where)
        return int(self._runner.rows(query.sql, query.bind(self._tenant, values))[0][0])

    def entries(self, kind: type[Entity], id: str, /) -> Sequence[Any]:
        """Read all entries of a record."""
        self._require_open()
        self._flush(kind)
        plan = self._book.plan(kind)
        if plan.entries is None:
            return ()
        load = plan.entries.load
        return [load(row) for row in self._runner.rows(plan.entries.select(1), (self._tenant, plan.key(id)))]

    def save(self, entity: E, /) -> E:
        """Store a record, at the latest when the transaction is committed."""
        self._require_open()
        kind = type(entity)
        key = (kind, entity.id)
        if self._known(key) is entity:
            return entity
        ledger, tenant, actor, version = self._ledger, self._tenant, self._context.actor, entity.version + 1
        if entity.pending:
            row, correlation = self._book.feed.row, self._context.correlation
            for number, event in enumerate(entity.pending):
                id = self._ids.new("event")
                ledger.facts.append(row(id, tenant, actor, entity.id, version, number, correlation, event))
        if field := kind.shape.entries:
            plan = self._book.plan(kind)
            assert plan.entries is not None
            owner, make = plan.key(entity.id), plan.entries.row
            rows = [make(entry, tenant, owner, None, actor) for entry in getattr(entity, field)]
            ledger.entries.setdefault(kind, []).extend(rows)
        stored = settled(entity, version=version, actor=actor)
        ledger.waiting.setdefault(kind, {}).setdefault(entity.id, entity.version)
        ledger.known[key] = stored
        return stored

    def remove(self, entity: Entity, /) -> None:
        """Forget a record."""
        self._require_open()
        kind = type(entity)
        self._flush(kind)
        self._ledger.known[kind, entity.id] = None
        self._ledger.removed.setdefault(kind, []).append(entity)

    def events(self, *, after: int = 0, limit: int = 1000, backwards: bool = False) -> Sequence[Recorded]:
        """Read the feed behind a position."""
        self._require_open()
        self._flush()
        return self._book.feed.read(self._runner, self._tenant, after=after, limit=limit, backwards=backwards)

    def forget_events(self, *, until: int) -> int:
        """Forget the beginning of the feed."""
        self._require_open()
        self._flush()
        forgetting = self._book.feed.forgetting(self._runner, self._tenant, until)
        self._runner.link.before_writing()
        sql, parameters = forgetting
        return max(self._runner.changed(sql, [parameters]), 0)

    def ask(self, question: Question[A], /) -> A | None:
        """Answer a tally by one statement, from the counters if they hold what it asks for."""
        self._require_open()
        if not isinstance(question, Tally):
            return None
        self._flush(question.kind)
        counters = self._book.counters
        if counters.kept and (funnel := funnel_of(question)):
            waiting = self._uncounted()
            return cast(A, counters.answer(self._runner, self._tenant, funnel, question, waiting))
        query, values, readers = self._book.queries(question.kind).tally(question)
        rows = self._runner.rows(query.sql, query.bind(self._tenant, values))
        lines = (
            tuple(one if read is None else read(one) for one, read in zip(row, readers, strict=True)) for row in rows
        )
        return cast(A, tuple(lines))

    def commit(self) -> None:
        """Make it all last."""
        self._require_open()
        self._flush()
        self._ledger.settle(self._runner, self._tenant)
        self._runner.commit()
        self._open = False

    def _require_open(self) -> None:
        """Refuse what comes after the end.

        Raises:
            TransactionClosedError: the transaction has ended.
        """
        if not self._open:
            raise TransactionClosedError("transaction", "transaction_is_over")

    def _known(self, key: tuple[type[Entity], str]) -> Any:
        """A record as it is known here, None when it was removed, or `UNKNOWN`."""
        return self._ledger.known.get(key, UNKNOWN)

    def _pending(self, kind: type[Entity]) -> dict[str, Any]:
        """The records of a kind that wait to be written."""
        return self._ledger.pending(kind) if self._ledger.owes(kind) else {}

    def _look(self, kind: type[Entity], sql: str, parameters: Row, *, lock: bool) -> Sequence[Any]:
        """Read records as they stand in the database."""
        return self._adopt(self._book.plan(kind), self._runner.rows(sql, parameters))

    def _flush(self, kind: type[Entity] | None = None) -> None:
        """Send what waits to be written, of a kind or at all."""
        if self._ledger.owes(kind):
            self._ledger.write(self._runner, self._tenant, kind)

    def _uncounted(self) -> list[Changes]:
        """What was written and is not yet added to the counters."""
        return [self._ledger.counts]

    def _adopt(self, plan: RecordPlan, rows: Sequence[Row]) -> list[Any]:
        """Make records of rows, with their parts; one that is known already stays as it is known."""
        if not rows:
            return []
        kind = plan.kind
        records = [plan.load(row) for row in rows]
        held = [
            (part, holders)
            for place, part in plan.parts
            if (holders := [record for record, row in zip(records, rows, strict=True) if row[place]])
        ]
        for part, holders in held:
            if len(holders) == 1 and len(held) > 1:
                self._runner.foresee(part.select(1), (self._tenant, plan.key(holders[0].id)))
        for part, holders in held:
            self._fetch_parts(plan, part, holders)
        adopted = []
        for record in records:
            key = (kind, record.id)
            known = self._known(key)
            if known is UNKNOWN:
                known = self._ledger.known[key] = self._ledger.stored[key] = record
            if known is not None:
                adopted.append(known)
        return adopted

    def _fetch_parts(self, plan: RecordPlan, part: PartPlan, holders: Sequence[Any]) -> None:
        if len(holders) == 1:
            rows = self._runner.rows(part.select(1), (self._tenant, plan.key(holders[0].id)))
            part.put(holders[0], tuple([part.load(row) for row in rows]))
            return
        for first in range(0, len(holders), OWNERS_AT_ONCE):
            some = holders[first : first + OWNERS_AT_ONCE]
            keys = [plan.key(holder.id) for holder in some]
            # A few sizes of statements are enough: what is missing to the next one is filled with the last key.
            size = 1 << (len(keys) - 1).bit_length()
            parameters = (self._tenant, *keys, *keys[-1:] * (size - len(keys)))
            found: defaultdict[Any, list[Any]] = defaultdict(list)
            for row in self._runner.rows(part.select(size), parameters):
                found[part.owner(row[0])].append(part.load(row))
            for holder in some:
                part.put(holder, tuple(found[holder.id]))


UNKNOWN: Final[Any] = object()


def amend(
    found: Sequence[Any], pending: dict[str, Any], where: Criterion, order: str, after: Entity | None
) -> Sequence[Any]:
    """Hold records that wait to be written against a question whose answer the database has given without them."""
    field, descending = order.removeprefix("-"), order.startswith("-")
    records = [record for record in found if record.id not in pending]
    records += [record for record in pending.values() if record is not None and matches(where, record)]
    ranked = [(rank(record, field), record) for record in records]
    if after is not None:
        mark = rank(after, field)
        ranked = [pair for pair in ranked if (pair[0] < mark if descending else pair[0] > mark)]
    ranked.sort(key=lambda pair: pair[0], reverse=descending)
    return [record for _, record in ranked]

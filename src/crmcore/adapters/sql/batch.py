"""A batch: many stories in one transaction, each of them still all or nothing.

Rule 1: a story that ends badly undoes only itself. What it had saved was not written yet; if some of it was, it stood behind a savepoint.
Rule 2: what the stories have saved is written together, many rows at once, at the end of the batch or when a later story asks for it.
Rule 3: when the database refuses what a story had left to be written, nothing of the whole batch has happened.
Rule 4: what the batch has asked before, or has read ahead, it does not ask again (see `recall`).
Rule 5: no story begins behind a savepoint that the host has set inside the batch. What stories have left to be written could neither be undone
with it nor outlast it.
Rule 6: a batch ends with its commit or its block, whichever comes first, and so do its stories. Every method refuses afterwards.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from crmcore.adapters.sql.counters import Changes
from crmcore.adapters.sql.ledger import Ledger
from crmcore.adapters.sql.links import SavepointLink
from crmcore.adapters.sql.recall import Recall
from crmcore.adapters.sql.runner import Runner
from crmcore.adapters.sql.statements import Row
from crmcore.adapters.sql.transaction import UNKNOWN, SqlTransaction, amend
from crmcore.domain.criteria import EVERYTHING, Criterion
from crmcore.domain.errors.broken import RuleBroken, TransactionClosedError
from crmcore.domain.kernel import Entity
from crmcore.services.ports import Context, Ids

E = TypeVar("E", bound=Entity)

MANY_FACTS: Final = 2_000
"""How many facts wait at most, so that a long batch does not fill the memory."""


class SqlBatch:
    """One transaction for many stories; see `crmcore.services.ports.Batch`."""

    def __init__(self, runner: Runner, context: Context) -> None:
        self._tenant = context.tenant
        self.is_open = True
        self.runner = runner
        self.ledger = Ledger()
        self.recall = Recall()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        try:
            if self.is_open:
                self.is_open = False
                self.runner.link.rollback()
        finally:
            self.runner.link.release()

    def require_open(self) -> None:
        """Refuse what comes after the end.

        Raises:
            TransactionClosedError: the batch has ended.
        """
        if not self.is_open:
            raise TransactionClosedError("batch", "batch_is_over")

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> SqlTransaction:
        """Begin a story."""
        self.require_open()
        if context.tenant != self._tenant:
            raise RuleBroken("batch", "batch_of_one_tenant", "is another tenant's; tell this story outside of it")
        if not self.runner.link.is_innermost:
            raise RuleBroken("batch", "batch_around_savepoint", "is open around a savepoint; open the batch behind it")
        if self.runner.spoiled is not None:
            raise self.runner.spoiled
        return _Story(self, context, ids)

    def commit(self) -> None:
        """Make all stories last."""
        self.require_open()
        if self.runner.spoiled is None:
            self._write()
            self.ledger.settle(self.runner, self._tenant)
        self.runner.commit()
        self.is_open = False

    def write(self, kind: type[Entity] | None = None) -> None:
        """Send what stories have left to be written, and see that it is taken: what comes next may have to be undone without it."""
        if self.ledger.owes(kind):
            self._write(kind)
            self.runner.settle()

    def _write(self, kind: type[Entity] | None = None) -> None:
        if self.ledger.owes(kind):
            self.recall.forget_answers(kind)
            try:
                self.ledger.write(self.runner, self._tenant, kind)
            except Exception as error:
                self.runner.spoiled = self.runner.spoiled or error
                raise

    def note(self, story: Ledger) -> None:
        """Note what a story has saved. If it is undone after all, whoever is led to it finds nothing there."""
        for kind, ids in story.waiting.items():
            self.recall.note(record for id in ids if (record := story.known[kind, id]) is not None)

    def end(self, story: Ledger) -> None:
        """Take over what a story has left to be written."""
        self.note(story)
        self.ledger.absorb(story)
        if len(self.ledger.facts) > MANY_FACTS:
            self.write()


class _Story(SqlTransaction):
    """One story of a batch."""

    def __init__(self, batch: SqlBatch, context: Context, ids: Ids) -> None:
        super().__init__(batch.runner, context, ids)
        self._batch = batch
        self._savepoint = SavepointLink(batch.runner.cursor)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        undo, self._open = self._open and self._batch.is_open, False
        if undo and self._savepoint.rollback():
            self._runner.spoiled = None
            self._batch.recall.forget_answers()

    def commit(self) -> None:
        """End the story well."""
        self._require_open()
        if self._runner.spoiled is not None:
            raise self._runner.spoiled
        self._savepoint.commit()
        self._open = False
        self._batch.end(self._ledger)

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
        """Read the records that fulfil a criterion, in order; where it asks by a unique key, nothing has to be written first."""
        self._require_open()
        held = None if lock else self._batch.recall.held(kind, where)
        if held is None or not (held.of_all or (limit is None and after is None)):
            return super().find(kind, where, order=order, after=after, limit=limit, lock=lock)
        records: dict[str, Any] = {id: self.get(kind, id) for id in held.ids}
        records |= super()._pending(kind)
        if not held.of_all:
            query, values = self._book.queries(kind).find(where, order=order, after=None, limit=None, lock=False)
            found = self._look(kind, query.sql, query.bind(self._tenant, values), lock=False)
            records |= {record.id: record for record in found}
        return amend((), records, where, order, after)[:limit]

    def read_ahead(self, kind: type[Entity], where: Criterion, /) -> None:
        """Read what later stories of the batch will ask for one by one: before this one has changed anything, as it may yet be undone."""
        self._require_open()
        if not self._ledger.owes():
            self._batch.recall.note_all(kind, where, self.find(kind, where))

    def _require_open(self) -> None:
        super()._require_open()
        self._batch.require_open()

    def _look(self, kind: type[Entity], sql: str, parameters: Row, *, lock: bool) -> Sequence[Any]:
        recall, question = self._batch.recall, (sql, parameters)
        ids = None if lock else recall.answer(kind, question)
        if ids is not None:
            known = [self._known((kind, id)) for id in ids]
            if not any(record is UNKNOWN for record in known):  # what only a story that failed has read
                return [record for record in known if record is not None]
        found = super()._look(kind, sql, parameters, lock=lock)
        if not lock and kind not in self._ledger.removed:  # what this story misses here, it may yet fail to remove
            recall.note_answer(kind, question, found)
        return found

    def _known(self, key: tuple[type[Entity], str]) -> Any:
        known = self._ledger.known.get(key, UNKNOWN)
        return self._batch.ledger.known.get(key, UNKNOWN) if known is UNKNOWN else known

    def _pending(self, kind: type[Entity]) -> dict[str, Any]:
        earlier = self._batch.ledger
        return (earlier.pending(kind) if earlier.owes(kind) else {}) | super()._pending(kind)

    def _flush(self, kind: type[Entity] | None = None) -> None:
        if not self._ledger.owes(kind):
            self._batch.write(kind)
            return
        self._batch.recall.forget_answers(kind)
        self._batch.note(self._ledger)
        # What other stories have left is no part of what this one may have to undo.
        self._batch.write()
        self._savepoint.before_writing()
        known_before = self._batch.ledger.stored
        keys = ((kind, id) for kind, ids in self._ledger.waiting.items() for id in ids)
        self._ledger.stored |= {key: known_before[key] for key in keys if key in known_before} | self._ledger.stored
        self._ledger.write(self._runner, self._tenant, kind)
        self._runner.settle()

    def _uncounted(self) -> list[Changes]:
        return [self._batch.ledger.counts, *super()._uncounted()]

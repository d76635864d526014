"""A batch: many stories in one transaction, each of them still all or nothing.

Rule 1: a story that ends badly undoes only itself. What it had saved was not written yet; if some of it was, it stood behind a savepoint.
Rule 2: what the stories have saved is written together, many rows at once, at the end of the batch or when a later story asks for it.
Rule 3: when the database refuses what a story had left to be written, nothing of the whole batch has happened.
"""

from types import TracebackType
from typing import Any, Final, Self

from crmcore.adapters.sql.counters import Changes
from crmcore.adapters.sql.ledger import Ledger
from crmcore.adapters.sql.links import SavepointLink
from crmcore.adapters.sql.runner import Runner
from crmcore.adapters.sql.transaction import UNKNOWN, SqlTransaction
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.kernel import Entity
from crmcore.services.ports import Context, Ids

MANY_FACTS: Final = 2_000
"""How many facts wait at most, so that a long batch does not fill the memory."""


class SqlBatch:
    """One transaction for many stories; see `crmcore.services.ports.Batch`."""

    def __init__(self, runner: Runner, context: Context) -> None:
        self._tenant = context.tenant
        self._open = True
        self.runner = runner
        self.ledger = Ledger()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        try:
            if self._open:
                self.runner.link.rollback()
        finally:
            self.runner.link.release()

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> SqlTransaction:
        """Begin a story."""
        if context.tenant != self._tenant:
            raise RuleBroken("batch", "batch_of_one_tenant", "is another tenant's; tell this story outside of it")
        if self.runner.spoiled is not None:
            raise self.runner.spoiled
        return _Story(self, context, ids)

    def commit(self) -> None:
        """Make all stories last."""
        if self.runner.spoiled is None:
            self._write()
            self.ledger.settle(self.runner, self._tenant)
        self.runner.commit()
        self._open = False

    def write(self, kind: type[Entity] | None = None) -> None:
        """Send what stories have left to be written, and see that it is taken: what comes next may have to be undone without it."""
        if self.ledger.owes(kind):
            self._write(kind)
            self.runner.settle()

    def _write(self, kind: type[Entity] | None = None) -> None:
        if self.ledger.owes(kind):
            try:
                self.ledger.write(self.runner, self._tenant, kind)
            except Exception as error:
                self.runner.spoiled = self.runner.spoiled or error
                raise

    def end(self, story: Ledger) -> None:
        """Take over what a story has left to be written."""
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
        if self._open and self._savepoint.rollback():
            self._runner.spoiled = None

    def commit(self) -> None:
        """End the story well."""
        if self._runner.spoiled is not None:
            raise self._runner.spoiled
        self._savepoint.commit()
        self._open = False
        self._batch.end(self._ledger)

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

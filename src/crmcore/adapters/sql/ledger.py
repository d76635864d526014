"""The ledger of a transaction: what it has read, and what it has yet to write.

What was saved becomes a plan: version-checked updates first, for they can fail; then inserts, table by table, several rows at once; then
the facts. So a story is a few statements, and a conflict shows before anything was sent in vain.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from crmcore.adapters.sql.counters import Changes, add, note
from crmcore.adapters.sql.runner import Runner
from crmcore.adapters.sql.statements import MANY_ROWS, Inserts, RecordPlan, Row
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.conflicts import StaleVersion
from crmcore.domain.kernel import Entity

Kind = type[Entity]
Key = tuple[Kind, str]


class Ledger:
    """What one transaction, or one story of a batch, has read and has yet to write.

    Attributes:
        known: each record as it was last read or saved; None when it was removed.
        stored: each record as it stands in the database.
        waiting: of the records that wait to be written, by kind and id, the version that each is based on; 0 is new.
        removed: the records that wait to be deleted.
        entries: the rows that wait to be appended.
        facts: the rows that wait to be published.
        counts: by how much what was written has changed the counters, which is added to them at the end of the transaction.
    """

    __slots__ = ("counts", "entries", "facts", "known", "removed", "stored", "waiting")

    def __init__(self) -> None:
        self.known: dict[Key, Entity | None] = {}
        self.stored: dict[Key, Entity] = {}
        self.waiting: dict[Kind, dict[str, int]] = {}
        self.removed: dict[Kind, list[Entity]] = {}
        self.entries: dict[Kind, list[Row]] = {}
        self.facts: list[Row] = []
        self.counts: Changes = {}

    def owes(self, kind: Kind | None = None) -> bool:
        """Tell whether anything waits to be written: of a kind, or at all."""
        if kind is None:
            return bool(self.waiting or self.removed or self.facts)
        return kind in self.waiting or kind in self.removed

    def pending(self, kind: Kind) -> dict[str, Entity | None]:
        """The records of a kind that wait to be written, by id, and those that wait to be deleted as None."""
        pending = {id: self.known[kind, id] for id in self.waiting.get(kind, ())}
        return pending | {entity.id: None for entity in self.removed.get(kind, ())}

    def absorb(self, other: "Ledger") -> None:
        """Take over what a story of the batch has read and left to write, now that it has ended well."""
        self.known.update(other.known)
        self.stored.update(other.stored)
        for kind, ids in other.waiting.items():
            waiting = self.waiting.setdefault(kind, {})
            for id, based_on in ids.items():
                waiting.setdefault(id, based_on)
        for kind, removed in other.removed.items():
            self.removed.setdefault(kind, []).extend(removed)
        for kind, entries in other.entries.items():
            self.entries.setdefault(kind, []).extend(entries)
        self.facts += other.facts
        for key, change in other.counts.items():
            add(self.counts, key, *change)

    def write(self, runner: Runner, tenant: str, kind: Kind | None = None) -> None:
        """Write what waits: all of it, or what waits of one kind.

        Raises:
            StaleVersion, Taken: as `Transaction.save`.
        """
        runner.link.before_writing()
        inserted: dict[Inserts, list[Row]] = {}
        for one in tuple(self.waiting) if kind is None else (kind,):
            self._update(runner, tenant, one, self.waiting.pop(one, {}), inserted)
        for one in tuple(self.entries) if kind is None else (kind,):
            if rows := self.entries.pop(one, None):
                entries = runner.book.plan(one).entries
                assert entries is not None
                _add(inserted, entries.insert, rows)
        for one in tuple(self.removed) if kind is None else (kind,):
            for entity in self.removed.pop(one, ()):
                self._delete(runner, tenant, entity)
        if kind is None and self.facts:
            _add(inserted, runner.book.feed.insert, self.facts)
            self.facts = []
        for inserts, rows in inserted.items():
            _insert(runner, inserts, rows)

    def settle(self, runner: Runner, tenant: str) -> None:
        """Add to the counters what was written has changed; nothing is to be written after it."""
        if self.counts:
            runner.link.before_writing()
            runner.book.counters.write(runner, tenant, self.counts)
            self.counts = {}

    def _update(
        self, runner: Runner, tenant: str, kind: Kind, waiting: dict[str, int], inserted: dict[Inserts, list[Row]]
    ) -> None:
        """Update the records of a kind that there were, and gather the rows of those that there were not, and of their parts."""
        plan = runner.book.plan(kind)
        updates: list[tuple[Entity, int]] = []
        emptied: dict[str, list[Row]] = {}
        moved: list[tuple[Any, Any]] = []
        for id, based_on in waiting.items():
            entity = self.known[kind, id]
            if entity is None:
                continue
            before = self._read(kind, id, based_on)
            if kind is Deal:
                moved.append((before or _stands(runner, tenant, plan, id, based_on), entity))
            self.stored[kind, id] = entity
            if based_on:
                updates.append((entity, based_on))
            else:
                _add(inserted, plan.insert, (plan.row(entity, tenant),))
            for _, part in plan.parts:
                now, then = getattr(entity, part.field), getattr(before, part.field, None)
                if now is then:
                    continue
                owner = plan.key(id)
                if based_on and (then or before is None):
                    emptied.setdefault(part.delete, []).append((tenant, owner))
                if now:
                    actor = entity.actor
                    rows = [part.row(one, tenant, owner, place, actor) for place, one in enumerate(now)]
                    _add(inserted, part.insert, rows)
        if updates:
            _compare_and_set(runner, tenant, plan, updates)
        for sql, rows in emptied.items():
            for row in rows:
                runner.run(sql, row)
        for then, now in moved:
            note(self.counts, then, now)

    def _delete(self, runner: Runner, tenant: str, entity: Entity) -> None:
        kind = type(entity)
        plan = runner.book.plan(kind)
        before = self._read(kind, entity.id, entity.version)
        if kind is Deal:
            before = before or _stands(runner, tenant, plan, entity.id, entity.version)
        key = plan.key(entity.id)
        for part in [part for _, part in plan.parts] + ([plan.entries] if plan.entries else []):
            runner.run(part.delete, (tenant, key))
        stale = StaleVersion(entity.shape.kind, entity.id, entity.version)
        runner.guard(plan.delete, (tenant, key, entity.version), stale)
        self.stored.pop((kind, entity.id), None)
        if kind is Deal:
            note(self.counts, before, None)

    def _read(self, kind: Kind, id: str, version: int) -> Any:
        """A record as it was read here, if it was of that version."""
        before = self.stored.get((kind, id))
        return before if before is not None and before.version == version else None


def _stands(runner: Runner, tenant: str, plan: RecordPlan, id: str, version: int) -> Any:
    """A record without its parts as it stands in the database, for whoever saves what another transaction has read; a new one is None.

    Raises:
        StaleVersion: it is not of that version any more. If it is, the UPDATE to come sees to it that it stays so.
    """
    if not version:
        return None
    rows = runner.rows(plan.select, (tenant, plan.key(id)))
    if not rows or rows[0][0] != version:
        raise StaleVersion(plan.kind.shape.kind, id, version)
    return plan.load(rows[0])


def _compare_and_set(runner: Runner, tenant: str, plan: RecordPlan, updates: Sequence[tuple[Entity, int]]) -> None:
    """Update records that are still as they were read.

    Raises:
        StaleVersion: one of them is not.
    """
    rows = [plan.update_row(entity, tenant, based_on) for entity, based_on in updates]
    kind = plan.kind.shape.kind
    if len(rows) == 1 or not runner.waits:
        for row, (entity, based_on) in zip(rows, updates, strict=True):
            runner.guard(plan.update, row, StaleVersion(kind, entity.id, based_on))
        return
    if runner.changed(plan.update, rows) == len(rows):
        return
    # Of many at once it is only known that one was missed. It is the one that does not stand there now as it was written.
    for entity, based_on in updates:
        found = runner.rows(plan.select, (tenant, plan.key(entity.id)))
        if not found or found[0][0] != entity.version:
            raise StaleVersion(kind, entity.id, based_on)


def _add(inserted: dict[Inserts, list[Row]], inserts: Inserts, rows: Iterable[Row]) -> None:
    waiting = inserted.get(inserts)
    if waiting is None:
        inserted[inserts] = list(rows)
    else:
        waiting += rows


def _insert(runner: Runner, inserts: Inserts, rows: list[Row]) -> None:
    if len(rows) >= MANY_ROWS and inserts.copy:
        runner.stream(inserts.copy, rows)
        return
    for some in inserts.portions(rows):
        runner.run(inserts.of(len(some)), some[0] if len(some) == 1 else tuple(chain.from_iterable(some)))

"""Kept counters: how many open deals stand in each stage of each funnel, and what they are worth, so that a board counts nothing.

Rule 1: a counter is a sum of changes. What a transaction has changed waits in its ledger, and is added as its very last statement: nobody
waits for a counter longer than a commit takes, and since all take them in one order and nothing after them, none waits for another in a ring.
Rule 2: each counter stands in several rows, its slots. A writer takes one of them by chance, a reader adds them up (`docs/decisions/0018`).
Rule 3: a tally is answered from counters only if they hold exactly what it asks for. Whatever else is asked is counted in the table of deals.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Dialect, Table, bindparam, func, select
from sqlalchemy.dialects import mysql, postgresql, sqlite

from crmcore.adapters.sql.statements import compiled
from crmcore.adapters.sql.tables import FIGURES
from crmcore.adapters.sql.types import Key as PrefixedId
from crmcore.domain.criteria import All, Criterion, Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import Outcome
from crmcore.services.tally import Line, Tally

if TYPE_CHECKING:
    from crmcore.adapters.sql.runner import Runner

SLOTS: Final = 16
"""In how many rows a counter stands at most, where several write at once."""
BEYOND: Final = 2**62
"""Up to which number a transaction chooses a slot of its own."""
BILLION: Final = 10**9
"""Worths are kept as billions and the rest, or the sum of a few thousand of the largest would not fit in 64 bits."""
UPSERTS: Final[Mapping[str, Any]] = {"mariadb": mysql, "mysql": mysql, "postgresql": postgresql, "sqlite": sqlite}
"""What knows a database's statement that adds to a row or makes it, by the database's name."""
BY: Final = frozenset({"place", "total.currency"})
SUMS: Final = frozenset({"total.minor"})
"""By what the counters can group, and what they have summed."""

ROWS_AT_ONCE: Final = 16
"""How many counters one statement adds to at most."""

Key = tuple[str, int, str]
"""A counter: of a funnel, the place of a stage, and a currency; without worth, the currency is empty."""
Changes = dict[Key, tuple[int, int]]
"""By how many deals, and by how many minor units, counters have changed."""


def note(changes: Changes, before: Deal | None, after: Deal | None) -> None:
    """Note what became of a deal: as it stood in the database, and as it stands there now; None is not at all."""
    then, now = _counted(before), _counted(after)
    if then != now:
        for deal, sign in ((then, -1), (now, 1)):
            if deal is not None:
                add(changes, deal[0], sign, sign * deal[1])


def add(changes: Changes, key: Key, deals: int, minor: int) -> None:
    """Add to what a counter has changed by."""
    known = changes.get(key, (0, 0))
    changes[key] = known[0] + deals, known[1] + minor


def _counted(deal: Deal | None) -> tuple[Key, int] | None:
    if deal is None or deal.outcome is not Outcome.OPEN:
        return None
    total = deal.total
    if total is None:
        return (deal.funnel, deal.place, ""), 0
    return (deal.funnel, deal.place, total.currency), total.minor


def funnel_of(tally: Tally) -> str | None:
    """Whose counters answer a tally: the funnel's whose open deals it counts; None when it asks for anything else."""
    if tally.kind is not Deal or tally.entries or tally.different is not None:
        return None
    if not (BY.issuperset(tally.by) and SUMS.issuperset(tally.sums)):
        return None
    match sorted(_claims(tally.where), key=lambda claim: str(getattr(claim, "field", ""))):
        case [Is("funnel", str(funnel)), Is("outcome", Outcome.OPEN)]:
            return funnel
    return None


def _claims(where: Criterion) -> Iterator[Criterion]:
    if isinstance(where, All):
        for claim in where.criteria:
            yield from _claims(claim)
    else:
        yield where


class Counters:
    """The statements of the counters.

    Attributes:
        kept: whether they are; on a database whose upsert is not known here boards are counted.

    Args:
        alone: whether each transaction takes a slot of its own: where it sees one snapshot for its whole length, PostgreSQL refuses it any
            row that somebody has changed since, and a counter is such a row.
    """

    def __init__(self, table: Table, dialect: Dialect, *, alone: bool) -> None:
        c = table.c
        self.table = table
        self.kept = dialect.name in UPSERTS
        self._dialect = dialect
        self._slots = BEYOND if alone else 1 if dialect.name == "sqlite" else SLOTS
        self._add: dict[int, str] = {}
        self._writer = PrefixedId("funnel").writer(dialect)
        mine = [column == bindparam(column.name, type_=column.type) for column in (c.tenant, c.funnel)]
        sums = (func.sum(column) for column in (c.deals, c.billions, c.minor))
        read = select(c.place, c.currency, *sums).where(*mine).group_by(c.place, c.currency)
        self._read = compiled(read, dialect).sql

    def write(self, runner: "Runner", tenant: str, changes: Changes, *, shared: bool = False) -> None:
        """Add what has changed, in the order that all keep to.

        Args:
            shared: whether to take none but the shared slots.
        """
        if not self.kept:
            return
        key, slots = self._writer, min(self._slots, SLOTS) if shared else self._slots
        rows = []
        for (funnel, place, currency), (deals, minor) in sorted(changes.items()):
            if deals or minor:
                slot = random.randrange(slots) if slots > 1 else 0  # noqa: S311  # no secret
                rows.append((tenant, key(funnel), place, currency, slot, deals, *divmod(minor, BILLION)))
        for first in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[first : first + ROWS_AT_ONCE]
            runner.run(self.adding(len(some)), tuple([one for row in some for one in row]))

    def answer(
        self, runner: "Runner", tenant: str, funnel: str, tally: Tally, waiting: Iterable[Changes]
    ) -> tuple[Line, ...]:
        """Answer a tally of a funnel's open deals by its counters, and by the changes of them that wait to be written."""
        totals: Changes = {}
        for place, currency, deals, billions, minor in runner.rows(self._read, (tenant, self._writer(funnel))):
            totals[funnel, place, currency] = int(deals), BILLION * int(billions) + int(minor)
        for changes in waiting:
            for key, (deals, minor) in changes.items():
                if key[0] == funnel:
                    add(totals, key, deals, minor)
        groups: dict[Line, tuple[int, int]] = {}
        for (_, place, currency), (deals, minor) in totals.items():
            if deals:
                facts = {"place": place, "total.currency": currency or None}
                group = tuple([facts[field] for field in tally.by])
                known = groups.get(group, (0, 0))
                groups[group] = known[0] + deals, known[1] + minor
        return tuple([(*group, deals, *(minor for _ in tally.sums)) for group, (deals, minor) in groups.items()])

    def adding(self, rows: int) -> str:
        """The text of the statement that adds so many rows to counters, in the order of the table's columns."""
        sql = self._add.get(rows)
        if sql is None:
            columns = self.table.columns
            values = [{c.name: bindparam(f"{c.name}_{row}", type_=c.type) for c in columns} for row in range(rows)]
            sql = self._add[rows] = compiled(self._upsert(values), self._dialect).sql
        return sql

    def _upsert(self, values: list[dict[str, Any]]) -> Any:
        adding: Any = UPSERTS[self._dialect.name].insert(self.table).values(values)
        is_mysql = hasattr(adding, "inserted")
        given = adding.inserted if is_mysql else adding.excluded
        figures = {name: self.table.c[name] + given[name] for name in FIGURES}
        if is_mysql:
            return adding.on_duplicate_key_update(figures)
        return adding.on_conflict_do_update(index_elements=list(self.table.primary_key), set_=figures)

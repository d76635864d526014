"""Counting the deals anew, and holding the kept counters against what there is.

Rule 1: what is kept and what is there are read by one statement, and so as of one moment: whoever writes meanwhile changes both or neither.
Rule 2: a counter is mended by adding what it lacks, as any writer adds, so that nobody has to be kept from writing.
"""

from collections import defaultdict
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Dialect, Integer, Table, bindparam, delete, func, select, union_all

from crmcore.adapters.sql.counters import BILLION, SLOTS, Changes, add
from crmcore.adapters.sql.runner import Runner
from crmcore.adapters.sql.statements import compiled
from crmcore.adapters.sql.tables import Schema
from crmcore.adapters.sql.types import Key
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import Outcome

NOTHING: Final = (0, 0)


@frozen(kw_only=True)
class Miscount:
    """A counter that did not say what there is: open deals of one funnel, stage and currency.

    Attributes:
        place: of the stage in the funnel.
        currency: None for deals that are said to be worth nothing.
        kept: how many deals, and how many minor units of worth, the counter said.
        found: how many there are.
    """

    tenant: str
    funnel: str
    place: int
    currency: str | None
    kept: tuple[int, int]
    found: tuple[int, int]


class Recount:
    """The statements that count anew, of a tenant or of all; see `SqlStore.recount`."""

    def __init__(self, schema: Schema, dialect: Dialect, tenant: str | None) -> None:
        self._tenant = tenant
        self._dialect = dialect
        self._counts = schema.counts
        self._deals = schema.records[Deal].table
        self._funnel = Key("funnel").reader(dialect)

    def wrong(self, runner: Runner) -> list[Miscount]:
        """Find the counters that are wrong."""
        c, d = self._counts.c, self._deals.c
        names = [c.tenant, c.funnel, c.place, c.currency]
        sums = [func.sum(column) for column in (c.deals, c.billions, c.minor)]
        kept = select(_number("kept"), *names, *sums).where(*self._mine(self._counts)).group_by(*names)
        currency = func.coalesce(d.total_currency, bindparam("empty", type_=d.total_currency.type))
        here = [d.tenant, d.funnel, d.place]
        worth = func.coalesce(func.sum(d.total_minor), _number("nothing"))
        found = select(_number("found"), *here, currency, func.count(), _number("nothing"), worth)
        is_open = d.outcome == bindparam("outcome", type_=d.outcome.type)
        found = found.where(is_open, *self._mine(self._deals)).group_by(*here, d.total_currency)
        lines: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {})
        for is_kept, tenant, funnel, place, code, deals, billions, minor in self._rows(runner, union_all(kept, found)):
            key = (tenant, self._funnel(funnel), place, code)
            lines[1 - is_kept][key] = int(deals), BILLION * int(billions) + int(minor)
        pairs = {key: tuple(line.get(key, NOTHING) for line in lines) for key in lines[0].keys() | lines[1].keys()}
        return [
            Miscount(tenant=key[0], funnel=key[1], place=key[2], currency=key[3] or None, kept=then, found=now)
            for key, (then, now) in sorted(pairs.items())
            if then != now
        ]

    def mend(self, runner: Runner, wrong: list[Miscount]) -> None:
        """Add what counters lack, and take the slots that transactions had of their own together."""
        lacking: defaultdict[str, Changes] = defaultdict(dict)
        for one in wrong:
            deals, minor = (now - then for then, now in zip(one.kept, one.found, strict=True))
            add(lacking[one.tenant], (one.funnel, one.place, one.currency or ""), deals, minor)
        c = self._counts.c
        apart = select(self._counts).where(c.slot >= bindparam("slots", type_=c.slot.type), *self._mine(self._counts))
        key = [column == bindparam(column.name, type_=column.type) for column in self._counts.primary_key.columns]
        gone = compiled(delete(self._counts).where(*key), self._dialect)
        for row in self._rows(runner, apart):
            tenant, funnel, place, currency, _, deals, billions, minor = row
            runner.run(gone.sql, row[: len(gone.names)])
            add(lacking[tenant], (self._funnel(funnel), place, currency), deals, BILLION * billions + minor)
        for tenant, changes in lacking.items():
            runner.book.counters.write(runner, tenant, changes, shared=True)

    def _rows(self, runner: Runner, asked: Any) -> list[Any]:
        given = {"kept": 1, "found": 0, "nothing": 0, "empty": "", "slots": SLOTS, "tenant": self._tenant}
        given |= {"outcome": Outcome.OPEN.value}
        statement = compiled(asked, self._dialect)
        return runner.rows(statement.sql, tuple([given[name] for name in statement.names]))

    def _mine(self, table: Table) -> list[ColumnElement[bool]]:
        return [] if self._tenant is None else [table.c.tenant == bindparam("tenant", type_=table.c.tenant.type)]


def _number(name: str) -> Any:
    return bindparam(name, type_=Integer())

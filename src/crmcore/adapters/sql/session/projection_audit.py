"""Projection audit: compares the counters with the deals.

Invariants:
1. Counters and deals are read by one statement, at one moment: a concurrent writer changes both or neither.
2. A counter is repaired by adding the difference, as any writer adds. Writers are not blocked.
"""

from collections import defaultdict
from typing import Any, Final

from attrs import frozen
from sqlalchemy import ColumnElement, Dialect, Integer, Table, bindparam, delete, func, select, union_all

from crmcore.adapters.sql.compile.mappers import compile_statement
from crmcore.adapters.sql.execute.executor import Executor
from crmcore.adapters.sql.schema.tables import Schema
from crmcore.adapters.sql.schema.types import PrefixedIdType
from crmcore.adapters.sql.session.change_tracker import CounterDeltas, add_delta
from crmcore.adapters.sql.session.projections import BILLION, SHARDS
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import Outcome

ZERO: Final = (0, 0)


@frozen(kw_only=True)
class CounterMismatch:
    """A wrong counter of open deals of one funnel, stage and currency.

    Attributes:
        tenant: of the deals.
        funnel_id: of the funnel.
        stage_index: of the stage in the funnel.
        currency: None for deals without a value.
        stored: the number of deals and their value in minor units, by the counter.
        actual: the same, by the deals.
    """

    tenant: str
    funnel_id: str
    stage_index: int
    currency: str | None
    stored: tuple[int, int]
    actual: tuple[int, int]


class CounterAudit:
    """The audit of one tenant or all; see `SqlStore.verify_counters`."""

    def __init__(self, schema: Schema, dialect: Dialect, tenant: str | None) -> None:
        self._tenant = tenant
        self._dialect = dialect
        self._counters_table = schema.deal_counts_table
        self._deals_table = schema.entity_tables[Deal].table
        self._read_funnel_id = PrefixedIdType("funnel").result_converter(dialect)

    def find_mismatches(self, executor: Executor) -> list[CounterMismatch]:
        """Return the wrong counters."""
        c, d = self._counters_table.c, self._deals_table.c
        counter_columns = [c.tenant, c.funnel_id, c.stage_index, c.currency]
        sums = [func.sum(column) for column in (c.deals, c.billions, c.minor)]
        stored = (
            select(_integer_parameter("stored"), *counter_columns, *sums)
            .where(*self._tenant_conditions(self._counters_table))
            .group_by(*counter_columns)
        )
        currency = func.coalesce(d.total_currency, bindparam("empty", type_=d.total_currency.type))
        group_columns = [d.tenant, d.funnel_id, d.stage_index]
        value = func.coalesce(func.sum(d.total_minor), _integer_parameter("zero"))
        actual = select(
            _integer_parameter("actual"), *group_columns, currency, func.count(), _integer_parameter("zero"), value
        )
        is_open = d.outcome == bindparam("outcome", type_=d.outcome.type)
        actual = actual.where(is_open, *self._tenant_conditions(self._deals_table)).group_by(
            *group_columns, d.total_currency
        )
        totals: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {})
        for is_stored, tenant, funnel_id, stage_index, currency_code, deals, billions, minor in self._fetch_all(
            executor, union_all(stored, actual)
        ):
            key = (tenant, self._read_funnel_id(funnel_id), stage_index, currency_code)
            totals[1 - is_stored][key] = int(deals), BILLION * int(billions) + int(minor)
        pairs = {key: tuple(total.get(key, ZERO) for total in totals) for key in totals[0].keys() | totals[1].keys()}
        return [
            CounterMismatch(
                tenant=key[0],
                funnel_id=key[1],
                stage_index=key[2],
                currency=key[3] or None,
                stored=stored_total,
                actual=actual_total,
            )
            for key, (stored_total, actual_total) in sorted(pairs.items())
            if stored_total != actual_total
        ]

    def repair(self, executor: Executor, mismatches: list[CounterMismatch]) -> None:
        """Add the differences to the counters, and merge unique shards."""
        missing: defaultdict[str, CounterDeltas] = defaultdict(dict)
        for mismatch in mismatches:
            deals, minor = (actual - stored for stored, actual in zip(mismatch.stored, mismatch.actual, strict=True))
            add_delta(
                missing[mismatch.tenant],
                (mismatch.funnel_id, mismatch.stage_index, mismatch.currency or ""),
                deals,
                minor,
            )
        c = self._counters_table.c
        unique_shard_rows = select(self._counters_table).where(
            c.shard >= bindparam("shards", type_=c.shard.type), *self._tenant_conditions(self._counters_table)
        )
        key = [
            column == bindparam(column.name, type_=column.type) for column in self._counters_table.primary_key.columns
        ]
        delete_statement = compile_statement(delete(self._counters_table).where(*key), self._dialect)
        for row in self._fetch_all(executor, unique_shard_rows):
            tenant, funnel_id, stage_index, currency, _, deals, billions, minor = row
            executor.execute(delete_statement.sql, row[: len(delete_statement.names)])
            add_delta(
                missing[tenant],
                (self._read_funnel_id(funnel_id), stage_index, currency),
                deals,
                BILLION * billions + minor,
            )
        for tenant, deltas in missing.items():
            executor.statements.counters.write(executor, tenant, deltas, shared_shards_only=True)

    def _fetch_all(self, executor: Executor, query: Any) -> list[Any]:
        parameters = {"stored": 1, "actual": 0, "zero": 0, "empty": "", "shards": SHARDS, "tenant": self._tenant}
        parameters |= {"outcome": Outcome.OPEN.value}
        statement = compile_statement(query, self._dialect)
        return executor.fetch_all(statement.sql, tuple([parameters[name] for name in statement.names]))

    def _tenant_conditions(self, table: Table) -> list[ColumnElement[bool]]:
        return [] if self._tenant is None else [table.c.tenant == bindparam("tenant", type_=table.c.tenant.type)]


def _integer_parameter(name: str) -> Any:
    return bindparam(name, type_=Integer())

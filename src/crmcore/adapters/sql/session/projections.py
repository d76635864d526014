"""Projection: counters of open deals and their value, per stage.

A board reads them instead of counting deals.

Invariants:
1. Counter changes are collected in the change tracker and written last, in a fixed order. Locks are therefore short and cannot deadlock.
2. A counter is spread over several rows, its shards. A writer picks one at random, a reader sums them (`docs/decisions/0018`).
3. A grouped count is read from the counters only if they hold its exact answer; otherwise the deals are counted.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from sqlalchemy import Dialect, Table, bindparam, func, select
from sqlalchemy.dialects import mysql, postgresql, sqlite

from crmcore.adapters.sql.compile.mappers import compile_statement
from crmcore.adapters.sql.execute.executor import Executor
from crmcore.adapters.sql.schema.tables import COUNTER_COLUMNS
from crmcore.adapters.sql.schema.types import PrefixedIdType
from crmcore.adapters.sql.session.change_tracker import CounterDeltas, CounterKey, add_delta
from crmcore.domain.kernel.criteria import And, Criterion, Eq
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.ports.grouped_counts import GroupedCount, Row as GroupRow

SHARDS: Final = 16
"""The number of shards of a counter, where several transactions write at once."""
UNIQUE_SHARD_RANGE: Final = 2**62
"""The range of random shard numbers, where each transaction has its own shard."""
BILLION: Final = 10**9
"""Values are stored as billions and the remainder, so that sums of large values fit in 64 bits."""
UPSERT_DIALECTS: Final[Mapping[str, Any]] = {
    "mariadb": mysql,
    "mysql": mysql,
    "postgresql": postgresql,
    "sqlite": sqlite,
}
"""The SQLAlchemy modules with the upsert of each database."""
GROUP_FIELDS: Final = frozenset({"stage_index", "total.currency"})
SUM_FIELDS: Final = frozenset({"total.minor"})
"""The fields that counters can group by, and those that they sum."""

UPSERT_CHUNK_SIZE: Final = 16
"""The maximum number of counters per statement."""


def _contribution(deal: Deal | None) -> tuple[CounterKey, int] | None:
    if deal is None or deal.outcome is not Outcome.OPEN:
        return None
    total = deal.total
    if total is None:
        return (deal.funnel_id, deal.stage_index, ""), 0
    return (deal.funnel_id, deal.stage_index, total.currency), total.minor


def _conditions(where: Criterion) -> Iterator[Criterion]:
    if isinstance(where, And):
        for condition in where.criteria:
            yield from _conditions(condition)
    else:
        yield where


class DealCounters:
    """The statements of the counters.

    Attributes:
        entity_type: the type of the counted records.
        is_supported: whether the database has an upsert that is known here; otherwise boards count the deals.

    Args:
        table: of the counters.
        dialect: of the database.
        unique_shards: whether each transaction writes its own shard. With snapshot isolation, PostgreSQL rejects an update of a row that
            another transaction has changed meanwhile, and a shared counter is such a row.
    """

    entity_type: ClassVar[type[Entity]] = Deal

    def __init__(self, table: Table, dialect: Dialect, *, unique_shards: bool) -> None:
        c = table.c
        self.table = table
        self.is_supported: bool = dialect.name in UPSERT_DIALECTS
        self._dialect = dialect
        self._shards = UNIQUE_SHARD_RANGE if unique_shards else 1 if dialect.name == "sqlite" else SHARDS
        self._upsert_sql_by_rows: dict[int, str] = {}
        self._write_id = PrefixedIdType("funnel").bind_converter(dialect)
        conditions = [column == bindparam(column.name, type_=column.type) for column in (c.tenant, c.funnel_id)]
        sums = (func.sum(column) for column in (c.deals, c.billions, c.minor))
        statement = select(c.stage_index, c.currency, *sums).where(*conditions).group_by(c.stage_index, c.currency)
        self._select_sql = compile_statement(statement, dialect).sql

    @staticmethod
    def matching_funnel_id(grouped_count: GroupedCount) -> str | None:
        """Return the funnel whose counters hold the exact result, or None."""
        if (
            grouped_count.entity_type is not Deal
            or grouped_count.over_entries
            or grouped_count.count_distinct is not None
        ):
            return None
        if not (GROUP_FIELDS.issuperset(grouped_count.group_by) and SUM_FIELDS.issuperset(grouped_count.sum_of)):
            return None
        match sorted(_conditions(grouped_count.where), key=lambda condition: str(getattr(condition, "field", ""))):
            case [Eq("funnel_id", str(funnel_id)), Eq("outcome", Outcome.OPEN)]:
                return funnel_id
        return None

    @staticmethod
    def record_change(deltas: CounterDeltas, before: Deal | None, after: Deal | None) -> None:
        """Add the effect of a changed deal to the deltas; None is no deal."""
        old, new = _contribution(before), _contribution(after)
        if old != new:
            for deal, sign in ((old, -1), (new, 1)):
                if deal is not None:
                    add_delta(deltas, deal[0], sign, sign * deal[1])

    def write(
        self, executor: Executor, tenant: str, deltas: CounterDeltas, *, shared_shards_only: bool = False
    ) -> None:
        """Write counter changes, in a fixed order.

        Args:
            executor: runs the statements.
            tenant: of the counters.
            deltas: the changes.
            shared_shards_only: whether to avoid unique shards.
        """
        if not self.is_supported:
            return
        write_id, shards = self._write_id, min(self._shards, SHARDS) if shared_shards_only else self._shards
        rows = []
        for (funnel_id, stage_index, currency), (deals, minor) in sorted(deltas.items()):
            if deals or minor:
                shard = random.randrange(shards) if shards > 1 else 0  # noqa: S311  # no secret
                rows.append((tenant, write_id(funnel_id), stage_index, currency, shard, deals, *divmod(minor, BILLION)))
        for start in range(0, len(rows), UPSERT_CHUNK_SIZE):
            chunk = rows[start : start + UPSERT_CHUNK_SIZE]
            executor.execute(self.upsert_sql(len(chunk)), tuple([value for row in chunk for value in row]))

    def evaluate(
        self,
        executor: Executor,
        tenant: str,
        funnel_id: str,
        grouped_count: GroupedCount,
        pending_deltas: Iterable[CounterDeltas],
    ) -> tuple[GroupRow, ...]:
        """Compute a grouped count from the counters and their pending changes."""
        totals: CounterDeltas = {}
        for stage_index, currency, deals, billions, minor in executor.fetch_all(
            self._select_sql, (tenant, self._write_id(funnel_id))
        ):
            totals[funnel_id, stage_index, currency] = int(deals), BILLION * int(billions) + int(minor)
        for deltas in pending_deltas:
            for key, (deals, minor) in deltas.items():
                if key[0] == funnel_id:
                    add_delta(totals, key, deals, minor)
        groups: dict[GroupRow, tuple[int, int]] = {}
        for (_, stage_index, currency), (deals, minor) in totals.items():
            if deals:
                group_values = {"stage_index": stage_index, "total.currency": currency or None}
                group = tuple([group_values[field] for field in grouped_count.group_by])
                previous = groups.get(group, (0, 0))
                groups[group] = previous[0] + deals, previous[1] + minor
        return tuple(
            [(*group, deals, *(minor for _ in grouped_count.sum_of)) for group, (deals, minor) in groups.items()]
        )

    def upsert_sql(self, row_count: int) -> str:
        """Return the upsert that adds a number of rows to counters."""
        sql = self._upsert_sql_by_rows.get(row_count)
        if sql is None:
            columns = self.table.columns
            values = [
                {column.name: bindparam(f"{column.name}_{row}", type_=column.type) for column in columns}
                for row in range(row_count)
            ]
            sql = self._upsert_sql_by_rows[row_count] = compile_statement(self._upsert(values), self._dialect).sql
        return sql

    def _upsert(self, values: list[dict[str, Any]]) -> Any:
        statement: Any = UPSERT_DIALECTS[self._dialect.name].insert(self.table).values(values)
        is_mysql = hasattr(statement, "inserted")
        excluded = statement.inserted if is_mysql else statement.excluded
        assignments = {name: self.table.c[name] + excluded[name] for name in COUNTER_COLUMNS}
        if is_mysql:
            return statement.on_duplicate_key_update(assignments)
        return statement.on_conflict_do_update(index_elements=list(self.table.primary_key), set_=assignments)

"""Query compiler: criteria to SQL, with keyset pagination.

Criteria of the same shape share one compiled statement and differ in its parameters.

Invariants:
1. Every branch of an OR and every sub-select contains the tenant condition; otherwise SQLite scans the whole tenant.
2. Child records are matched by ``id IN (SELECT ...)``, for which every planner uses the index of the child table.
3. NULL sorts first and matches no comparison. An unknown result counts as false.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Dialect,
    and_,
    any_,
    false,
    func,
    not_,
    nulls_first,
    nulls_last,
    or_,
    select,
    true,
    tuple_,
)

from crmcore.adapters.sql.compile.mappers import EntityMapper
from crmcore.adapters.sql.compile.parameters import LIKE_ESCAPE, BindProcessor, CompiledQuery, ParameterBinder
from crmcore.adapters.sql.schema.columns import column_for
from crmcore.domain.kernel.criteria import And, Compare, Criterion, Eq, HasChild, In, Not, Or, WordPrefix, get_path
from crmcore.domain.kernel.entity import Entity
from crmcore.ports.grouped_counts import GroupedCount


class QueryCompiler:
    """Compiles the queries of one entity type, each on its first use."""

    def __init__(self, mapper: EntityMapper, dialect: Dialect) -> None:
        self._mapper = mapper
        self._table = mapper.entity_table.table
        self._dialect = dialect
        self._compiled_queries: dict[Any, CompiledQuery] = {}
        self._compiled_grouped_counts: dict[Any, tuple[CompiledQuery, tuple[BindProcessor, ...]]] = {}

    def find(
        self, where: Criterion, *, order: str, after: Entity | None, limit: int | None, skip_locked: bool
    ) -> tuple[CompiledQuery, list[Any]]:
        """Return the query of the records that match a criterion, with values."""
        field, descending = order.removeprefix("-"), order.startswith("-")
        after_value = None if after is None else get_path(after, field)
        values = [*where.parameters()]
        if after is not None:
            values += [after.id] if after_value is None or field == "id" else [after_value, after.id]
        if limit is not None:
            values.append(limit)
        cache_key = (where.cache_key(), order, after is not None, after_value is None, limit is not None, skip_locked)
        query = self._compiled_queries.get(cache_key)
        if query is None:
            binder = ParameterBinder(self._table, self._dialect)
            conditions = [binder.tenant_condition(), self._condition(where, binder)]
            column = column_for(self._table, field)
            if after is not None:
                conditions.append(self._after(column, binder, after_is_null=after_value is None, descending=descending))
            statement = (
                select(*self._mapper.columns)
                .where(and_(*conditions))
                .order_by(*self._order_by(column, descending=descending))
            )
            if limit is not None:
                statement = statement.limit(binder.bind_value())
            if skip_locked:
                statement = statement.with_for_update(skip_locked=True)
            query = self._compiled_queries[cache_key] = binder.compile(statement)
        return query, values

    def count(self, where: Criterion) -> tuple[CompiledQuery, list[Any]]:
        """Return the query that counts matching records, with its values."""
        cache_key = ("count", where.cache_key())
        query = self._compiled_queries.get(cache_key)
        if query is None:
            binder = ParameterBinder(self._table, self._dialect)
            statement = select(func.count()).select_from(self._table)
            statement = statement.where(binder.tenant_condition(), self._condition(where, binder))
            query = self._compiled_queries[cache_key] = binder.compile(statement)
        return query, [*where.parameters()]

    def grouped_count(self, grouped_count: GroupedCount) -> tuple[CompiledQuery, list[Any], tuple[BindProcessor, ...]]:
        """Return the grouped count, its values and the readers of its columns."""
        cache_key = (
            "tally",
            grouped_count.where.cache_key(),
            grouped_count.over_entries,
            grouped_count.entry_filter.cache_key(),
            grouped_count.group_by,
            grouped_count.sum_of,
            grouped_count.count_distinct,
        )
        compiled = self._compiled_grouped_counts.get(cache_key)
        if compiled is None:
            compiled = self._compiled_grouped_counts[cache_key] = self._compile_grouped_count(grouped_count)
        values = [*grouped_count.where.parameters(), *grouped_count.entry_filter.parameters()]
        return compiled[0], values, compiled[1]

    def _compile_grouped_count(self, grouped_count: GroupedCount) -> tuple[CompiledQuery, tuple[BindProcessor, ...]]:
        binder, table = ParameterBinder(self._table, self._dialect), self._table
        conditions = [binder.tenant_condition(), self._condition(grouped_count.where, binder)]
        if grouped_count.over_entries:
            log_table = self._mapper.entity_table.log_table
            assert log_table is not None
            table = log_table.table
            log_binder = binder.for_table(table)
            owner_ids = select(self._table.c.id).where(*conditions)
            conditions = [
                log_binder.tenant_condition(),
                table.c[log_table.owner_column].in_(owner_ids),
                _criterion_condition(grouped_count.entry_filter, log_binder, self._condition),
            ]
        groups = [column_for(table, field) for field in grouped_count.group_by]
        aggregates = [func.count(), *(func.sum(column_for(table, field)) for field in grouped_count.sum_of)]
        if grouped_count.count_distinct is not None:
            aggregates.append(func.count(column_for(table, grouped_count.count_distinct).distinct()))
        statement = select(*groups, *aggregates).select_from(table).where(and_(*conditions)).group_by(*groups)
        readers = [group.type.result_processor(self._dialect, None) for group in groups]
        return binder.compile(statement), (*readers, *(_to_int for _ in aggregates))

    def _condition(self, where: Criterion, binder: ParameterBinder) -> ColumnElement[bool]:
        match where:
            case HasChild(child_field, inner):
                child_table = next(
                    candidate for candidate in self._mapper.entity_table.child_tables if candidate.field == child_field
                )
                child_binder = binder.for_table(child_table.table)
                owner_column = child_table.table.c[child_table.owner_column]
                owner_ids = select(owner_column).where(
                    child_binder.tenant_condition(), _criterion_condition(inner, child_binder, self._condition)
                )
                if self._dialect.name == "postgresql" and self._is_selective(child_field, inner):
                    return self._table.c.id == any_(func.array(owner_ids.scalar_subquery()))
                return self._table.c.id.in_(owner_ids)
            case _:
                return _criterion_condition(where, binder, self._condition)

    def _is_selective(self, child_field: str, inner: Criterion) -> bool:
        """Return whether a criterion fixes a unique key of the child records.

        Few records match then. PostgreSQL without statistics does not plan for it, so the statement has a form that evaluates the sub-select
        first (`docs/decisions/0013-speed.md`).
        """
        equality_fields = {f"{child_field}.{field}" for field in _equality_fields(inner)}
        return any(equality_fields.issuperset(key) for key in self._mapper.entity_type.meta.unique_keys)

    def _order_by(self, column: Any, *, descending: bool) -> Iterator[Any]:
        key = self._table.c.id
        if column is key:
            yield key.desc() if descending else key
            return
        # Only PostgreSQL sorts NULL last by default.
        needs_explicit_nulls = column.nullable and self._dialect.name == "postgresql"
        if descending:
            yield nulls_last(column.desc()) if needs_explicit_nulls else column.desc()
            yield key.desc()
        else:
            yield nulls_first(column) if needs_explicit_nulls else column
            yield key

    def _after(
        self, column: Any, binder: ParameterBinder, *, after_is_null: bool, descending: bool
    ) -> ColumnElement[bool]:
        """Return the keyset condition: rows after a record, by column and id."""
        key = self._table.c.id
        if column is key:
            after_id = binder.bind_value(key)
            return key < after_id if descending else key > after_id  # type: ignore[no-any-return]  # a claim
        if after_is_null:
            after_id = binder.bind_value(key)
            if descending:
                return and_(column.is_(None), key < after_id)
            return or_(
                and_(binder.tenant_condition(), column.is_(None), key > after_id),
                and_(binder.tenant_condition(), column.is_not(None)),
            )
        columns, after_values = tuple_(column, key), tuple_(binder.bind_value(column), binder.bind_value(key))
        if not descending:
            return columns > after_values
        if not column.nullable:
            return columns < after_values
        return or_(
            and_(binder.tenant_condition(), columns < after_values), and_(binder.tenant_condition(), column.is_(None))
        )


def _equality_fields(where: Criterion) -> Iterator[str]:
    """Yield the fields that a criterion compares for equality."""
    match where:
        case Eq(field) | In(field):
            yield field
        case And(criteria):
            for criterion in criteria:
                yield from _equality_fields(criterion)


def _to_int(value: Any) -> int:
    """Return a sum as an int; it can be a Decimal (PostgreSQL) or NULL."""
    return 0 if value is None else int(value)


def _criterion_condition(
    where: Criterion,
    binder: ParameterBinder,
    compile_nested: Callable[[Criterion, ParameterBinder], ColumnElement[bool]],
) -> ColumnElement[bool]:
    """Compile a criterion for an entity table or a child table."""

    def column(field: str) -> Any:
        return column_for(binder.table, field)

    def inside(criterion: Criterion) -> ColumnElement[bool]:
        return (
            compile_nested(criterion, binder)
            if isinstance(criterion, HasChild)
            else _criterion_condition(criterion, binder, compile_nested)
        )

    match where:
        case Eq(field, None):
            return column(field).is_(None)  # type: ignore[no-any-return]  # a claim
        case Eq(field):
            return column(field) == binder.bind_value(column(field))  # type: ignore[no-any-return]  # a claim
        case In(field, options):
            if not options:
                return false()
            return binder.in_condition(column(field), len(options))
        case Compare(field, operator):
            return column(field).op(operator, is_comparison=True)(binder.bind_value(column(field)))  # type: ignore[no-any-return]
        case WordPrefix(field):
            start_pattern, word_pattern = binder.like_patterns(column(field))
            matches = (
                column(field).like(start_pattern, escape=LIKE_ESCAPE),
                column(field).like(word_pattern, escape=LIKE_ESCAPE),
            )
            return or_(*(and_(binder.tenant_condition(), condition) for condition in matches))
        case And(criteria):
            return and_(true(), *(inside(criterion) for criterion in criteria))
        case Or(criteria):
            return or_(false(), *(and_(binder.tenant_condition(), inside(criterion)) for criterion in criteria))
        case Not(inner):
            return not_(func.coalesce(inside(inner), false(), type_=Boolean))
    raise TypeError(f"{type(where).__name__} is not a criterion")

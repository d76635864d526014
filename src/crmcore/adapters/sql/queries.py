"""From a criterion to a statement. Two criteria of one form are one compiled statement with other arguments.

Rule 1: the tenant stands in every branch of an OR and in every sub-select; SQLite scans the whole tenant otherwise.
Rule 2: parts are looked up by ``id IN (SELECT ...)``, which every planner takes through the part's own index.
Rule 3: what is absent comes first, and fulfils nothing; what an absent value makes unknown counts as not fulfilled.
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

from crmcore.adapters.sql.binds import ESCAPE, Binds, Process, Query
from crmcore.adapters.sql.columns import column_in
from crmcore.adapters.sql.statements import RecordPlan
from crmcore.domain.criteria import All, AnyOf, Compare, Criterion, Has, Is, Mentions, Not, OneOf, look_up
from crmcore.domain.kernel import Entity
from crmcore.services.tally import Tally


class Queries:
    """The searches of one kind of record, each compiled when it is first asked."""

    def __init__(self, plan: RecordPlan, dialect: Dialect) -> None:
        self._plan = plan
        self._table = plan.record.table
        self._dialect = dialect
        self._known: dict[Any, Query] = {}
        self._tallies: dict[Any, tuple[Query, tuple[Process, ...]]] = {}

    def find(
        self, where: Criterion, *, order: str, after: Entity | None, limit: int | None, lock: bool
    ) -> tuple[Query, list[Any]]:
        """The statement that reads the records that fulfil a criterion, and its values."""
        field, descending = order.removeprefix("-"), order.startswith("-")
        last = None if after is None else look_up(after, field)
        values = [*where.values()]
        if after is not None:
            values += [after.id] if last is None or field == "id" else [last, after.id]
        if limit is not None:
            values.append(limit)
        form = (where.form(), order, after is not None, last is None, limit is not None, lock)
        query = self._known.get(form)
        if query is None:
            binds = Binds(self._table, self._dialect)
            claims = [binds.tenant(), self._where(where, binds)]
            column = column_in(self._table, field)
            if after is not None:
                claims.append(self._behind(column, binds, absent=last is None, descending=descending))
            chosen = (
                select(*self._plan.columns).where(and_(*claims)).order_by(*self._order(column, descending=descending))
            )
            if limit is not None:
                chosen = chosen.limit(binds.value())
            if lock:
                chosen = chosen.with_for_update(skip_locked=True)
            query = self._known[form] = binds.query(chosen)
        return query, values

    def count(self, where: Criterion) -> tuple[Query, list[Any]]:
        """The statement that counts the records that fulfil a criterion, and its values."""
        form = ("count", where.form())
        query = self._known.get(form)
        if query is None:
            binds = Binds(self._table, self._dialect)
            counted = select(func.count()).select_from(self._table)
            counted = counted.where(binds.tenant(), self._where(where, binds))
            query = self._known[form] = binds.query(counted)
        return query, [*where.values()]

    def tally(self, tally: Tally) -> tuple[Query, list[Any], tuple[Process, ...]]:
        """The statement that counts by groups, its values, and what reads each of its columns."""
        form = ("tally", tally.where.form(), tally.entries, tally.among.form(), tally.by, tally.sums, tally.different)
        known = self._tallies.get(form)
        if known is None:
            known = self._tallies[form] = self._compile_tally(tally)
        values = [*tally.where.values(), *tally.among.values()]
        return known[0], values, known[1]

    def _compile_tally(self, tally: Tally) -> tuple[Query, tuple[Process, ...]]:
        binds, table = Binds(self._table, self._dialect), self._table
        claims = [binds.tenant(), self._where(tally.where, binds)]
        if tally.entries:
            entries = self._plan.record.entries
            assert entries is not None
            table = entries.table
            theirs = binds.of(table)
            holders = select(self._table.c.id).where(*claims)
            claims = [theirs.tenant(), table.c[entries.owner].in_(holders), _claim(tally.among, theirs, self._where)]
        groups = [column_in(table, field) for field in tally.by]
        figures = [func.count(), *(func.sum(column_in(table, field)) for field in tally.sums)]
        if tally.different is not None:
            figures.append(func.count(column_in(table, tally.different).distinct()))
        counted = select(*groups, *figures).select_from(table).where(and_(*claims)).group_by(*groups)
        readers = [group.type.result_processor(self._dialect, None) for group in groups]
        return binds.query(counted), (*readers, *(_whole for _ in figures))

    def _where(self, where: Criterion, binds: Binds) -> ColumnElement[bool]:
        match where:
            case Has(parts, inner):
                part = next(p for p in self._plan.record.parts if p.field == parts)
                within = binds.of(part.table)
                owner = part.table.c[part.owner]
                holding = select(owner).where(within.tenant(), _claim(inner, within, self._where))
                if self._dialect.name == "postgresql" and self._is_selective(parts, inner):
                    return self._table.c.id == any_(func.array(holding.scalar_subquery()))
                return self._table.c.id.in_(holding)
            case _:
                return _claim(where, binds, self._where)

    def _is_selective(self, parts: str, inner: Criterion) -> bool:
        """Tell whether a criterion asks by a unique key, so that few records have such parts.

        PostgreSQL may not know it, having no statistics yet, and is told to look for them first (`docs/decisions/0013-speed.md`).
        """
        asked = {f"{parts}.{field}" for field in _asked_by(inner)}
        return any(asked.issuperset(key) for key in self._plan.kind.shape.unique)

    def _order(self, column: Any, *, descending: bool) -> Iterator[Any]:
        key = self._table.c.id
        if column is key:
            yield key.desc() if descending else key
            return
        # PostgreSQL alone sorts what is absent last; the others do what is wanted when they are told nothing.
        tell = column.nullable and self._dialect.name == "postgresql"
        if descending:
            yield nulls_last(column.desc()) if tell else column.desc()
            yield key.desc()
        else:
            yield nulls_first(column) if tell else column
            yield key

    def _behind(self, column: Any, binds: Binds, *, absent: bool, descending: bool) -> ColumnElement[bool]:
        """What comes after a record in the order: of a column, then of the id."""
        key = self._table.c.id
        if column is key:
            mark = binds.value(key)
            return key < mark if descending else key > mark  # type: ignore[no-any-return]  # a claim
        if absent:
            mark = binds.value(key)
            if descending:
                return and_(column.is_(None), key < mark)
            return or_(and_(binds.tenant(), column.is_(None), key > mark), and_(binds.tenant(), column.is_not(None)))
        pair, marks = tuple_(column, key), tuple_(binds.value(column), binds.value(key))
        if not descending:
            return pair > marks
        if not column.nullable:
            return pair < marks
        return or_(and_(binds.tenant(), pair < marks), and_(binds.tenant(), column.is_(None)))


def _asked_by(where: Criterion) -> Iterator[str]:
    """The fields that have to equal one of a few values."""
    match where:
        case Is(field) | OneOf(field):
            yield field
        case All(criteria):
            for criterion in criteria:
                yield from _asked_by(criterion)


def _whole(sum_: Any) -> int:
    """A sum as a whole number: PostgreSQL gives a Decimal, and the sum of nothing is NULL."""
    return 0 if sum_ is None else int(sum_)


def _claim(
    where: Criterion, binds: Binds, again: Callable[[Criterion, Binds], ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Put a criterion into SQL, for a table of records or of parts."""

    def column(field: str) -> Any:
        return column_in(binds.table, field)

    def inside(criterion: Criterion) -> ColumnElement[bool]:
        return again(criterion, binds) if isinstance(criterion, Has) else _claim(criterion, binds, again)

    match where:
        case Is(field, None):
            return column(field).is_(None)  # type: ignore[no-any-return]  # a claim
        case Is(field):
            return column(field) == binds.value(column(field))  # type: ignore[no-any-return]  # a claim
        case OneOf(field, options):
            if not options:
                return false()
            return binds.one_of(column(field), len(options))
        case Compare(field, operator):
            return column(field).op(operator, is_comparison=True)(binds.value(column(field)))  # type: ignore[no-any-return]
        case Mentions(field):
            first, later = binds.patterns(column(field))
            found = column(field).like(first, escape=ESCAPE), column(field).like(later, escape=ESCAPE)
            return or_(*(and_(binds.tenant(), one) for one in found))
        case All(criteria):
            return and_(true(), *(inside(c) for c in criteria))
        case AnyOf(criteria):
            return or_(false(), *(and_(binds.tenant(), inside(c)) for c in criteria))
        case Not(inner):
            return not_(func.coalesce(inside(inner), false(), type_=Boolean))
    raise TypeError(f"{type(where).__name__} is not a criterion")

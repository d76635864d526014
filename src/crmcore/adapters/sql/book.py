"""The book of statements: everything that is compiled for one schema and one kind of database, compiled once and shared by all stores."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, bindparam, select

from crmcore.adapters.sql.counters import Counters
from crmcore.adapters.sql.errors import translate
from crmcore.adapters.sql.feed import SqlFeed
from crmcore.adapters.sql.queries import Queries
from crmcore.adapters.sql.statements import RecordPlan, compiled
from crmcore.adapters.sql.tables import Schema
from crmcore.domain.errors.root import CrmError
from crmcore.domain.kernel import Entity


class Book:
    """The statements for one schema on one kind of database.

    Attributes:
        dialect: of the database, with parameters by their order.
        driver_error: the root of the driver's own errors.
    """

    def __init__(self, schema: Schema, dialect: Dialect, driver_error: type[Exception], *, snapshots: bool) -> None:
        self._schema = schema
        self.dialect = dialect
        self._plans: dict[type[Entity], RecordPlan] = {}
        self._queries: dict[type[Entity], Queries] = {}
        self._named: dict[tuple[type[Entity], str, type[Entity]], str] = {}
        self.driver_error = driver_error
        self.feed = SqlFeed(schema.events, dialect)
        self.counters = Counters(schema.counts, dialect, alone=snapshots)

    def plan(self, kind: type[Entity]) -> RecordPlan:
        """How a kind of record is written and read."""
        plan = self._plans.get(kind)
        if plan is None:
            plan = self._plans[kind] = RecordPlan(self._schema.records[kind], self.dialect)
        return plan

    def queries(self, kind: type[Entity]) -> Queries:
        """How a kind of record is searched."""
        queries = self._queries.get(kind)
        if queries is None:
            queries = self._queries[kind] = Queries(self.plan(kind), self.dialect)
        return queries

    def named(self, holder: type[Entity], field: str, kind: type[Entity]) -> str:
        """The text of a SELECT of the record that a field of another one names; its parameters are the tenant, twice, and the other's id."""
        key = (holder, field, kind)
        sql = self._named.get(key)
        if sql is None:
            table, other = self.plan(kind).record.table, self.plan(holder).record.table
            tenant, id = bindparam("tenant", type_=table.c.tenant.type), bindparam("id", type_=other.c.id.type)
            name = select(other.c[field]).where(other.c.tenant == tenant, other.c.id == id).scalar_subquery()
            named = select(*self.plan(kind).columns).where(table.c.tenant == tenant, table.c.id == name)
            made = compiled(named, self.dialect)
            assert made.names == ("tenant", "tenant", "id")
            sql = self._named[key] = made.sql
        return sql

    def translate(self, error: Exception, sql: str = "", *, committing: bool = False) -> CrmError:
        """Say in our words what the driver said, of a statement if it was one."""
        return translate(error, self._schema.keys, sql, committing=committing)


def book_for(schema: Schema, dialect: Dialect, *, snapshots: bool = False) -> Book:
    """Find the book for a database, or write it.

    Args:
        snapshots: whether a transaction sees one snapshot for its whole length, and is refused what was changed since.
    """
    kind: Any = type(dialect)
    driver: Any = dialect.dbapi
    return _book(schema, kind, driver.Error, snapshots)


@lru_cache(maxsize=64)
def _book(schema: Schema, kind: Any, driver_error: type[Exception], snapshots: bool) -> Book:  # noqa: FBT001  # as a key
    dialect = kind()
    # Parameters are given by their order; a driver that wants them by name takes the other of its two styles.
    dialect = dialect if dialect.positional else kind(paramstyle="format")
    return Book(schema, dialect, driver_error, snapshots=snapshots)

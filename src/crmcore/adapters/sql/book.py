"""The book of statements: everything that is compiled for one schema and one kind of database, compiled once and shared by all stores."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect

from crmcore.adapters.sql.errors import translate
from crmcore.adapters.sql.feed import SqlFeed
from crmcore.adapters.sql.queries import Queries
from crmcore.adapters.sql.statements import RecordPlan
from crmcore.adapters.sql.tables import Schema
from crmcore.domain.errors.root import CrmError
from crmcore.domain.kernel import Entity


class Book:
    """The statements for one schema on one kind of database.

    Attributes:
        driver_error: the root of the driver's own errors.
    """

    def __init__(self, schema: Schema, dialect: Dialect, driver_error: type[Exception]) -> None:
        self._schema = schema
        self._dialect = dialect
        self._plans: dict[type[Entity], RecordPlan] = {}
        self._queries: dict[type[Entity], Queries] = {}
        self.driver_error = driver_error
        self.feed = SqlFeed(schema.events, dialect)

    def plan(self, kind: type[Entity]) -> RecordPlan:
        """How a kind of record is written and read."""
        plan = self._plans.get(kind)
        if plan is None:
            plan = self._plans[kind] = RecordPlan(self._schema.records[kind], self._dialect)
        return plan

    def queries(self, kind: type[Entity]) -> Queries:
        """How a kind of record is searched."""
        queries = self._queries.get(kind)
        if queries is None:
            queries = self._queries[kind] = Queries(self.plan(kind), self._dialect)
        return queries

    def translate(self, error: Exception, *, committing: bool = False) -> CrmError:
        """Say in our words what the driver said."""
        return translate(error, self._schema.keys, committing=committing)


def book_for(schema: Schema, dialect: Dialect) -> Book:
    """Find the book for a database, or write it."""
    kind: Any = type(dialect)
    driver: Any = dialect.dbapi
    return _book(schema, kind, driver.Error)


@lru_cache(maxsize=64)
def _book(schema: Schema, kind: Any, driver_error: type[Exception]) -> Book:
    dialect = kind()
    # Parameters are given by their order; a driver that wants them by name takes the other of its two styles.
    return Book(schema, dialect if dialect.positional else kind(paramstyle="format"), driver_error)

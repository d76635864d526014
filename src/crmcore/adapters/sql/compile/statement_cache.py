"""Statement cache: compiled statements, shared by all stores.

There is one cache for each combination of schema and dialect.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Dialect, bindparam, select

from crmcore.adapters.sql.compile.mappers import EntityMapper, compile_statement
from crmcore.adapters.sql.compile.query_compiler import QueryCompiler
from crmcore.adapters.sql.schema.errors import translate
from crmcore.adapters.sql.schema.tables import Schema
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.base import CrmError

if TYPE_CHECKING:
    from crmcore.adapters.sql.session.feed import SqlFeed
    from crmcore.adapters.sql.session.projections import DealCounters


class StatementCache:
    """The statements for one schema on one kind of database.

    Attributes:
        dialect: of the database, with parameters by their order.
        driver_error: the root of the driver's own errors.
        feed: the statements of the event feed.
        counters: the statements of the deal counters.
    """

    def __init__(
        self,
        schema: Schema,
        dialect: Dialect,
        driver_error: type[Exception],
        *,
        feed: "SqlFeed",
        counters: "DealCounters",
    ) -> None:
        self._schema = schema
        self.dialect = dialect
        self._mappers: dict[type[Entity], EntityMapper] = {}
        self._query_compilers: dict[type[Entity], QueryCompiler] = {}
        self._reference_selects: dict[tuple[type[Entity], str, type[Entity]], str] = {}
        self.driver_error = driver_error
        self.feed = feed
        self.counters = counters

    def mapper(self, entity_type: type[Entity]) -> EntityMapper:
        """Return the data mapper of an entity type."""
        mapper = self._mappers.get(entity_type)
        if mapper is None:
            mapper = self._mappers[entity_type] = EntityMapper(self._schema.entity_tables[entity_type], self.dialect)
        return mapper

    def query_compiler(self, entity_type: type[Entity]) -> QueryCompiler:
        """Return the query compiler of an entity type."""
        query_compiler = self._query_compilers.get(entity_type)
        if query_compiler is None:
            query_compiler = self._query_compilers[entity_type] = QueryCompiler(self.mapper(entity_type), self.dialect)
        return query_compiler

    def select_by_reference(self, referencing_type: type[Entity], field: str, entity_type: type[Entity]) -> str:
        """Return the SELECT of the record that a foreign key points to.

        Its parameters are the tenant, the tenant again, and the id of the referencing record.
        """
        key = (referencing_type, field, entity_type)
        sql = self._reference_selects.get(key)
        if sql is None:
            table, referencing_table = (
                self.mapper(entity_type).entity_table.table,
                self.mapper(referencing_type).entity_table.table,
            )
            tenant, id = (
                bindparam("tenant", type_=table.c.tenant.type),
                bindparam("id", type_=referencing_table.c.id.type),
            )
            referenced_id = (
                select(referencing_table.c[field])
                .where(referencing_table.c.tenant == tenant, referencing_table.c.id == id)
                .scalar_subquery()
            )
            statement = select(*self.mapper(entity_type).columns).where(
                table.c.tenant == tenant, table.c.id == referenced_id
            )
            compiled = compile_statement(statement, self.dialect)
            assert compiled.names == ("tenant", "tenant", "id")
            sql = self._reference_selects[key] = compiled.sql
        return sql

    def translate_error(self, error: Exception, sql: str = "", *, committing: bool = False) -> CrmError:
        """Translate a driver error to an error of crmcore."""
        return translate(error, self._schema.constraint_keys, sql, committing=committing)


def statement_cache_for(
    schema: Schema,
    dialect: Dialect,
    *,
    feed: "Callable[..., SqlFeed]",
    counters: "Callable[..., DealCounters]",
    snapshot_isolation: bool = False,
) -> StatementCache:
    """Return the shared statement cache of a schema and a dialect.

    Args:
        schema: the tables.
        dialect: the database's dialect.
        feed: the class of the event feed's statements.
        counters: the class of the deal counters' statements.
        snapshot_isolation: whether a transaction sees one snapshot and cannot change rows that were changed after it.
    """
    dialect_class: Any = type(dialect)
    driver: Any = dialect.dbapi
    return _build_statement_cache(
        schema, dialect_class, driver.Error, feed=feed, counters=counters, unique_shards=snapshot_isolation
    )


@lru_cache(maxsize=64)
def _build_statement_cache(
    schema: Schema,
    dialect_class: Any,
    driver_error: type[Exception],
    *,
    feed: Any,
    counters: Any,
    unique_shards: bool,
) -> StatementCache:
    dialect = dialect_class()
    # Parameters are positional; a driver with named parameters also supports the format style.
    dialect = dialect if dialect.positional else dialect_class(paramstyle="format")
    return StatementCache(
        schema,
        dialect,
        driver_error,
        feed=feed(schema.events_table, dialect),
        counters=counters(schema.deal_counts_table, dialect, unique_shards=unique_shards),
    )

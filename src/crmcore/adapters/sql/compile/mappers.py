"""Data mappers: compile the writes and reads of each entity type.

Statements are written with SQLAlchemy, compiled once, and run on the driver's cursor. SQLAlchemy's own `execute` costs five times as much
as the statement itself on SQLite (`docs/decisions/0005`). The row codecs replace its result objects at lower cost.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Dialect, Table, and_, bindparam, delete, insert, select, update

from crmcore.adapters.sql.compile.row_codec import make_dumper, make_loader, setter
from crmcore.adapters.sql.dialects.postgresql import is_psycopg
from crmcore.adapters.sql.schema.columns import column_specs
from crmcore.adapters.sql.schema.entity_tables import ChildTable, EntityTable
from crmcore.adapters.sql.schema.types import PrefixedIdType
from crmcore.domain.kernel.entity import Entity

INSERT_CHUNK_SIZES: Final = (64, 16)
"""The numbers of rows in one INSERT: the larger first, then the smaller, then the remainder. Larger numbers save no time, and a statement
for every number of rows would fill the statement caches."""
COPY_THRESHOLD: Final = 64
"""The number of rows from which COPY is used, where the driver supports it."""

SQLITE_OFFSET: Final = " OFFSET ?"

Row = tuple[Any, ...]


@frozen
class Statement:
    """A compiled statement: its SQL and its parameter names in driver order."""

    sql: str
    names: tuple[str, ...]


def compile_statement(statement: Any, dialect: Dialect) -> Statement:
    """Compile a statement for one database."""
    compiled = statement.compile(dialect=dialect)
    # On SQLite, SQLAlchemy adds an OFFSET parameter to every LIMIT.
    sql, names = str(compiled), tuple(compiled.positiontup or ())
    return Statement(sql.removesuffix(SQLITE_OFFSET), names[:-1] if sql.endswith(SQLITE_OFFSET) else names)


class MultiRowInsert:
    """INSERT statements for one table, with one row or several rows each.

    Attributes:
        column_names: the columns, in the order of a row.
        copy_sql: the COPY statement, where the driver supports it; empty elsewhere.
    """

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self._table = table
        self._dialect = dialect
        self._sql_by_row_count: dict[int, str] = {}
        self.column_names: tuple[str, ...] = tuple(column.name for column in table.columns)
        self.copy_sql: str = self._copy_statement() if is_psycopg(dialect) else ""

    def _copy_statement(self) -> str:
        preparer = self._dialect.identifier_preparer
        columns = ", ".join(preparer.quote(name) for name in self.column_names)
        return f"COPY {preparer.format_table(self._table)} ({columns}) FROM STDIN"

    def sql_for(self, row_count: int) -> str:
        """Return the INSERT of a number of rows.

        Its parameters are the values row by row, in the order of `column_names`.
        """
        sql = self._sql_by_row_count.get(row_count)
        if sql is None:
            values = {column.name: bindparam(column.name, type_=column.type) for column in self._table.columns}
            statement = compile_statement(insert(self._table).values(values), self._dialect)
            assert statement.names == self.column_names
            head, row = statement.sql.split(" VALUES ")
            sql = self._sql_by_row_count[row_count] = f"{head} VALUES {', '.join([row] * row_count)}"
        return sql

    def chunks(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        """Split rows into chunks of one INSERT each."""
        start = 0
        for size in INSERT_CHUNK_SIZES:
            while len(rows) - start >= size:
                yield rows[start : start + size]
                start += size
        if start < len(rows):
            yield rows[start:]


class ChildMapper:
    """Data mapper of one child table or log table.

    Attributes:
        to_row: converts a child record to its row: ``to_row(child, tenant, owner, position, actor)``, with the owner's id in driver form.
        set_children: sets the tuple of child records on a record while it is loaded.
        read_owner_id: converts the owner's id from driver form.
    """

    def __init__(self, owner_type: type[Entity], child_table: ChildTable, dialect: Dialect) -> None:
        table = child_table.table
        self._table = table
        self._dialect = dialect
        self._owner_column = table.c[child_table.owner_column]
        self._order_column = table.c[child_table.order_column]
        self.field: str = child_table.field
        self.read_owner_id: Callable[[Any], Any] = PrefixedIdType(child_table.owner_prefix).result_converter(dialect)
        self.set_children: Callable[[Any, Any], None] = setter(owner_type, child_table.field)
        self.insert: MultiRowInsert = MultiRowInsert(table, dialect)
        extra_sources = {
            "tenant": "tenant",
            child_table.owner_column: "owner",
            "position": "position",
            "actor": "actor",
        }
        self.to_row: Callable[..., tuple[Any, ...]] = make_dumper(
            child_table.child_class,
            dialect,
            self.insert.column_names,
            arguments="tenant, owner, position, actor",
            extra_sources=extra_sources,
        )
        self.load: Callable[[Sequence[Any]], Any] = make_loader(
            child_table.child_class, dialect, leading_columns=("owner", "actor")
        )
        self._columns = [
            self._owner_column,
            table.c.actor,
            *(table.c[spec.column] for spec in column_specs(child_table.child_class)),
        ]
        is_of_tenant = table.c.tenant == bindparam("tenant", type_=table.c.tenant.type)
        is_of_owner = and_(is_of_tenant, self._owner_column == bindparam("owner", type_=self._owner_column.type))
        self.delete_sql: str = compile_statement(delete(table).where(is_of_owner), dialect).sql
        self._select_sql_by_owner_count: dict[int, str] = {}

    def select_sql(self, owner_count: int) -> str:
        """Return the SELECT of the child records of a number of records.

        Its parameters are the tenant and the owners' ids. Rows are ordered by owner and position.
        """
        sql = self._select_sql_by_owner_count.get(owner_count)
        if sql is None:
            owner_parameters = [bindparam(f"owner_{n}", type_=self._owner_column.type) for n in range(owner_count)]
            is_of_owner = (
                self._owner_column == owner_parameters[0]
                if owner_count == 1
                else self._owner_column.in_(owner_parameters)
            )
            is_of_tenant = self._table.c.tenant == bindparam("tenant", type_=self._table.c.tenant.type)
            statement = (
                select(*self._columns).where(is_of_tenant, is_of_owner).order_by(self._owner_column, self._order_column)
            )
            sql = self._select_sql_by_owner_count[owner_count] = compile_statement(statement, self._dialect).sql
        return sql


class EntityMapper:
    """Data mapper of one entity type.

    Attributes:
        to_row: converts a record to its row: ``to_row(entity, tenant)``.
        to_update_row: converts a record to the parameters of its UPDATE: ``to_update_row(entity, tenant, base_version)``.
        write_id: converts an id to driver form.
        children: the mappers of the child tables, each with the index of its count column in the row.
    """

    def __init__(self, entity_table: EntityTable, dialect: Dialect) -> None:
        table, entity_type = entity_table.table, entity_table.entity_type
        self.entity_table = entity_table
        self.entity_type = entity_type
        self.insert: MultiRowInsert = MultiRowInsert(table, dialect)
        extra_sources = {"tenant": "tenant", "version": "o.version", "actor": "o.actor"}
        extra_sources |= {
            child_table.count_column: f"len(o.{child_table.field})" for child_table in entity_table.child_tables
        }
        self.to_row: Callable[..., tuple[Any, ...]] = make_dumper(
            entity_type, dialect, self.insert.column_names, arguments="tenant", extra_sources=extra_sources
        )
        self.columns: list[Any] = [
            table.c.version,
            table.c.actor,
            *(table.c[spec.column] for spec in column_specs(entity_type)),
        ]
        self.load: Callable[[Sequence[Any]], Any] = make_loader(
            entity_type, dialect, leading_columns=("version", "actor")
        )
        first_count = len(self.columns)
        self.columns += [table.c[child_table.count_column] for child_table in entity_table.child_tables]
        self.children: list[tuple[int, ChildMapper]] = [
            (first_count + index, ChildMapper(entity_type, child_table, dialect))
            for index, child_table in enumerate(entity_table.child_tables)
        ]
        self.log: ChildMapper | None = (
            ChildMapper(entity_type, entity_table.log_table, dialect) if entity_table.log_table else None
        )
        self.write_id: Callable[[Any], Any] = PrefixedIdType(entity_type.meta.prefix).bind_converter(dialect)
        is_this_row = and_(
            table.c.tenant == bindparam("at_tenant", type_=table.c.tenant.type),
            table.c.id == bindparam("at_id", type_=table.c.id.type),
        )
        has_version = table.c.version == bindparam("at_version", type_=table.c.version.type)
        updated_columns = [column for column in table.columns if column.name not in {"tenant", "id"}]
        assignments = {column.name: bindparam(column.name, type_=column.type) for column in updated_columns}
        update_statement = compile_statement(update(table).where(is_this_row, has_version).values(assignments), dialect)
        id_source = PrefixedIdType(entity_type.meta.prefix).python_source(dialect)[0].format(v="o.id")
        extra_sources |= {"at_tenant": "tenant", "at_id": id_source, "at_version": "base_version"}
        self.update_sql: str = update_statement.sql
        self.to_update_row: Callable[..., tuple[Any, ...]] = make_dumper(
            entity_type, dialect, update_statement.names, arguments="tenant, base_version", extra_sources=extra_sources
        )
        self.select_sql: str = compile_statement(select(*self.columns).where(is_this_row), dialect).sql
        self.delete_sql: str = compile_statement(delete(table).where(is_this_row, has_version), dialect).sql


def entity_mappers(entity_tables: Sequence[EntityTable], dialect: Dialect) -> dict[type[Entity], EntityMapper]:
    """Make the data mappers of all entity types."""
    return {entity_table.entity_type: EntityMapper(entity_table, dialect) for entity_table in entity_tables}

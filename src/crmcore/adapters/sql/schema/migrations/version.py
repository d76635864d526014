"""Schema version: one row in a table with the format of Alembic.

Alembic itself need not be installed.

Invariants:
1. A new schema is created with the current tables and marked with the newest version.
2. An older schema is not changed here; `run` migrates it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from zlib import crc32

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, select

from crmcore.adapters.sql.dialects import sqlite
from crmcore.adapters.sql.schema.tables import Schema
from crmcore.domain.kernel.errors.infrastructure import SchemaOutdatedError

HEAD: Final = "0001"
"""The newest version. Later ones sort behind earlier ones."""


def version_table(schema: Schema, metadata: MetaData | None = None) -> Table:
    """Return the table that contains the version."""
    name = f"{schema.prefix}schema_version"
    return Table(
        name,
        MetaData() if metadata is None else metadata,
        Column("version_num", String(32), nullable=False),
        PrimaryKeyConstraint("version_num", name=f"{name}_pkc"),  # as Alembic would name it
        schema=schema.schema_name,
    )


def current_version(connection: Connection, schema: Schema) -> str | None:
    """Return the version of the tables; None if it is not recorded."""
    table = version_table(schema)
    if not inspect(connection).has_table(table.name, schema=schema.schema_name):
        return None
    return connection.scalar(select(table.c.version_num))


def create_tables(connection: Connection, schema: Schema) -> None:
    """Create missing tables, record the version, update the statistics.

    Raises:
        SchemaOutdatedError: the tables belong to an older release.
    """
    with migration_lock(connection, schema):
        current = current_version(connection, schema)
        if current is not None and current < HEAD:
            raise SchemaOutdatedError(current, HEAD)
        schema.metadata.create_all(connection, tables=schema.tables)
        if current is None:
            table = version_table(schema)
            table.create(connection, checkfirst=True)
            connection.execute(insert(table).values(version_num=HEAD))
        analyze(connection, schema)


@contextmanager
def migration_lock(connection: Connection, schema: Schema) -> Iterator[None]:
    """Exclude concurrent migrations of the same tables.

    On SQLite, the write lock of the transaction does so already.
    """
    lock_name = version_table(schema).fullname
    match connection.dialect.name:
        case "postgresql":  # held until the transaction ends
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (crc32(lock_name.encode()),))
            yield
        case "mysql" | "mariadb":
            connection.exec_driver_sql("SELECT GET_LOCK(%s, 600)", (lock_name,))
            try:
                yield
            finally:
                connection.exec_driver_sql("SELECT RELEASE_LOCK(%s)", (lock_name,))
        case _:
            yield


def analyze(connection: Connection, schema: Schema) -> None:
    """Update the statistics of the query planner."""
    if connection.dialect.name == "sqlite":
        sqlite.set_index_statistics(connection, schema.tables)
    elif connection.dialect.name == "postgresql":
        for table in schema.tables:
            connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}")


def include_name(*, prefix: str = "crm_", schema: str | None = None) -> Callable[..., bool]:
    """Return a filter that hides our tables from a host's Alembic.

    Pass it as `include_name` to `context.configure`. Without it, `alembic revision --autogenerate` would drop our tables.

    Args:
        prefix: of our tables.
        schema: of our tables; None is the default schema of the connection.
    """

    def is_the_hosts(name: str | None, sort: str, parents: Any) -> bool:
        ours = sort == "table" and (name or "").startswith(prefix) and parents.get("schema_name") == schema
        return not ours

    return is_the_hosts

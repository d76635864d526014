"""Which version the tables are of: one row in a table of its own, in the form of Alembic's, which need not be installed for it.

Rule 1: a fresh schema is made as it is now, and noted to be of the newest version.
Rule 2: an older one is not touched here; `run` leads it on.
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
    """The table that the version stands in."""
    name = f"{schema.prefix}schema_version"
    return Table(
        name,
        MetaData() if metadata is None else metadata,
        Column("version_num", String(32), nullable=False),
        PrimaryKeyConstraint("version_num", name=f"{name}_pkc"),  # as Alembic would name it
        schema=schema.schema_name,
    )


def current_version(connection: Connection, schema: Schema) -> str | None:
    """The version that the tables are of; None when nobody has noted it."""
    table = version_table(schema)
    if not inspect(connection).has_table(table.name, schema=schema.schema_name):
        return None
    return connection.scalar(select(table.c.version_num))


def create_tables(connection: Connection, schema: Schema) -> None:
    """Make the tables that are missing, note their version, and give the planner the statistics without which it plans badly.

    Raises:
        SchemaOutdatedError: tables of an older release are there.
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
    """Keep other processes from changing the same tables meanwhile. SQLite, which has begun IMMEDIATE, keeps them off anyway."""
    lock_name = version_table(schema).fullname
    match connection.dialect.name:
        case "postgresql":  # until the transaction ends
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
    """Give the planner the statistics without which it plans badly."""
    if connection.dialect.name == "sqlite":
        sqlite.set_index_statistics(connection, schema.tables)
    elif connection.dialect.name == "postgresql":
        for table in schema.tables:
            connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}")


def include_name(*, prefix: str = "crm_", schema: str | None = None) -> Callable[..., bool]:
    """Make the `include_name` with which a host's own Alembic leaves our tables alone, for its `context.configure`.

    Without it, `alembic revision --autogenerate` takes them for tables that were forgotten, and drops them.

    Args:
        prefix: of our names.
        schema: of the database in which our tables are; None is the connection's own.
    """

    def is_the_hosts(name: str | None, sort: str, parents: Any) -> bool:
        ours = sort == "table" and (name or "").startswith(prefix) and parents.get("schema_name") == schema
        return not ours

    return is_the_hosts

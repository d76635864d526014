"""Which version the tables are of: one row in a table of its own, in the form of Alembic's, which need not be installed for it.

Rule 1: a fresh schema is made as it is now, and noted to be of the newest version.
Rule 2: an older one is not touched here; `run` leads it on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from zlib import crc32

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, select

from crmcore.adapters.sql import sqlite
from crmcore.adapters.sql.tables import Schema
from crmcore.domain.errors.outside import SchemaOutdated

HEAD: Final = "0001"
"""The newest version. Later ones sort behind earlier ones."""


def table(schema: Schema, metadata: MetaData | None = None) -> Table:
    """The table that the version stands in."""
    name = f"{schema.prefix}schema_version"
    return Table(
        name,
        MetaData() if metadata is None else metadata,
        Column("version_num", String(32), nullable=False),
        PrimaryKeyConstraint("version_num", name=f"{name}_pkc"),  # as Alembic would name it
        schema=schema.name,
    )


def read(connection: Connection, schema: Schema) -> str | None:
    """The version that the tables are of; None when nobody has noted it."""
    versions = table(schema)
    if not inspect(connection).has_table(versions.name, schema=schema.name):
        return None
    return connection.scalar(select(versions.c.version_num))


def create(connection: Connection, schema: Schema) -> None:
    """Make the tables that are missing, note their version, and give the planner the statistics without which it plans badly.

    Raises:
        SchemaOutdated: tables of an older release are there.
    """
    with alone(connection, schema):
        found = read(connection, schema)
        if found is not None and found < HEAD:
            raise SchemaOutdated(found, HEAD)
        schema.metadata.create_all(connection, tables=schema.tables)
        if found is None:
            versions = table(schema)
            versions.create(connection, checkfirst=True)
            connection.execute(insert(versions).values(version_num=HEAD))
        settle(connection, schema)


@contextmanager
def alone(connection: Connection, schema: Schema) -> Iterator[None]:
    """Keep other processes from changing the same tables meanwhile. SQLite, which has begun IMMEDIATE, keeps them off anyway."""
    name = table(schema).fullname
    match connection.dialect.name:
        case "postgresql":  # until the transaction ends
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (crc32(name.encode()),))
            yield
        case "mysql" | "mariadb":
            connection.exec_driver_sql("SELECT GET_LOCK(%s, 600)", (name,))
            try:
                yield
            finally:
                connection.exec_driver_sql("SELECT RELEASE_LOCK(%s)", (name,))
        case _:
            yield


def settle(connection: Connection, schema: Schema) -> None:
    """Give the planner the statistics without which it plans badly."""
    if connection.dialect.name == "sqlite":
        sqlite.advise(connection, schema.tables)
    elif connection.dialect.name == "postgresql":
        for one in schema.tables:
            connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(one)}")


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

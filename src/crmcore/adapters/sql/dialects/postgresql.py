"""PostgreSQL: driver detection, and settings that would lose writes."""

from typing import Any, Final

from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects.postgresql.base import PGIdentifierPreparer
from sqlalchemy.engine.default import DefaultDialect

IDENTIFIER_PREPARER: Final = PGIdentifierPreparer(DefaultDialect())
"""Quotes names in DDL."""


def is_psycopg(dialect: Dialect) -> bool:
    """Return whether the driver is psycopg (text arrays, COPY, pipelines)."""
    return (dialect.name, dialect.driver) == ("postgresql", "psycopg")


def find_problems(connection: Connection, *, durability: str) -> tuple[list[str], str]:
    """Return the settings that would lose writes, and the isolation level."""
    problems = []
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        problems.append("the connection commits each statement by itself; do not use isolation_level='AUTOCOMMIT'")
    cursor: Any = connection.connection.cursor()
    try:
        settings = ", ".join(
            f"current_setting('{name}')" for name in ("synchronous_commit", "fsync", "transaction_isolation")
        )
        cursor.execute(f"SELECT {settings}")
        commit, fsync, level = cursor.fetchone()
    finally:
        cursor.close()
    if durability == "full" and (commit == "off" or fsync == "off"):
        problems.append(
            "synchronous_commit or fsync is off, and a crash loses commits; turn them on, or pass durability='relaxed'"
        )
    return problems, level

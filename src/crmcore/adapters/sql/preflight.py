"""The preflight: a look at the host's database before anything is entrusted to it.

An engine that would lose acknowledged writes is refused with everything that is wrong with it, and the cure for each.
"""

from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from crmcore.adapters.sql import mariadb, sqlite
from crmcore.domain.errors.outside import UnsafeEngine


def check(host: Engine | Connection | Session, *, durability: str) -> None:
    """Look a host's engine or connection over.

    Raises:
        UnsafeEngine: it would lose writes.
    """
    if isinstance(host, Engine):
        with host.connect() as connection, connection.begin():
            found = _problems(connection, durability)
    else:
        connection = host.connection() if isinstance(host, Session) else host
        if not connection.in_transaction():
            connection.begin()
        found = _problems(connection, durability)
    if found:
        raise UnsafeEngine(tuple(found))


def _problems(connection: Connection, durability: str) -> list[str]:
    match connection.dialect.name:
        case "sqlite":
            return sqlite.problems(connection.connection, durability=durability)
        case "postgresql":
            return _postgresql(connection, durability)
        case "mysql" | "mariadb":
            return mariadb.problems(connection, durability=durability)
        case _:
            return []


def _postgresql(connection: Connection, durability: str) -> list[str]:
    found = []
    if getattr(connection.connection.dbapi_connection, "autocommit", False):
        found.append("the connection commits each statement by itself; do not use isolation_level='AUTOCOMMIT'")
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute("SELECT current_setting('synchronous_commit'), current_setting('fsync')")
        commit, fsync = cursor.fetchone()
    finally:
        cursor.close()
    if durability == "full" and (commit == "off" or fsync == "off"):
        found.append(
            "synchronous_commit or fsync is off, and a crash loses commits; turn them on, or pass durability='relaxed'"
        )
    return found

"""Preflight check: rejects engines that would lose acknowledged writes.

The error lists every problem and its fix.
"""

from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from crmcore.adapters.sql.dialects import mariadb, postgresql, sqlite
from crmcore.domain.kernel.errors.infrastructure import UnsafeEngineError

SNAPSHOT_ISOLATION_LEVELS: Final = frozenset({"repeatable read", "serializable"})
"""The isolation levels of PostgreSQL with one snapshot per transaction, which reject updates of rows that were changed after it."""

_PASSED: Final[WeakKeyDictionary[Engine, dict[str, bool]]] = WeakKeyDictionary()
"""The results of `check` by engine and durability. A second store over an engine takes no lock, so it can be created in a batch."""


def check(host: Engine | Connection | Session, *, durability: str) -> bool:
    """Check the settings of a host's engine or connection.

    Returns:
        Whether each transaction sees one snapshot.

    Raises:
        UnsafeEngineError: the engine would lose writes.
    """
    if isinstance(host, Engine):
        passed = _PASSED.setdefault(host, {})
        if durability not in passed:
            with host.connect() as connection, connection.begin():
                passed[durability] = _look(connection, durability)
        return passed[durability]
    connection = host.connection() if isinstance(host, Session) else host
    if not connection.in_transaction():
        connection.begin()
    return _look(connection, durability)


def _look(connection: Connection, durability: str) -> bool:
    found, level = _find_problems(connection, durability)
    if found:
        raise UnsafeEngineError(tuple(found))
    return level in SNAPSHOT_ISOLATION_LEVELS


def _find_problems(connection: Connection, durability: str) -> tuple[list[str], str]:
    """Return the problems, and the isolation level of PostgreSQL."""
    match connection.dialect.name:
        case "sqlite":
            return sqlite.find_problems(connection.connection, durability=durability), ""
        case "postgresql":
            return postgresql.find_problems(connection, durability=durability)
        case "mysql" | "mariadb":
            return mariadb.find_problems(connection, durability=durability), ""
        case _:
            return [], ""

"""The preflight: a look at the host's database before anything is entrusted to it.

An engine that would lose acknowledged writes is refused with everything that is wrong with it, and the cure for each.
"""

from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from crmcore.adapters.sql.dialects import mariadb, postgresql, sqlite
from crmcore.domain.kernel.errors.infrastructure import UnsafeEngineError

SNAPSHOT_ISOLATION_LEVELS: Final = frozenset({"repeatable read", "serializable"})
"""The isolation levels at which PostgreSQL shows a transaction one snapshot, and refuses it what was changed since."""

_PASSED: Final[WeakKeyDictionary[Engine, dict[str, bool]]] = WeakKeyDictionary()
"""What `check` returned for an engine, by durability: a second store over it takes no lock to be made, so it can be made in a batch."""


def check(host: Engine | Connection | Session, *, durability: str) -> bool:
    """Look a host's engine or connection over.

    Returns:
        Whether its transactions see one snapshot for their whole length.

    Raises:
        UnsafeEngineError: it would lose writes.
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
    """What would lose writes, and PostgreSQL's isolation level."""
    match connection.dialect.name:
        case "sqlite":
            return sqlite.find_problems(connection.connection, durability=durability), ""
        case "postgresql":
            return postgresql.find_problems(connection, durability=durability)
        case "mysql" | "mariadb":
            return mariadb.find_problems(connection, durability=durability), ""
        case _:
            return [], ""

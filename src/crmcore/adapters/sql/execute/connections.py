"""Connections of a transaction: pooled, joined to the host, or savepoint.

Invariants:
1. A pooled connection begins, commits and rolls back. On SQLite it sends BEGIN IMMEDIATE, so that a transaction reads nothing that another
   one is about to change.
2. A joined connection never ends the host's transaction. Writes are behind a savepoint, and only the savepoint is rolled back.
3. A host transaction that the database has rolled back or aborted is marked, so that its commit fails.
"""

from itertools import count
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from crmcore.adapters.sql.dialects import own_locks
from crmcore.adapters.sql.execute.statement_log import log_statement

_savepoint_numbers: Final = count(1)
SetupStatement = tuple[str, tuple[Any, ...]]
IMMEDIATE: Final[SetupStatement] = ("BEGIN IMMEDIATE", ())
"""Begins a writing transaction of SQLite: takes the only write lock."""


class TransactionConnection(Protocol):
    """The connection interface that transactions use.

    Attributes:
        has_failed: whether the database has rejected a statement.
    """

    has_failed: bool

    @property
    def cursor(self) -> Any:
        """The driver's cursor."""
        ...

    @property
    def is_innermost(self) -> bool:
        """Whether the host has set no savepoint since that is still open."""
        ...

    def before_write(self) -> None:
        """Prepare for writes, which may be rolled back later."""
        ...

    def commit(self) -> None:
        """Commit, or release the savepoint within a host's transaction."""
        ...

    def rollback(self) -> object:
        """Roll back uncommitted writes."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class PooledConnection:
    """A connection from the pool, for one transaction.

    Args:
        engine: whose pool is used.
        session_setup: the first statement and its parameters, for example ``BEGIN IMMEDIATE``.
    """

    is_innermost = True
    has_failed = False

    def __init__(self, engine: Engine, *, session_setup: SetupStatement | None = None) -> None:
        self._engine = engine
        self._lock = own_locks.acquire(self, engine, writes=session_setup == IMMEDIATE)
        try:
            self._connection = engine.raw_connection()
            try:
                self.cursor: Any = self._connection.cursor()
                if session_setup:
                    log_statement(session_setup[0])
                    self.cursor.execute(*session_setup)
            except BaseException:
                self._connection.invalidate()
                self._connection.close()
                raise
        except BaseException:
            own_locks.release(self._lock)
            raise

    def before_write(self) -> None:
        """Do nothing: a rollback undoes the whole transaction."""

    def commit(self) -> None:
        """Commit."""
        self._connection.commit()

    def rollback(self) -> None:
        """Roll back. If that fails, invalidate the connection and its pool."""
        try:
            self._connection.rollback()
        except Exception:  # noqa: BLE001  # each driver raises different errors for a lost connection
            # As SQLAlchemy does for a lost connection: the pool discards all connections that were made before.
            self._engine.pool._invalidate(self._connection, _checkin=False)  # noqa: SLF001  # there is no public way
            self._connection.invalidate()

    def close(self) -> None:
        """Give the connection back to the pool."""
        own_locks.release(self._lock)
        self.cursor.close()
        self._connection.close()


class SavepointConnection:
    """A savepoint of a transaction, which can be rolled back alone."""

    has_failed = False

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self._savepoint_name = ""

    def _execute(self, sql: str) -> None:
        log_statement(sql)
        self.cursor.execute(sql)

    def before_write(self) -> None:
        """Set a savepoint, once."""
        if not self._savepoint_name:
            self._savepoint_name = f"crm_{next(_savepoint_numbers)}"
            self._execute(f"SAVEPOINT {self._savepoint_name}")

    def commit(self) -> None:
        """Release the savepoint; the outer transaction commits or rolls back."""
        if self._savepoint_name:
            self._execute(f"RELEASE SAVEPOINT {self._savepoint_name}")
            self._savepoint_name = ""

    def rollback(self) -> bool:
        """Roll back to the savepoint and release it, if there is one."""
        if not self._savepoint_name:
            return False
        self._execute(f"ROLLBACK TO SAVEPOINT {self._savepoint_name}")
        self.commit()
        return True

    def close(self) -> None:
        """Do nothing: the cursor belongs to the transaction."""


class JoinedConnection(SavepointConnection):
    """The host's connection, within the host's transaction.

    PostgreSQL aborts a transaction when it rejects a statement, even a SELECT. A command therefore sets its savepoint before its first
    statement there. A query sets none; if it fails, the host's commit fails too.
    """

    def __init__(
        self, host: Connection | Session, *, session_setup: SetupStatement | None = None, reading: bool = False
    ) -> None:
        connection = host.connection() if isinstance(host, Session) else host
        if not connection.in_transaction():
            connection.begin()
        own_locks.register_joined(connection)
        self._connection = connection
        self._hosts = (host, connection)  # a session creates its savepoint on the connection later
        self._nested = self._savepoints()
        self._aborts = connection.dialect.name == "postgresql"
        super().__init__(connection.connection.cursor())
        if self._aborts and not reading:
            self.before_write()
        if session_setup:
            log_statement(session_setup[0])
            self.cursor.execute(*session_setup)

    @property
    def is_innermost(self) -> bool:
        """Whether the host has set no savepoint since that is still open."""
        return self._savepoints() == self._nested

    def rollback(self) -> bool:
        """Roll back to the savepoint and release it.

        If that fails, the database has rolled back the host's writes too: MariaDB after a deadlock, any database after a lost connection.
        PostgreSQL also does after a failed statement without a savepoint. The host's connection is then invalidated, so that the host
        cannot commit.
        """
        is_aborted = self._aborts and self.has_failed and not self._savepoint_name
        try:
            undone = super().rollback()
        except Exception:  # noqa: BLE001  # each driver raises different errors
            is_aborted, undone = True, False
        if is_aborted:
            self._connection.invalidate()
        return undone

    def close(self) -> None:
        """Close the cursor, and leave the connection to the host."""
        if not self._connection.invalidated:
            self.cursor.close()

    def _savepoints(self) -> list[Any]:
        return [host.get_nested_transaction() for host in self._hosts]

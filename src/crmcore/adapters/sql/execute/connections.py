"""Connections: from the pool, one for each transaction, or the host's, whose transaction is joined.

Invariants:
1. A pooled connection begins, commits and rolls back. SQLite begins IMMEDIATE, so that no transaction reads what another one will change.
2. A joined connection never ends a transaction that it did not begin. Writes stand behind a savepoint, and only that is rolled back.
3. A host's transaction that the database has undone or aborted is marked, so that its commit fails.
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
"""How a transaction of SQLite begins that writes: it takes the only write lock."""


class TransactionConnection(Protocol):
    """What a transaction needs of a connection.

    Attributes:
        has_failed: whether the database has refused a statement.
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
        """Get ready for writes that may have to be undone."""
        ...

    def commit(self) -> None:
        """Make what was written last, as far as it is ours to do so."""
        ...

    def rollback(self) -> object:
        """Undo what was written and not committed."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class PooledConnection:
    """A connection of our own, taken from the pool for one transaction.

    Args:
        session_setup: the statement that begins it, with its parameters, where the driver does not begin by itself.
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
        """Nothing: the whole transaction is ours."""

    def commit(self) -> None:
        """Commit."""
        self._connection.commit()

    def rollback(self) -> None:
        """Roll back; a connection on which even that fails is lost, and so are those that wait in the pool: they are thrown away."""
        try:
            self._connection.rollback()
        except Exception:  # noqa: BLE001  # every driver has errors of its own for a lost connection
            # What SQLAlchemy itself does when it meets a lost connection: none that was made before is handed out again.
            self._engine.pool._invalidate(self._connection, _checkin=False)  # noqa: SLF001  # it offers no other way
            self._connection.invalidate()

    def close(self) -> None:
        """Give the connection back to the pool."""
        own_locks.release(self._lock)
        self.cursor.close()
        self._connection.close()


class SavepointConnection:
    """A part of somebody's transaction, which can be undone by itself."""

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
        """Let the savepoint go: the transaction decides what becomes of it all."""
        if self._savepoint_name:
            self._execute(f"RELEASE SAVEPOINT {self._savepoint_name}")
            self._savepoint_name = ""

    def rollback(self) -> bool:
        """Go back to the savepoint, and let it go; tell whether there was one."""
        if not self._savepoint_name:
            return False
        self._execute(f"ROLLBACK TO SAVEPOINT {self._savepoint_name}")
        self.commit()
        return True

    def close(self) -> None:
        """Leave the cursor to whose transaction it is."""


class JoinedConnection(SavepointConnection):
    """The host's connection, within the host's transaction.

    PostgreSQL aborts a transaction when it refuses a statement of it, a SELECT too. So a command sets its savepoint there before its first
    statement; a view sets none, and when it fails, so does the host's commit.
    """

    def __init__(
        self, host: Connection | Session, *, session_setup: SetupStatement | None = None, reading: bool = False
    ) -> None:
        connection = host.connection() if isinstance(host, Session) else host
        if not connection.in_transaction():
            connection.begin()
        own_locks.register_joined(connection)
        self._connection = connection
        self._hosts = (host, connection)  # a session sets its savepoint on the connection late
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
        """Go back to the savepoint, and let it go.

        Where that fails, the database has undone the host's part too: MariaDB after a deadlock, any other when the connection was lost. So it
        has on PostgreSQL after a failed statement without a savepoint. The host's transaction is marked so, and cannot be committed as if
        nothing had been.
        """
        is_aborted = self._aborts and self.has_failed and not self._savepoint_name
        try:
            undone = super().rollback()
        except Exception:  # noqa: BLE001  # every driver has errors of its own
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

"""Reading from a second PostgreSQL server, which follows the first one.

Rule 1: a tenant's views see what this store has written for that tenant. As long as the second server has not got so far, the first one
answers.
Rule 2: whatever is wrong with the second server, the first one answers.
"""

import re
from threading import Lock
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crmcore.adapters.sql.execute.connections import PooledConnection, SetupStatement
from crmcore.domain.kernel.errors.validation import InvalidInputError

LSN_PATTERN: Final = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")
"""A place in the server's log, as PostgreSQL writes it."""
UNKNOWN_LSN: Final = "FFFFFFFF/FFFFFFFF"
"""The place of a commit of which nothing came back; no server ever gets there."""


class ReadReplica:
    """The second server, and how far each tenant's writes have to have come there.

    Attributes:
        engine: over it. It may stand for several servers, if something shares the connections out among them.
    """

    def __init__(self, engine: Engine) -> None:
        driver: Any = engine.dialect.dbapi
        self._engine = engine
        self._connection_errors = (driver.Error, PoolTimeout)
        self._required_lsns: dict[str, str] = {}
        self._lock = Lock()

    def connect(self, tenant: str, *, session_setup: SetupStatement | None) -> PooledConnection | None:
        """A link for a view, or None if the first server has to answer."""
        try:
            connection = PooledConnection(self._engine, session_setup=session_setup)
        except self._connection_errors:
            return None
        try:
            if self._has_caught_up(connection.cursor, tenant):
                return connection
        except self._connection_errors:
            pass
        connection.rollback()
        connection.close()
        return None

    def connect_primary(self, engine: Engine, tenant: str, *, session_setup: SetupStatement | None) -> PooledConnection:
        """A link to the first server, which remembers how far the log is after a commit."""
        return _LsnRecordingConnection(engine, self, tenant, session_setup)

    def last_write_lsn(self, tenant: str) -> str | None:
        """How far the log was when this tenant's last commit had been made."""
        return self._required_lsns.get(tenant)

    def require_lsn(self, tenant: str, lsn: str) -> None:
        """Let a tenant's views see at least what had been written when the log was there.

        Raises:
            InvalidInputError: that is no place in a log.
        """
        if not LSN_PATTERN.fullmatch(lsn):
            raise InvalidInputError("lsn", "must be what written() said")
        with self._lock:
            required = self._required_lsns.get(tenant, "0/0")
            # What follows a commit of which nothing came back stands behind it in the log.
            self._required_lsns[tenant] = lsn if required == UNKNOWN_LSN else max(lsn, required, key=_lsn_to_int)

    def reset_lsn(self, tenant: str) -> None:
        """Let a tenant's views go to the first server, until it has written again."""
        with self._lock:
            self._required_lsns[tenant] = UNKNOWN_LSN

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _has_caught_up(self, cursor: Any, tenant: str) -> bool:
        required = self._required_lsns.get(tenant)
        if required is None:
            return True
        if required == UNKNOWN_LSN:
            return False
        cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (required,))
        return bool(cursor.fetchone()[0])


class _LsnRecordingConnection(PooledConnection):
    def __init__(self, engine: Engine, replica: ReadReplica, tenant: str, session_setup: SetupStatement | None) -> None:
        super().__init__(engine, session_setup=session_setup)
        self._replica = replica
        self._tenant = tenant

    def commit(self) -> None:
        try:
            super().commit()
            cursor: Any = self.cursor
            cursor.execute("SELECT pg_current_wal_insert_lsn()")
            lsn = cursor.fetchone()[0]
        except BaseException:
            self._replica.reset_lsn(self._tenant)
            raise
        self._replica.require_lsn(self._tenant, str(lsn))


def _lsn_to_int(lsn: str) -> int:
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)

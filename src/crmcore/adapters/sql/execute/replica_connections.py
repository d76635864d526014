"""Read replica routing: queries to the replica if it has caught up.

Commands, and queries of tenants whose writes the replica has not replayed yet, go to the primary.
"""

from typing import Any

from sqlalchemy import Engine

from crmcore.adapters.sql.dialects.read_replica import ReadReplica
from crmcore.adapters.sql.execute.connections import PooledConnection, SetupStatement


def connect_replica(
    replica: ReadReplica, tenant: str, *, session_setup: SetupStatement | None
) -> PooledConnection | None:
    """Connect to the replica, if it has replayed the tenant's writes.

    Returns:
        The connection; None if the replica fails or lags behind, and the primary has to answer.
    """
    try:
        connection = PooledConnection(replica.engine, session_setup=session_setup)
    except replica.connection_errors:
        return None
    try:
        if replica.has_caught_up(connection.cursor, tenant):
            return connection
    except replica.connection_errors:
        pass
    connection.rollback()
    connection.close()
    return None


def connect_primary(
    replica: ReadReplica, engine: Engine, tenant: str, *, session_setup: SetupStatement | None
) -> PooledConnection:
    """Connect to the primary; each commit records the tenant's LSN."""
    return _LsnRecordingConnection(engine, replica, tenant, session_setup)


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

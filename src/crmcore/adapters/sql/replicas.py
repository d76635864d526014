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

from crmcore.adapters.sql.links import Begin, OwnLink
from crmcore.domain.errors.given import InvalidInput

MARK: Final = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")
"""A place in the server's log, as PostgreSQL writes it."""
UNKNOWN: Final = "FFFFFFFF/FFFFFFFF"
"""The place of a commit of which nothing came back; no server ever gets there."""


class Replica:
    """The second server, and how far each tenant's writes have to have come there.

    Attributes:
        engine: over it. It may stand for several servers, if something shares the connections out among them.
    """

    def __init__(self, engine: Engine) -> None:
        driver: Any = engine.dialect.dbapi
        self._engine = engine
        self._errors = (driver.Error, PoolTimeout)
        self._written: dict[str, str] = {}
        self._lock = Lock()

    def link(self, tenant: str, *, tell: Begin | None) -> OwnLink | None:
        """A link for a view, or None if the first server has to answer."""
        try:
            link = OwnLink(self._engine, begin=tell)
        except self._errors:
            return None
        try:
            if self._knows(link.cursor, tenant):
                return link
        except self._errors:
            pass
        link.rollback()
        link.release()
        return None

    def remembering(self, engine: Engine, tenant: str, *, tell: Begin | None) -> OwnLink:
        """A link to the first server, which remembers how far the log is after a commit."""
        return _Remembering(engine, self, tenant, tell)

    def written(self, tenant: str) -> str | None:
        """How far the log was when this tenant's last commit had been made."""
        return self._written.get(tenant)

    def see(self, tenant: str, mark: str) -> None:
        """Let a tenant's views see at least what had been written when the log was there.

        Raises:
            InvalidInput: that is no place in a log.
        """
        if not MARK.fullmatch(mark):
            raise InvalidInput("mark", "must be what written() said")
        with self._lock:
            known = self._written.get(tenant, "0/0")
            # What follows a commit of which nothing came back stands behind it in the log.
            self._written[tenant] = mark if known == UNKNOWN else max(mark, known, key=_place)

    def lost_sight(self, tenant: str) -> None:
        """Let a tenant's views go to the first server, until it has written again."""
        with self._lock:
            self._written[tenant] = UNKNOWN

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _knows(self, cursor: Any, tenant: str) -> bool:
        mark = self._written.get(tenant)
        if mark is None:
            return True
        if mark == UNKNOWN:
            return False
        cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (mark,))
        return bool(cursor.fetchone()[0])


class _Remembering(OwnLink):
    def __init__(self, engine: Engine, replica: Replica, tenant: str, tell: Begin | None) -> None:
        super().__init__(engine, begin=tell)
        self._replica = replica
        self._tenant = tenant

    def commit(self) -> None:
        try:
            super().commit()
            cursor: Any = self.cursor
            cursor.execute("SELECT pg_current_wal_insert_lsn()")
            mark = cursor.fetchone()[0]
        except BaseException:
            self._replica.lost_sight(self._tenant)
            raise
        self._replica.see(self._tenant, str(mark))


def _place(mark: str) -> int:
    high, low = mark.split("/")
    return (int(high, 16) << 32) + int(low, 16)

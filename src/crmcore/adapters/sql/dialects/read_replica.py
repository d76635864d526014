"""PostgreSQL read replica: the LSN it must have replayed per tenant.

Invariants:
1. A tenant's queries see everything that this store has written for the tenant. Until the replica has replayed it, the primary answers.
2. On any error of the replica, the primary answers.
"""

import re
from threading import Lock
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crmcore.domain.kernel.errors.validation import InvalidInputError

LSN_PATTERN: Final = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")
"""A log sequence number (LSN), as PostgreSQL writes it."""
UNKNOWN_LSN: Final = "FFFFFFFF/FFFFFFFF"
"""The LSN of a commit whose result is not known; no server ever reaches it."""


class ReadReplica:
    """A replica, and the LSN that it must have replayed for each tenant.

    Attributes:
        engine: connects to the replica, or to several behind a load balancer.
        connection_errors: the errors on which the primary answers instead.
    """

    def __init__(self, engine: Engine) -> None:
        driver: Any = engine.dialect.dbapi
        self.engine = engine
        self.connection_errors: tuple[type[BaseException], ...] = (driver.Error, PoolTimeout)
        self._required_lsns: dict[str, str] = {}
        self._lock = Lock()

    def last_write_lsn(self, tenant: str) -> str | None:
        """Return the LSN after the tenant's last commit."""
        return self._required_lsns.get(tenant)

    def require_lsn(self, tenant: str, lsn: str) -> None:
        """Let a tenant's queries see at least what was written up to an LSN.

        Raises:
            InvalidInputError: the text is not an LSN.
        """
        if not LSN_PATTERN.fullmatch(lsn):
            raise InvalidInputError("lsn", "must be a value that last_write_lsn() returned")
        with self._lock:
            required = self._required_lsns.get(tenant, "0/0")
            # A known LSN is later in the log than the commit whose result was not known.
            self._required_lsns[tenant] = lsn if required == UNKNOWN_LSN else max(lsn, required, key=_lsn_to_int)

    def reset_lsn(self, tenant: str) -> None:
        """Send a tenant's queries to the primary until its next commit."""
        with self._lock:
            self._required_lsns[tenant] = UNKNOWN_LSN

    def has_caught_up(self, cursor: Any, tenant: str) -> bool:
        """Return whether the replica has replayed the tenant's writes."""
        required = self._required_lsns.get(tenant)
        if required is None:
            return True
        if required == UNKNOWN_LSN:
            return False
        cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (required,))
        return bool(cursor.fetchone()[0])

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def _lsn_to_int(lsn: str) -> int:
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)

"""Pipelined execution on PostgreSQL: few round trips per command.

See `pq_pipeline` for the protocol.

Invariants:
1. All writes are sent with the COMMIT, in one round trip. An UPDATE that matches no row must therefore raise an error on the server, or the
   COMMIT behind it would store half of a command. It divides by the number of matched rows.
2. A statement that the server rejected with an SQLSTATE before the COMMIT has had no effect. After a lost connection, or a rejected COMMIT,
   the outcome is unknown.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Engine

from crmcore.adapters.sql.compile.mappers import Row
from crmcore.adapters.sql.compile.statement_cache import StatementCache
from crmcore.adapters.sql.execute.connections import SetupStatement
from crmcore.adapters.sql.execute.executor import Executor
from crmcore.adapters.sql.execute.pq_pipeline import PendingResult, PqPipeline
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import StaleVersionError
from crmcore.domain.kernel.errors.infrastructure import StoreError

DIVISION_BY_ZERO: Final = "22012"
"""The SQLSTATE of a division by zero."""
POOL_KEY: Final = "crmcore.pq_pipeline"
"""The key under which the pool stores the pipeline of a connection."""


class PipelinedConnection:
    """A connection from the pool, for one transaction with queued statements.

    Attributes:
        cursor: the pipeline, which queues statements until a result is needed.
        commit_result: the result of the COMMIT.
    """

    commit_result: PendingResult | None = None
    is_innermost = True
    has_failed = False

    def __init__(self, engine: Engine, *, session_setup: SetupStatement | None = None) -> None:
        self._engine = engine
        self._connection = engine.raw_connection()
        try:
            driver: Any = self._connection.driver_connection
            pipeline = self._connection.info.get(POOL_KEY)
            if pipeline is None or pipeline.connection is not driver:
                pipeline = self._connection.info[POOL_KEY] = PqPipeline(driver)
            self.cursor: PqPipeline = pipeline
            pipeline.begin()
            if session_setup:
                pipeline.execute(*session_setup)
        except BaseException:
            self._invalidate()
            self._connection.close()
            raise

    def before_write(self) -> None:
        """Do nothing: a rollback undoes the whole transaction."""

    def commit(self) -> None:
        """Send the queued statements and the COMMIT."""
        self.commit_result = self.cursor.execute("COMMIT")
        self.cursor.sync()
        if self.commit_result.command_tag != "COMMIT":
            raise StoreError("25P02")

    def rollback(self) -> None:
        """Roll back. If that fails, invalidate the connection and its pool."""
        try:
            self.cursor.rollback()
        except Exception:  # noqa: BLE001  # a lost connection raises various errors of the driver
            self._invalidate()

    def close(self) -> None:
        """Give the connection back to the pool."""
        self._connection.close()

    def _invalidate(self) -> None:
        # As SQLAlchemy does for a lost connection: the pool discards all connections that were made before.
        self._engine.pool._invalidate(self._connection, _checkin=False)  # noqa: SLF001  # there is no public way
        self._connection.invalidate()


class PipelinedExecutor(Executor):
    """Queues statements, and sends them when a result is needed."""

    connection: PipelinedConnection
    is_synchronous = False

    def __init__(self, statements: StatementCache, connection: PipelinedConnection) -> None:
        super().__init__(statements, connection)
        self._pipeline = connection.cursor
        self._version_checks: list[tuple[PendingResult, StaleVersionError]] = []
        self._prefetched: dict[tuple[str, Row], PendingResult] = {}

    def prefetch(self, sql: str, parameters: Row) -> None:
        """Queue a SELECT whose rows are needed soon; a write discards them."""
        if (sql, parameters) not in self._prefetched:
            self._prefetched[sql, parameters] = self._queue(sql, parameters)

    def execute(self, sql: str, parameters: Row) -> None:
        """Queue a statement that may write."""
        self._prefetched.clear()
        self._queue(sql, parameters)

    def fetch_all(self, sql: str, parameters: Row) -> list[Row]:
        """Return the rows of a SELECT, which is sent unless it was prefetched."""
        pending = self._prefetched.pop((sql, parameters), None) or self._queue(sql, parameters)
        if pending.result is None:
            self.sync()
        return self._pipeline.fetch_all(pending)

    def executemany(self, sql: str, rows: Sequence[Row]) -> None:
        """Queue a statement for many rows."""
        for row in rows:
            self.execute(sql, row)

    def execute_rowcount(self, sql: str, rows: Sequence[Row]) -> int:
        """Send an UPDATE or DELETE for rows; return the number of changed rows."""
        self._prefetched.clear()
        pending_results = [self._queue(sql, row) for row in rows]
        self.sync()
        return sum(pending.row_count for pending in pending_results)

    def execute_one(self, sql: str, row: Row, stale_error: StaleVersionError) -> None:
        """Queue an UPDATE or DELETE that fails if it matches no row."""
        self._prefetched.clear()
        self._version_checks.append((self._queue(_fail_if_no_row(sql), row), stale_error))

    def copy(self, sql: str, rows: Sequence[Row]) -> None:
        """Send the queued statements, then a COPY on a driver cursor."""
        self._prefetched.clear()
        self.sync()
        try:
            with self._pipeline.connection.cursor() as self.cursor:
                super().copy(sql, rows)
        finally:
            self.cursor = self._pipeline

    def sync(self) -> None:
        """Send the queued statements and receive their results."""
        try:
            self._pipeline.sync()
        except self.statements.driver_error as error:
            raise self._fail(error) from None

    def _queue(self, sql: str, parameters: Row) -> PendingResult:
        try:
            return self._pipeline.execute(sql, parameters)
        except self.statements.driver_error as error:
            raise self._fail(error) from None

    def _fail(self, error: Exception, sql: str = "", *, committing: bool = False) -> CrmError:
        sqlstate, commit_result = getattr(error, "sqlstate", None), self.connection.commit_result
        stale_error = next(
            (stale_error for pending, stale_error in self._version_checks if pending.error is error), None
        )
        if stale_error is not None and sqlstate == DIVISION_BY_ZERO:
            self.failure = stale_error
            return stale_error
        failed_before_commit = sqlstate is not None and not (commit_result and commit_result.error is error)
        return super()._fail(error, sql, committing=committing and not failed_before_commit)


@lru_cache(maxsize=256)
def _fail_if_no_row(sql: str) -> str:
    return f"WITH written AS ({sql} RETURNING 1) SELECT 1 / count(*) FROM written"  # noqa: S608  # a compiled statement of ours

"""Executor: runs statements on the driver's cursor, translates errors."""

from collections.abc import Sequence
from typing import Any

from crmcore.adapters.sql.compile.mappers import Row
from crmcore.adapters.sql.compile.statement_cache import StatementCache
from crmcore.adapters.sql.execute.connections import TransactionConnection
from crmcore.adapters.sql.execute.statement_log import log_statement
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import StaleVersionError


class Executor:
    """Runs statements on one connection.

    Attributes:
        is_synchronous: whether each statement's result is available before the next statement runs.
        failure: the error of a rejected statement, after which the transaction cannot be committed.
    """

    is_synchronous = True

    def __init__(self, statements: StatementCache, connection: TransactionConnection) -> None:
        self.statements = statements
        self.connection = connection
        self.cursor: Any = connection.cursor
        self.failure: Exception | None = None

    def execute(self, sql: str, parameters: Row) -> None:
        """Run a statement; its result is read from the cursor."""
        log_statement(sql)
        try:
            self.cursor.execute(sql, parameters)
        except self.statements.driver_error as error:
            raise self._fail(error, sql) from None

    def fetch_all(self, sql: str, parameters: Row) -> list[Row]:
        """Run a SELECT and return its rows."""
        self.execute(sql, parameters)
        return self.cursor.fetchall()  # type: ignore[no-any-return]  # the driver has no types

    def prefetch(self, sql: str, parameters: Row) -> None:
        """Announce a SELECT, for a pipeline to send early; else do nothing."""

    def executemany(self, sql: str, rows: Sequence[Row]) -> None:
        """Run a statement for many rows."""
        self.connection.before_write()
        log_statement(sql)
        try:
            self.cursor.executemany(sql, rows)
        except self.statements.driver_error as error:
            raise self._fail(error, sql) from None

    def execute_one(self, sql: str, row: Row, stale_error: StaleVersionError) -> None:
        """Run an UPDATE or a DELETE of one row.

        Raises:
            StaleVersionError: no row matched. A pipeline raises it by `commit` at the latest.
        """
        if self.execute_rowcount(sql, [row]) != 1:
            raise stale_error

    def copy(self, sql: str, rows: Sequence[Row]) -> None:
        """Stream rows with a COPY."""
        log_statement(sql)
        try:
            with self.cursor.copy(sql) as copy_stream:
                for row in rows:
                    copy_stream.write_row(row)
        except self.statements.driver_error as error:
            raise self._fail(error) from None

    def execute_rowcount(self, sql: str, rows: Sequence[Row]) -> int:
        """Run an UPDATE or DELETE for rows; return the number of changed rows."""
        if len(rows) == 1:
            self.execute(sql, rows[0])
        else:
            self.executemany(sql, rows)
        return int(self.cursor.rowcount)

    def sync(self) -> None:
        """Send the statements that a pipeline has queued; else do nothing."""

    def commit(self) -> None:
        """Commit the connection.

        Raises:
            CrmError: a statement has failed before, or the commit fails.
        """
        if self.failure is not None:
            raise self.failure
        try:
            self.connection.commit()
        except self.statements.driver_error as error:
            raise self._fail(error, committing=True) from None

    def _fail(self, error: Exception, sql: str = "", *, committing: bool = False) -> CrmError:
        self.connection.has_failed = True
        failure = self.failure = self.statements.translate_error(error, sql, committing=committing)
        return failure

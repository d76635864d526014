"""Running statements on a driver's cursor, and saying in our words what goes wrong there."""

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
        is_synchronous: whether each statement's result is there when the next one is run.
        failure: what the database refused, after which its transaction may not be committed as if nothing had been.
    """

    is_synchronous = True

    def __init__(self, statements: StatementCache, connection: TransactionConnection) -> None:
        self.statements = statements
        self.connection = connection
        self.cursor: Any = connection.cursor
        self.failure: Exception | None = None

    def execute(self, sql: str, parameters: Row) -> None:
        """Run a statement; what it gives is the cursor's."""
        log_statement(sql)
        try:
            self.cursor.execute(sql, parameters)
        except self.statements.driver_error as error:
            raise self._fail(error, sql) from None

    def fetch_all(self, sql: str, parameters: Row) -> list[Row]:
        """Run a SELECT."""
        self.execute(sql, parameters)
        return self.cursor.fetchall()  # type: ignore[no-any-return]  # of a driver without types

    def prefetch(self, sql: str, parameters: Row) -> None:
        """Note that the rows of a SELECT will be asked for soon; of use only where results are not waited for."""

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
            StaleVersionError: there was none, at the latest by `commit`.
        """
        if self.execute_rowcount(sql, [row]) != 1:
            raise stale_error

    def copy(self, sql: str, rows: Sequence[Row]) -> None:
        """Run a COPY, which takes rows as a stream."""
        log_statement(sql)
        try:
            with self.cursor.copy(sql) as copy_stream:
                for row in rows:
                    copy_stream.write_row(row)
        except self.statements.driver_error as error:
            raise self._fail(error) from None

    def execute_rowcount(self, sql: str, rows: Sequence[Row]) -> int:
        """Run an UPDATE or a DELETE for some rows, and count what it changed."""
        if len(rows) == 1:
            self.execute(sql, rows[0])
        else:
            self.executemany(sql, rows)
        return int(self.cursor.rowcount)

    def sync(self) -> None:
        """Have what was run looked at by the database; of use only where results are not waited for."""

    def commit(self) -> None:
        """Commit, as far as it is the link's to do so."""
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

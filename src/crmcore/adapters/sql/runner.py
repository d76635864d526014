"""Running statements on a driver's cursor, and saying in our words what goes wrong there."""

from collections.abc import Sequence

from crmcore.adapters.sql.book import Book
from crmcore.adapters.sql.links import Link
from crmcore.adapters.sql.statements import Row
from crmcore.domain.errors.conflicts import StaleVersion
from crmcore.domain.errors.root import CrmError


class Runner:
    """Runs statements on one connection.

    Attributes:
        waits: whether each statement's result is there when the next one is run.
        spoiled: what the database refused, after which its transaction may not be committed as if nothing had been.
    """

    waits = True

    def __init__(self, book: Book, link: Link) -> None:
        self.book = book
        self.link = link
        self.cursor = link.cursor
        self.spoiled: Exception | None = None

    def run(self, sql: str, parameters: Row) -> None:
        """Run a statement; what it gives is the cursor's."""
        try:
            self.cursor.execute(sql, parameters)
        except self.book.driver_error as error:
            raise self._spoil(error, sql) from None

    def rows(self, sql: str, parameters: Row) -> list[Row]:
        """Run a SELECT."""
        self.run(sql, parameters)
        return self.cursor.fetchall()  # type: ignore[no-any-return]  # of a driver without types

    def foresee(self, sql: str, parameters: Row) -> None:
        """Note that the rows of a SELECT will be asked for soon; of use only where results are not waited for."""

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Run a statement for many rows."""
        self.link.before_writing()
        try:
            self.cursor.executemany(sql, rows)
        except self.book.driver_error as error:
            raise self._spoil(error, sql) from None

    def guard(self, sql: str, row: Row, stale: StaleVersion) -> None:
        """Run an UPDATE or a DELETE of one row.

        Raises:
            StaleVersion: there was none, at the latest by `commit`.
        """
        if self.changed(sql, [row]) != 1:
            raise stale

    def stream(self, sql: str, rows: Sequence[Row]) -> None:
        """Run a COPY, which takes rows as a stream."""
        try:
            with self.cursor.copy(sql) as copy:
                for row in rows:
                    copy.write_row(row)
        except self.book.driver_error as error:
            raise self._spoil(error) from None

    def changed(self, sql: str, rows: Sequence[Row]) -> int:
        """Run an UPDATE or a DELETE for some rows, and count what it changed."""
        if len(rows) == 1:
            self.run(sql, rows[0])
        else:
            self.run_many(sql, rows)
        return int(self.cursor.rowcount)

    def settle(self) -> None:
        """Have what was run looked at by the database; of use only where results are not waited for."""

    def commit(self) -> None:
        """Commit, as far as it is the link's to do so."""
        if self.spoiled is not None:
            raise self.spoiled
        try:
            self.link.commit()
        except self.book.driver_error as error:
            raise self._spoil(error, committing=True) from None

    def _spoil(self, error: Exception, sql: str = "", *, committing: bool = False) -> CrmError:
        self.link.has_failed = True
        refusal = self.spoiled = self.book.translate(error, sql, committing=committing)
        return refusal

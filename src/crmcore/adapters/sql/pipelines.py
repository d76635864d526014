"""Few trips to a distant PostgreSQL: statements are sent without waiting, and their results are looked at when somebody wants them.

Rule 1: whatever is written is sent with the COMMIT, in one trip. So an UPDATE that finds another version has to fail by itself, or the
COMMIT behind it would make half a story last: it divides by the number of rows that it has found.
Rule 2: the driver begins and commits nothing by itself, for each of its own BEGINs and COMMITs would be a trip.
Rule 3: after a failure the connection is rolled back by the driver's own method, which also forgets what it believes to be prepared.
"""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Engine

from crmcore.adapters.sql.book import Book
from crmcore.adapters.sql.links import Begin
from crmcore.adapters.sql.runner import Runner
from crmcore.adapters.sql.statements import Row
from crmcore.domain.errors.conflicts import StaleVersion
from crmcore.domain.errors.outside import StoreFailed
from crmcore.domain.errors.root import CrmError

NOTHING_FOUND: Final = "22012"
"""The SQLSTATE of a division by zero."""


class PipelinedLink:
    """A connection of our own in the driver's pipeline mode, for one transaction."""

    def __init__(self, engine: Engine, *, tell: Begin | None = None) -> None:
        self._engine = engine
        self._pipeline = ExitStack()
        self._connection = engine.raw_connection()
        driver: Any = self._connection.driver_connection
        self.driver = driver
        try:
            driver.autocommit = True
            self.pipeline = self._pipeline.enter_context(driver.pipeline())
            self.cursor = driver.cursor()
            self.cursor.execute("BEGIN")
            if tell:
                self.cursor.execute(*tell)
        except BaseException:
            self._connection.invalidate()
            self._connection.close()
            raise

    def before_writing(self) -> None:
        """Nothing: the whole transaction is ours."""

    def commit(self) -> None:
        """Send the COMMIT behind everything that waits, and look at all results."""
        ending = self.driver.cursor()
        ending.execute("COMMIT")
        self._pipeline.close()
        if ending.statusmessage != "COMMIT":
            raise StoreFailed("25P02")

    def rollback(self) -> None:
        """Leave the pipeline, whatever is in it, and roll back; a connection on which even that fails is lost, and so is the pool."""
        self._leave()
        try:
            self.driver.rollback()
        except Exception:  # noqa: BLE001  # the driver has errors of its own for a lost connection
            self._connection.invalidate()
            self._engine.dispose()

    def release(self) -> None:
        """Give the connection back to the pool as it was."""
        self._leave()
        if self._connection.is_valid:
            self.driver.autocommit = False
        self._connection.close()

    def _leave(self) -> None:
        with suppress(Exception):  # what failed was told already, or is about to be rolled back
            self._pipeline.close()


class PipelinedRunner(Runner):
    """Runs statements on a connection in pipeline mode. Each has a cursor of its own, so that no result is taken for another's."""

    link: PipelinedLink
    waits = False

    def __init__(self, book: Book, link: PipelinedLink) -> None:
        super().__init__(book, link)
        self._guarded: list[tuple[Any, StaleVersion]] = []
        self._foreseen: dict[tuple[str, Row], Any] = {}

    def foresee(self, sql: str, parameters: Row) -> None:
        """Send a SELECT whose rows will be asked for soon, if nothing is written before."""
        foreseen = dict(self._foreseen)
        self.run(sql, parameters)
        self._foreseen = {**foreseen, (sql, parameters): self.cursor}

    def run(self, sql: str, parameters: Row) -> None:
        """Send a statement."""
        self._foreseen.clear()
        self.cursor = self.link.driver.cursor()
        super().run(sql, parameters)

    def rows(self, sql: str, parameters: Row) -> list[Row]:
        """Send a SELECT, and wait for its rows."""
        foreseen = dict(self._foreseen)
        known = foreseen.pop((sql, parameters), None)
        if known is None:
            self.run(sql, parameters)
        else:
            self.cursor = known
        self._foreseen = foreseen
        try:
            return self.cursor.fetchall()  # type: ignore[no-any-return]  # of a driver without types
        except self.book.driver_error as error:
            raise self._spoil(error) from None

    def changed(self, sql: str, rows: Sequence[Row]) -> int:
        """Send an UPDATE or a DELETE for some rows, and wait for how many it changed."""
        changed = 0
        for row in rows:
            self.run(sql, row)
            try:
                self.link.pipeline.sync()
            except self.book.driver_error as error:
                raise self._spoil(error) from None
            changed += self.cursor.rowcount
        return changed

    def guard(self, sql: str, row: Row, stale: StaleVersion) -> None:
        """Send an UPDATE or a DELETE that fails when it finds nothing."""
        self.run(_guarded(sql), row)
        self._guarded.append((self.cursor, stale))

    def _spoil(self, error: Exception, *, committing: bool = False) -> CrmError:
        if getattr(error, "sqlstate", None) == NOTHING_FOUND:
            refused = [stale for cursor, stale in self._guarded if cursor.statusmessage is None]
            self.spoiled = refused[0]
            return refused[0]
        return super()._spoil(error, committing=committing)


@lru_cache(maxsize=256)
def _guarded(sql: str) -> str:
    return f"WITH written AS ({sql} RETURNING 1) SELECT 1 / count(*) FROM written"  # noqa: S608  # a compiled statement of ours

"""Few trips to PostgreSQL: statements are said without waiting, and sent together when somebody wants to see a result (see `talks`).

Rule 1: whatever is written is sent with the COMMIT, in one trip. So an UPDATE that finds another version has to fail by itself, or the
COMMIT behind it would make half a story last: it divides by the number of rows that it has found.
Rule 2: what the server has refused by a state of its own, before it came to the COMMIT, has not happened. Where it said nothing, or refused
the COMMIT, nobody knows.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Engine

from crmcore.adapters.sql.book import Book
from crmcore.adapters.sql.links import Begin
from crmcore.adapters.sql.runner import Runner
from crmcore.adapters.sql.statements import Row
from crmcore.adapters.sql.talks import Answer, Talk
from crmcore.domain.errors.conflicts import StaleVersion
from crmcore.domain.errors.outside import StoreFailed
from crmcore.domain.errors.root import CrmError

NOTHING_FOUND: Final = "22012"
"""The SQLSTATE of a division by zero."""
TALK: Final = "crmcore.talk"
"""Where the pool keeps the talk of a connection."""


class PipelinedLink:
    """A connection of our own, for one transaction in which statements wait for each other.

    Attributes:
        cursor: takes statements, as a driver's cursor does, and has them sent with the next exchange.
        ending: what the COMMIT brought.
    """

    ending: Answer | None = None
    is_innermost = True
    has_failed = False

    def __init__(self, engine: Engine, *, tell: Begin | None = None) -> None:
        self._engine = engine
        self._connection = engine.raw_connection()
        try:
            driver: Any = self._connection.driver_connection
            talk = self._connection.info.get(TALK)
            if talk is None or talk.driver is not driver:
                talk = self._connection.info[TALK] = Talk(driver)
            self.cursor: Talk = talk
            talk.begin()
            if tell:
                talk.execute(*tell)
        except BaseException:
            self._lose()
            self._connection.close()
            raise

    def before_writing(self) -> None:
        """Nothing: the whole transaction is ours."""

    def commit(self) -> None:
        """Send the COMMIT behind everything that waits."""
        self.ending = self.cursor.execute("COMMIT")
        self.cursor.exchange()
        if self.ending.tag != "COMMIT":
            raise StoreFailed("25P02")

    def rollback(self) -> None:
        """Roll back; a connection on which even that fails is lost, and so is the pool."""
        try:
            self.cursor.end()
        except Exception:  # noqa: BLE001  # the driver has errors of its own for a lost connection
            self._lose()

    def release(self) -> None:
        """Give the connection back to the pool."""
        self._connection.close()

    def _lose(self) -> None:
        # What SQLAlchemy itself does when it meets a lost connection: none that was made before is handed out again.
        self._engine.pool._invalidate(self._connection, _checkin=False)  # noqa: SLF001  # it offers no other way
        self._connection.invalidate()


class PipelinedRunner(Runner):
    """Says statements on a connection, and sends them when somebody wants to see a result."""

    link: PipelinedLink
    waits = False

    def __init__(self, book: Book, link: PipelinedLink) -> None:
        super().__init__(book, link)
        self._talk = link.cursor
        self._guarded: list[tuple[Answer, StaleVersion]] = []
        self._foreseen: dict[tuple[str, Row], Answer] = {}

    def foresee(self, sql: str, parameters: Row) -> None:
        """Say a SELECT whose rows will be asked for soon, if nothing is written before."""
        if (sql, parameters) not in self._foreseen:
            self._foreseen[sql, parameters] = self._say(sql, parameters)

    def run(self, sql: str, parameters: Row) -> None:
        """Say a statement that may write."""
        self._foreseen.clear()
        self._say(sql, parameters)

    def rows(self, sql: str, parameters: Row) -> list[Row]:
        """Send a SELECT, if it was not foreseen and sent, and wait for its rows."""
        answer = self._foreseen.pop((sql, parameters), None) or self._say(sql, parameters)
        if answer.result is None:
            self.settle()
        return self._talk.rows(answer)

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Say a statement for many rows."""
        for row in rows:
            self.run(sql, row)

    def changed(self, sql: str, rows: Sequence[Row]) -> int:
        """Send an UPDATE or a DELETE for some rows, and wait for how many it changed."""
        self._foreseen.clear()
        answers = [self._say(sql, row) for row in rows]
        self.settle()
        return sum(answer.changed for answer in answers)

    def guard(self, sql: str, row: Row, stale: StaleVersion) -> None:
        """Say an UPDATE or a DELETE that fails when it finds nothing."""
        self._foreseen.clear()
        self._guarded.append((self._say(_guarded(sql), row), stale))

    def stream(self, sql: str, rows: Sequence[Row]) -> None:
        """Send what waits, then a COPY on a cursor of the driver's."""
        self._foreseen.clear()
        self.settle()
        try:
            with self._talk.driver.cursor() as self.cursor:
                super().stream(sql, rows)
        finally:
            self.cursor = self._talk

    def settle(self) -> None:
        """Send what waits, and take in what it brings."""
        try:
            self._talk.exchange()
        except self.book.driver_error as error:
            raise self._spoil(error) from None

    def _say(self, sql: str, parameters: Row) -> Answer:
        try:
            return self._talk.execute(sql, parameters)
        except self.book.driver_error as error:
            raise self._spoil(error) from None

    def _spoil(self, error: Exception, sql: str = "", *, committing: bool = False) -> CrmError:
        state, ending = getattr(error, "sqlstate", None), self.link.ending
        stale = next((stale for answer, stale in self._guarded if answer.error is error), None)
        if stale is not None and state == NOTHING_FOUND:
            self.spoiled = stale
            return stale
        refused_before = state is not None and not (ending and ending.error is error)
        return super()._spoil(error, sql, committing=committing and not refused_before)


@lru_cache(maxsize=256)
def _guarded(sql: str) -> str:
    return f"WITH written AS ({sql} RETURNING 1) SELECT 1 / count(*) FROM written"  # noqa: S608  # a compiled statement of ours

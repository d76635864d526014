"""A talk with PostgreSQL: what is said waits until somebody wants an answer, and then all of it goes out in one piece.

It goes past psycopg's cursors, to the layer on which psycopg itself speaks to the server (`psycopg.pq`). A cursor costs a client more than
the statement costs the server, and sends each by itself even in psycopg's pipeline mode (`docs/decisions/0019-pipelines.md`).

Rule 1: between two exchanges the connection is an ordinary one, in no mode of ours; a cursor may use it then, for a COPY.
Rule 2: parameters go as texts whose types the server infers, so that a text of a statement is one prepared statement, whatever it is given.
Rule 3: what the server has forgotten of what we had prepared is said again in full, as long as the transaction has done nothing yet.
Rule 4: what was prepared is prepared anew when it has come twice as often. A plan that was made for a small table reads all of a large one;
the server makes another when it has counted the table, which it does not while an import is under way.
"""

import re
from collections.abc import Generator, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Final, NamedTuple

from psycopg import Connection, Error, IsolationLevel, OperationalError, errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.waiting import Ready, Wait

GONE: Final = frozenset({"26000", "0A000"})
"""SQLSTATEs of a prepared statement that is not there any more, or whose rows have another form since somebody changed a table."""
MOST_PREPARED: Final = 300
"""How many statements the server keeps prepared for one connection."""
MOST_COUNTED: Final = 2_000
"""Of how many texts it is counted how often they come."""
_PLACEHOLDER: Final = re.compile(r"%[s%]")


class Forgotten(OperationalError):
    """The server has forgotten what was prepared; the same transaction succeeds when it is told again."""

    sqlstate = "40001"


class Answer:
    """What a statement brings, once it has been exchanged for it.

    Attributes:
        result: of the statement; None until then, and where one before it has failed.
        error: what the server refused it with.
        name: of the prepared statement that it runs, or makes.
    """

    __slots__ = ("error", "name", "result", "sql", "values")

    def __init__(self, sql: str, values: Sequence[Any] | None = None, *, name: bytes | None = None) -> None:
        self.sql = sql
        self.values = values
        self.name = name
        self.result: PGresult | None = None
        self.error: Error | None = None

    @property
    def tag(self) -> str:
        """What the server calls what it has done: ``COMMIT``, ``UPDATE 1``."""
        return ((self.result and self.result.command_status) or b"").decode()

    @property
    def changed(self) -> int:
        """How many rows it changed."""
        return (self.result and self.result.command_tuples) or 0


class Prepared(NamedTuple):
    """A statement that the server has prepared: under which name, and how often it had come by then."""

    name: bytes
    uses: int


class Talk:
    """A talk on one connection. It outlasts transactions, for it knows what the server has prepared."""

    def __init__(self, driver: Connection[Any]) -> None:
        self.driver = driver
        self._wire = driver.pgconn
        self._form = Transformer(driver)
        self._numbers = count(1)
        self._uses: dict[str, int] = {}
        self._prepared: dict[str, Prepared] = {}
        self._said: list[Answer] = []
        self._heard = False

    def begin(self) -> None:
        """Say that a transaction begins, in the way that the connection is set up for.

        Raises:
            psycopg.Error: the connection was lost since it was last used.
        """
        self._wire.consume_input()  # what the server said when it hung up,
        self._wire.consume_input()  # and that it did
        self._said = []
        self._heard = False
        driver, words = self.driver, "BEGIN"
        if driver.isolation_level is not None:
            words += f" ISOLATION LEVEL {IsolationLevel(driver.isolation_level).name.replace('_', ' ')}"
        if driver.read_only is not None:
            words += " READ ONLY" if driver.read_only else " READ WRITE"
        if driver.deferrable is not None:
            words += " DEFERRABLE" if driver.deferrable else " NOT DEFERRABLE"
        self.execute(words)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Answer:
        """Say a statement; it is sent when an answer is wanted."""
        values = self._form.dump_sequence(parameters, _texts(len(parameters))) if parameters else None
        answer = Answer(sql, values)
        self._said.append(answer)
        return answer

    def exchange(self) -> None:
        """Send what was said, and take the answers in.

        Raises:
            psycopg.Error: of the first statement that failed; those behind it were not looked at.
        """
        said, self._said = self._said, []
        if not said:
            return
        try:
            self._exchange(said)
        except Forgotten:
            if self._heard:
                raise
            self._exchange([Answer("ROLLBACK")])
            self._exchange(said)
        self._heard = True

    def rows(self, answer: Answer) -> list[tuple[Any, ...]]:
        """The rows of a SELECT, as a cursor would give them."""
        result = answer.result
        assert result is not None
        self._form.set_pgresult(result)
        return self._form.load_rows(0, result.ntuples, tuple)

    def end(self) -> None:
        """Roll back what was begun and is not over; where nothing was sent, nothing is.

        Raises:
            psycopg.Error: not even that is possible.
        """
        self._said = []
        if self._wire.pipeline_status:  # somebody was interrupted while he waited
            self._wire.exit_pipeline_mode()
        if self._wire.transaction_status != TransactionStatus.IDLE:
            self._exchange([Answer("ROLLBACK")])

    def _exchange(self, said: Sequence[Answer]) -> None:
        wire = self._wire
        wire.enter_pipeline_mode()
        awaited: list[Answer] = []
        for answer in said:
            self._send(answer, awaited)
        wire.pipeline_sync()
        try:
            self.driver.wait(self._wait(awaited))
        except Error:
            self._look_over(awaited)  # what the server said before it hung up says more than that it did
            raise
        wire.exit_pipeline_mode()
        self._look_over(awaited)

    def _send(self, answer: Answer, awaited: list[Answer]) -> None:
        """Send a statement; by its name, once it has come so often that the server is to prepare it."""
        answer.error = None
        answer.name = None if answer.values is None else self._prepare(answer.sql, awaited)
        awaited.append(answer)
        if answer.name is None:
            self._wire.send_query_params(_numbered(answer.sql), answer.values)
        else:
            self._wire.send_query_prepared(answer.name, answer.values)

    def _prepare(self, sql: str, awaited: list[Answer]) -> bytes | None:
        """Give a statement's name, if it is prepared or comes so often that it is to be; see rule 4."""
        uses = self._uses[sql] = self._uses.get(sql, 0) + 1
        prepared = self._prepared.get(sql)
        if prepared is not None and uses < 2 * prepared.uses:
            return prepared.name
        often = self.driver.prepare_threshold
        if prepared is not None:
            awaited.append(Answer(sql, name=prepared.name))
            self._wire.send_query_params(b"DEALLOCATE " + prepared.name, None)
        elif often is None or uses <= often or len(self._prepared) >= MOST_PREPARED:
            if len(self._uses) > MOST_COUNTED:
                self._uses = {sql: prepared.uses for sql, prepared in self._prepared.items()}
            return None
        name = b"crm_%d" % next(self._numbers)
        self._prepared[sql] = Prepared(name, uses)
        awaited.append(Answer(sql, name=name))
        self._wire.send_prepare(name, _numbered(sql))
        return name

    def _wait(self, awaited: Sequence[Answer]) -> Generator[Wait, Ready | int, None]:
        """Let the server take what was sent, and take what it answers, until it has answered everything."""
        wire = self._wire
        while wire.flush():
            if (yield Wait.RW) & Ready.R:
                wire.consume_input()
        answers = iter(awaited)
        answer = next(answers)
        while True:
            while wire.is_busy():
                yield Wait.R
                wire.consume_input()
            result = wire.get_result()
            if result is None:
                answer = next(answers, answer)
            elif result.status == ExecStatus.PIPELINE_SYNC:
                return
            elif result.status == ExecStatus.FATAL_ERROR:
                answer.error = _error(result)
            elif result.status != ExecStatus.PIPELINE_ABORTED:
                answer.result = result

    def _look_over(self, awaited: Sequence[Answer]) -> None:
        """Raise what the first statement that failed was refused with; what was not prepared for it has no name."""
        for place, answer in enumerate(awaited):
            if answer.error is not None:
                for unheard in awaited[place:]:
                    self._prepared.pop(unheard.sql, None)
                if answer.name is not None and answer.error.sqlstate in GONE:
                    self._uses, self._prepared = {}, {}
                    raise Forgotten from None
                raise answer.error


@lru_cache(maxsize=64)
def _texts(number: int) -> list[PyFormat]:
    return [PyFormat.TEXT] * number


@lru_cache(maxsize=2_048)
def _numbered(sql: str) -> bytes:
    """A statement with its parameters as the server counts them."""
    numbers = count(1)
    return _PLACEHOLDER.sub(lambda found: "%" if found[0] == "%%" else f"${next(numbers)}", sql).encode()


def _error(result: PGresult) -> Error:
    state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    try:
        kind: type[Error] = errors.lookup(state)
    except KeyError:
        kind = OperationalError
    return kind(result.get_error_message(), info=result)

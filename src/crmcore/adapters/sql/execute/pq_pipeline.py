"""libpq pipeline: statements are queued and sent together when the first result is needed.

It uses the layer below psycopg's cursors (`psycopg.pq`). A cursor costs the client more than the statement costs the server, and sends
each statement by itself even in psycopg's pipeline mode (`docs/decisions/0019-pipelines.md`).

Invariants:
1. Between two exchanges the connection is an ordinary one; a cursor may use it, for example for a COPY.
2. Parameters are sent as text whose type the server infers, so that each statement text is one prepared statement.
3. A prepared statement that the server has lost is sent again in full, as long as the transaction has done nothing yet.
4. A statement is prepared again when its number of uses has doubled. A plan made for a small table scans all of a large one; the server
   makes a new one only after it has analyzed the table, which it does not do during an import.
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

from crmcore.adapters.sql.execute.statement_log import log_statement

LOST_STATES: Final = frozenset({"26000", "0A000"})
"""SQLSTATEs of a prepared statement that is not there any more, or whose rows have another form since somebody changed a table."""
MAX_PREPARED: Final = 300
"""How many statements the server keeps prepared for one connection."""
MAX_COUNTED: Final = 2_000
"""Of how many texts it is counted how often they come."""
_PLACEHOLDER: Final = re.compile(r"%[s%]")


class PreparedStatementLostError(OperationalError):
    """The server has forgotten what was prepared; the same transaction succeeds when it is told again."""

    sqlstate = "40001"


class PendingResult:
    """What a statement brings, once it has been exchanged for it.

    Attributes:
        result: of the statement; None until then, and where one before it has failed.
        error: what the server refused it with.
        name: of the prepared statement that it runs, or makes.
    """

    __slots__ = ("error", "name", "result", "sql", "values")

    def __init__(self, sql: str, values: Sequence[Any] | None = None, *, name: bytes | None = None) -> None:
        self.sql: str = sql
        self.values: Sequence[Any] | None = values
        self.name: bytes | None = name
        self.result: PGresult | None = None
        self.error: Error | None = None

    @property
    def command_tag(self) -> str:
        """What the server calls what it has done: ``COMMIT``, ``UPDATE 1``."""
        return ((self.result and self.result.command_status) or b"").decode()

    @property
    def row_count(self) -> int:
        """How many rows it changed."""
        return (self.result and self.result.command_tuples) or 0


class PreparedStatement(NamedTuple):
    """A statement that the server has prepared: under which name, and how often it had come by then."""

    name: bytes
    uses: int


class PqPipeline:
    """The pipeline of one connection. It outlasts transactions, because it holds the prepared statements."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self._pgconn = connection.pgconn
        self._transformer = Transformer(connection)
        self._statement_numbers = count(1)
        self._use_counts: dict[str, int] = {}
        self._prepared: dict[str, PreparedStatement] = {}
        self._queue: list[PendingResult] = []
        self._received = False

    def begin(self) -> None:
        """Say that a transaction begins, in the way that the connection is set up for.

        Raises:
            psycopg.Error: the connection was lost since it was last used.
        """
        self._pgconn.consume_input()  # what the server said when it hung up,
        self._pgconn.consume_input()  # and that it did
        self._queue = []
        self._received = False
        connection, command = self.connection, "BEGIN"
        if connection.isolation_level is not None:
            command += f" ISOLATION LEVEL {IsolationLevel(connection.isolation_level).name.replace('_', ' ')}"
        if connection.read_only is not None:
            command += " READ ONLY" if connection.read_only else " READ WRITE"
        if connection.deferrable is not None:
            command += " DEFERRABLE" if connection.deferrable else " NOT DEFERRABLE"
        self.execute(command)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> PendingResult:
        """Say a statement; it is sent when an answer is wanted."""
        log_statement(sql)
        values = self._transformer.dump_sequence(parameters, _text_formats(len(parameters))) if parameters else None
        pending = PendingResult(sql, values)
        self._queue.append(pending)
        return pending

    def sync(self) -> None:
        """Send what was said, and take the answers in.

        Raises:
            psycopg.Error: of the first statement that failed; those behind it were not looked at.
        """
        queued, self._queue = self._queue, []
        if not queued:
            return
        try:
            self._sync(queued)
        except PreparedStatementLostError:
            if self._received:
                raise
            self._sync([PendingResult("ROLLBACK")])
            self._sync(queued)
        self._received = True

    def fetch_all(self, pending: PendingResult) -> list[tuple[Any, ...]]:
        """The rows of a SELECT, as a cursor would give them."""
        result = pending.result
        assert result is not None
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def rollback(self) -> None:
        """Roll back what was begun and is not over; where nothing was sent, nothing is.

        Raises:
            psycopg.Error: not even that is possible.
        """
        self._queue = []
        if self._pgconn.pipeline_status:  # somebody was interrupted while he waited
            self._pgconn.exit_pipeline_mode()
        if self._pgconn.transaction_status != TransactionStatus.IDLE:
            self._sync([PendingResult("ROLLBACK")])

    def _sync(self, queued: Sequence[PendingResult]) -> None:
        pgconn = self._pgconn
        pgconn.enter_pipeline_mode()
        in_flight: list[PendingResult] = []
        for pending in queued:
            self._send(pending, in_flight)
        pgconn.pipeline_sync()
        try:
            self.connection.wait(self._wait(in_flight))
        except Error:
            self._raise_first_error(in_flight)  # what the server said before it hung up says more than that it did
            raise
        pgconn.exit_pipeline_mode()
        self._raise_first_error(in_flight)

    def _send(self, pending: PendingResult, in_flight: list[PendingResult]) -> None:
        """Send a statement; by its name, once it has come so often that the server is to prepare it."""
        pending.error = None
        pending.name = None if pending.values is None else self._prepare(pending.sql, in_flight)
        in_flight.append(pending)
        if pending.name is None:
            self._pgconn.send_query_params(_number_placeholders(pending.sql), pending.values)
        else:
            self._pgconn.send_query_prepared(pending.name, pending.values)

    def _prepare(self, sql: str, in_flight: list[PendingResult]) -> bytes | None:
        """Give a statement's name, if it is prepared or comes so often that it is to be; see rule 4."""
        uses = self._use_counts[sql] = self._use_counts.get(sql, 0) + 1
        prepared = self._prepared.get(sql)
        if prepared is not None and uses < 2 * prepared.uses:
            return prepared.name
        threshold = self.connection.prepare_threshold
        if prepared is not None:
            in_flight.append(PendingResult(sql, name=prepared.name))
            self._pgconn.send_query_params(b"DEALLOCATE " + prepared.name, None)
        elif threshold is None or uses <= threshold or len(self._prepared) >= MAX_PREPARED:
            if len(self._use_counts) > MAX_COUNTED:
                self._use_counts = {sql: prepared.uses for sql, prepared in self._prepared.items()}
            return None
        name = b"crm_%d" % next(self._statement_numbers)
        self._prepared[sql] = PreparedStatement(name, uses)
        in_flight.append(PendingResult(sql, name=name))
        self._pgconn.send_prepare(name, _number_placeholders(sql))
        return name

    def _wait(self, in_flight: Sequence[PendingResult]) -> Generator[Wait, Ready | int, None]:
        """Let the server take what was sent, and take what it answers, until it has answered everything."""
        pgconn = self._pgconn
        while pgconn.flush():
            if (yield Wait.RW) & Ready.R:
                pgconn.consume_input()
        remaining = iter(in_flight)
        pending = next(remaining)
        while True:
            while pgconn.is_busy():
                yield Wait.R
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:
                pending = next(remaining, pending)
            elif result.status == ExecStatus.PIPELINE_SYNC:
                return
            elif result.status == ExecStatus.FATAL_ERROR:
                pending.error = _to_error(result)
            elif result.status != ExecStatus.PIPELINE_ABORTED:
                pending.result = result

    def _raise_first_error(self, in_flight: Sequence[PendingResult]) -> None:
        """Raise what the first statement that failed was refused with; what was not prepared for it has no name."""
        for index, pending in enumerate(in_flight):
            if pending.error is not None:
                for unexecuted in in_flight[index:]:
                    self._prepared.pop(unexecuted.sql, None)
                if pending.name is not None and pending.error.sqlstate in LOST_STATES:
                    self._use_counts, self._prepared = {}, {}
                    raise PreparedStatementLostError from None
                raise pending.error


@lru_cache(maxsize=64)
def _text_formats(count: int) -> list[PyFormat]:
    return [PyFormat.TEXT] * count


@lru_cache(maxsize=2_048)
def _number_placeholders(sql: str) -> bytes:
    """A statement with its parameters as the server counts them."""
    numbers = count(1)
    return _PLACEHOLDER.sub(lambda match: "%" if match[0] == "%%" else f"${next(numbers)}", sql).encode()


def _to_error(result: PGresult) -> Error:
    state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    try:
        error_class: type[Error] = errors.lookup(state)
    except KeyError:
        error_class = OperationalError
    return error_class(result.get_error_message(), info=result)

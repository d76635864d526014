"""libpq pipeline: queues statements and sends them in one round trip.

The queue is sent when the first result is needed. The module uses the layer below psycopg's cursors (`psycopg.pq`). A cursor costs the client more than the statement costs the server, and sends
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
"""SQLSTATEs of a prepared statement that does not exist any more, or whose row type changed with a table."""
MAX_PREPARED: Final = 300
"""The maximum number of prepared statements per connection."""
MAX_COUNTED: Final = 2_000
"""The maximum number of statement texts whose uses are counted."""
_PLACEHOLDER: Final = re.compile(r"%[s%]")


class PreparedStatementLostError(OperationalError):
    """The server has lost prepared statements; a retry succeeds."""

    sqlstate = "40001"


class PendingResult:
    """The result of a queued statement, available after `sync`.

    Attributes:
        result: of the statement; None before `sync`, and if an earlier statement failed.
        error: of the server, if it rejected the statement.
        name: of the prepared statement that is executed or created.
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
        """The command tag of the server, such as ``COMMIT`` or ``UPDATE 1``."""
        return ((self.result and self.result.command_status) or b"").decode()

    @property
    def row_count(self) -> int:
        """The number of changed rows."""
        return (self.result and self.result.command_tuples) or 0


class PreparedStatement(NamedTuple):
    """A prepared statement: its name, and its number of uses by then."""

    name: bytes
    uses: int


class PqPipeline:
    """The pipeline of one connection, with its prepared statements.

    It outlives transactions, as prepared statements do.
    """

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
        """Queue the BEGIN, with the isolation level of the connection.

        Raises:
            psycopg.Error: the connection was lost since it was last used.
        """
        self._pgconn.consume_input()  # the last message of a server that closed the connection,
        self._pgconn.consume_input()  # then the end of the connection itself
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
        """Queue a statement; `sync` sends it."""
        log_statement(sql)
        values = self._transformer.dump_sequence(parameters, _text_formats(len(parameters))) if parameters else None
        pending = PendingResult(sql, values)
        self._queue.append(pending)
        return pending

    def sync(self) -> None:
        """Send the queued statements and receive their results.

        Raises:
            psycopg.Error: of the first statement that failed; the server skips those behind it.
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
        """Return the rows of a SELECT, as a cursor does."""
        result = pending.result
        assert result is not None
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def rollback(self) -> None:
        """Discard the queue, and roll back if a transaction is open.

        Raises:
            psycopg.Error: the rollback failed.
        """
        self._queue = []
        if self._pgconn.pipeline_status:  # a wait for results was interrupted
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
            self._raise_first_error(in_flight)  # an error message of the server explains more than the lost connection
            raise
        pgconn.exit_pipeline_mode()
        self._raise_first_error(in_flight)

    def _send(self, pending: PendingResult, in_flight: list[PendingResult]) -> None:
        """Send a statement, as a prepared statement if it is frequent enough."""
        pending.error = None
        pending.name = None if pending.values is None else self._prepare(pending.sql, in_flight)
        in_flight.append(pending)
        if pending.name is None:
            self._pgconn.send_query_params(_number_placeholders(pending.sql), pending.values)
        else:
            self._pgconn.send_query_prepared(pending.name, pending.values)

    def _prepare(self, sql: str, in_flight: list[PendingResult]) -> bytes | None:
        """Return the name of the prepared statement, if it is worth one.

        See invariant 4.
        """
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
        """Flush the statements and receive results until the sync message."""
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
        """Raise the first error; forget statements that were not prepared."""
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
    """Return the statement with numbered placeholders (``$1``)."""
    numbers = count(1)
    return _PLACEHOLDER.sub(lambda match: "%" if match[0] == "%%" else f"${next(numbers)}", sql).encode()


def _to_error(result: PGresult) -> Error:
    state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    try:
        error_class: type[Error] = errors.lookup(state)
    except KeyError:
        error_class = OperationalError
    return error_class(result.get_error_message(), info=result)

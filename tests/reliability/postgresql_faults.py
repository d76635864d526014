"""FAULT-K on PostgreSQL: the database fails at the k-th statement, for every k and in four ways; nothing is ever half done.

The server cuts the connection before the statement, refuses it for now or for good, or does it and is never heard of again. Each command is
run statement by statement, and with its statements sent together. Repeated with the same key, it has one effect.
``python -m tests.reliability.postgresql_faults --seed 1`` starts a server of its own.
"""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from attrs import define
from psycopg import OperationalError

from crmcore import SqlStore
from crmcore.adapters.sql.execute.connections import PooledConnection
from crmcore.adapters.sql.execute.pq_pipeline import PendingResult, PqPipeline
from crmcore.testing.differential.calls import Call
from tests.adapters.test_store_contract import truncate_tables
from tests.reliability.harness import Verdict, run
from tests.reliability.store_faults import COMMANDS, KEY, TENANTS, FaultPlan, expected_states, system_with_fixtures
from tests.servers import Postgres, temporary_folder
from tests.testing.mutations import TransactionWrapper

MUTATIONS: Final = {
    "each-by-itself": "every statement is a transaction of its own",
    "new-key": "a retry uses a new key",
}
RAISE_SQL: Final = "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{}'; END $$"
SQL_BEFORE_STATEMENT: Final = {
    "cut": "SELECT pg_terminate_backend(pg_backend_pid())",
    "refused for now": RAISE_SQL.format("40001"),
    "refused for good": RAISE_SQL.format("53100"),
}
"""What is run before the k-th statement, in its transaction."""
FAULT_MODES: Final = (*SQL_BEFORE_STATEMENT, "lost")
EXECUTION_MODES: Final = {"one by one": False, "together": True}


@define
class StatementFault:
    """Which statement fails, counted from 1, and how."""

    at: int
    mode: str
    statement_count: int = 0
    lost_connection: Any = None

    def is_next_faulty(self) -> bool:
        """Count a statement; return whether it must fail."""
        self.statement_count += 1
        return self.statement_count == self.at


class FaultyCursor:
    """A driver's cursor whose k-th statement fails."""

    def __init__(self, cursor: Any, fault: StatementFault) -> None:
        self._cursor, self._fault = cursor, fault

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self.call(lambda: self._cursor.execute(sql, parameters))

    def executemany(self, sql: str, rows: Sequence[Any]) -> None:
        self.call(lambda: self._cursor.executemany(sql, rows))

    def call(self, call: Callable[[], Any]) -> None:
        """Run a statement, or let it fail."""
        comes = self._fault.is_next_faulty()
        if comes and self._fault.mode in SQL_BEFORE_STATEMENT:
            self._cursor.execute(SQL_BEFORE_STATEMENT[self._fault.mode])
        call()
        if comes:
            _close_socket(self._cursor.connection)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def _close_socket(driver: Any) -> None:
    driver.close()
    raise OperationalError("the server is not heard of any more")


@contextmanager
def faulty_store(fault: StatementFault) -> Iterator[None]:
    """Let the k-th statement fail that a store sends."""
    begin, commit, execute, exchange = (
        PooledConnection.__init__,
        PooledConnection.commit,
        PqPipeline.execute,
        PqPipeline._sync,
    )

    def begin_transaction(self: PooledConnection, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        self.cursor = FaultyCursor(self.cursor, fault)

    def execute_statement(self: PqPipeline, sql: str, parameters: Sequence[Any] = ()) -> PendingResult:
        comes = fault.is_next_faulty()
        if comes and fault.mode in SQL_BEFORE_STATEMENT:
            execute(self, SQL_BEFORE_STATEMENT[fault.mode])
        answer = execute(self, sql, parameters)
        if comes and fault.mode == "lost":
            fault.lost_connection = answer
        return answer

    def sync(self: PqPipeline, queued: Sequence[PendingResult]) -> None:
        exchange(self, queued)
        if fault.lost_connection in queued:
            fault.lost_connection = None
            _close_socket(self.connection)

    PooledConnection.__init__ = begin_transaction  # type: ignore[method-assign]
    PooledConnection.commit = lambda self: self.cursor.call(lambda: commit(self))  # type: ignore[method-assign]
    PqPipeline.execute, PqPipeline._sync = execute_statement, sync  # type: ignore[method-assign]
    try:
        yield
    finally:
        PooledConnection.__init__, PooledConnection.commit = begin, commit  # type: ignore[method-assign]
        PqPipeline.execute, PqPipeline._sync = execute, exchange  # type: ignore[method-assign]


@contextmanager
def autocommit_mutation() -> Iterator[None]:
    """The planted bug: nothing begins a transaction, and each statement is sent alone."""
    begin, exchange, own = PqPipeline.begin, PqPipeline._sync, PooledConnection.__init__

    def begin_alone(self: PqPipeline) -> None:
        begin(self)
        self._queue.clear()

    def sync(self: PqPipeline, queued: Sequence[PendingResult]) -> None:
        for answer in queued:
            exchange(self, [answer])

    def commit_alone(self: PooledConnection, *args: Any, **kwargs: Any) -> None:
        own(self, *args, **kwargs)
        self._connection.driver_connection.autocommit = True  # type: ignore[union-attr]  # a psycopg one

    PqPipeline.begin, PqPipeline._sync, PooledConnection.__init__ = begin_alone, sync, commit_alone  # type: ignore[method-assign]
    try:
        yield
    finally:
        PqPipeline.begin, PqPipeline._sync, PooledConnection.__init__ = begin, exchange, own  # type: ignore[method-assign]


def check_on(url: str, commands: Sequence[Call], mutation: str) -> Verdict:
    """Let commands fail at every statement and in every way."""
    verdict = Verdict()
    for way, pipeline in EXECUTION_MODES.items():

        def create_system(pipeline: bool = pipeline) -> SqlStore:  # noqa: FBT001  # bound here, for the loop goes on
            store = SqlStore.open(url, pipeline=pipeline)
            truncate_tables(store)
            return store

        for command in commands:
            before, after = expected_states(create_system, command)
            for mode in FAULT_MODES:
                at = 0
                while _check_fault(
                    create_system,
                    command,
                    StatementFault(at := at + 1, mode),
                    CheckContext(verdict, way, mutation, before, after),
                ):
                    verdict.count(f"{way}: faults")
    return verdict


@define
class CheckContext:
    """What is looked at after each fault."""

    verdict: Verdict
    mode: str
    mutation: str
    before: Any
    after: Any


def _check_fault(
    create_system: Callable[[], SqlStore], command: Call, fault: StatementFault, context: CheckContext
) -> bool:
    """Let a command fail once, and look at what has become of it; False when it has not so many statements."""
    faults = FaultPlan()
    side, known = system_with_fixtures(create_system(), faults, TransactionWrapper)
    crm = side.crm(TENANTS[0], "anna")
    call = command.resolve(side.crm(TENANTS[0]), known)
    faults.arm(0, "")  # at no call of the port's; but a command that runs again makes the ids that it made before
    planted = autocommit_mutation() if context.mutation == "each-by-itself" else faulty_store(StatementFault(0, ""))
    with planted, faulty_store(fault), suppress(Exception):
        Call(call.path, call.args, {**call.kwargs, "idempotency_key": KEY}).invoke(crm)
    failed = fault.statement_count >= fault.at
    if failed:
        verdict, after = context.verdict, context.after
        now, where = side.dump(TENANTS[0]), f"{command.path}, {fault.mode} at statement {fault.at}, {context.mode}"
        verdict.check("all or nothing", now in (context.before, after), where)
        if fault.mode == "refused for now":
            verdict.check("what is refused for now is tried again", now == after, where)
        key = KEY + " 2" if context.mutation == "new-key" else KEY
        with suppress(Exception):
            Call(call.path, call.args, {**call.kwargs, "idempotency_key": key}).invoke(crm)
        verdict.check("repeated, it has one effect", side.dump(TENANTS[0]) == after, where)
    side.close()
    return failed


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Let the first n kinds of commands fail at every statement and in every way, on a server of our own."""
    del rng  # every case is played
    with temporary_folder() as folder:
        server = Postgres(folder / "server")
        server.initialise()
        server.start()
        try:
            return check_on(server.url, COMMANDS[:n], mutation)
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(run("FAULT-K, PostgreSQL", check, n=len(COMMANDS), mutations=MUTATIONS))

"""FAULT-K on PostgreSQL: the database fails at the k-th statement, for every k and in four ways; nothing is ever half done.

The server cuts the connection before the statement, refuses it for now or for good, or does it and is never heard of again. Each story is
told statement by statement, and with its statements sent together. Told again with the same key, it has happened once.
``python -m tests.programmes.faultpg --seed 1`` starts a server of its own.
"""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from attrs import define
from psycopg import OperationalError

from crmcore import SqlStore
from crmcore.adapters.sql.links import OwnLink
from crmcore.adapters.sql.talks import Answer, Talk
from crmcore.testing.agreement.steps import Call
from tests.adapters.test_stores import empty
from tests.programmes.faultk import KEY, STORIES, TENANTS, Faults, house, usual
from tests.programmes.programme import Verdict, run
from tests.servers import Postgres, scratch
from tests.testing.sabotages import Coat

SABOTAGES: Final = {
    "each-by-itself": "every statement is a transaction of its own",
    "new-key": "who tells a story again takes a new key",
}
REFUSAL: Final = "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{}'; END $$"
BEFORE: Final = {
    "cut": "SELECT pg_terminate_backend(pg_backend_pid())",
    "refused for now": REFUSAL.format("40001"),
    "refused for good": REFUSAL.format("53100"),
}
"""What is run before the k-th statement, in its transaction."""
MODES: Final = (*BEFORE, "lost")
WAYS: Final = {"one by one": False, "together": True}


@define
class Fault:
    """Which statement fails, counted from 1, and how."""

    at: int
    mode: str
    said: int = 0
    lost: Any = None

    def comes(self) -> bool:
        """Count a statement, and tell whether it is the one."""
        self.said += 1
        return self.said == self.at


class FaultyCursor:
    """A driver's cursor whose k-th statement fails."""

    def __init__(self, cursor: Any, fault: Fault) -> None:
        self._cursor, self._fault = cursor, fault

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self.around(lambda: self._cursor.execute(sql, parameters))

    def executemany(self, sql: str, rows: Sequence[Any]) -> None:
        self.around(lambda: self._cursor.executemany(sql, rows))

    def around(self, call: Callable[[], Any]) -> None:
        """Run a statement, or let it fail."""
        comes = self._fault.comes()
        if comes and self._fault.mode in BEFORE:
            self._cursor.execute(BEFORE[self._fault.mode])
        call()
        if comes:
            _hang_up(self._cursor.connection)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def _hang_up(driver: Any) -> None:
    driver.close()
    raise OperationalError("the server is not heard of any more")


@contextmanager
def failing(fault: Fault) -> Iterator[None]:
    """Let the k-th statement fail that a store sends."""
    begin, commit, execute, exchange = OwnLink.__init__, OwnLink.commit, Talk.execute, Talk._exchange

    def begun(self: OwnLink, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        self.cursor = FaultyCursor(self.cursor, fault)  # type: ignore[assignment]  # as much of one as is used

    def said(self: Talk, sql: str, parameters: Sequence[Any] = ()) -> Answer:
        comes = fault.comes()
        if comes and fault.mode in BEFORE:
            execute(self, BEFORE[fault.mode])
        answer = execute(self, sql, parameters)
        if comes and fault.mode == "lost":
            fault.lost = answer
        return answer

    def exchanged(self: Talk, said: Sequence[Answer]) -> None:
        exchange(self, said)
        if fault.lost in said:
            fault.lost = None
            _hang_up(self.driver)

    OwnLink.__init__ = begun  # type: ignore[method-assign]
    OwnLink.commit = lambda self: self.cursor.around(lambda: commit(self))  # type: ignore[method-assign]
    Talk.execute, Talk._exchange = said, exchanged  # type: ignore[method-assign]
    try:
        yield
    finally:
        OwnLink.__init__, OwnLink.commit = begin, commit  # type: ignore[method-assign]
        Talk.execute, Talk._exchange = execute, exchange  # type: ignore[method-assign]


@contextmanager
def each_by_itself() -> Iterator[None]:
    """The planted bug: nothing begins a transaction, and each statement is sent alone."""
    begin, exchange, own = Talk.begin, Talk._exchange, OwnLink.__init__

    def begun(self: Talk) -> None:
        begin(self)
        self._said.clear()

    def exchanged(self: Talk, said: Sequence[Answer]) -> None:
        for answer in said:
            exchange(self, [answer])

    def owned(self: OwnLink, *args: Any, **kwargs: Any) -> None:
        own(self, *args, **kwargs)
        self._connection.driver_connection.autocommit = True  # type: ignore[union-attr]  # a psycopg one

    Talk.begin, Talk._exchange, OwnLink.__init__ = begun, exchanged, owned  # type: ignore[method-assign]
    try:
        yield
    finally:
        Talk.begin, Talk._exchange, OwnLink.__init__ = begin, exchange, own  # type: ignore[method-assign]


def play_on(url: str, stories: Sequence[Call], sabotage: str) -> Verdict:
    """Let stories fail at every statement and in every way."""
    verdict = Verdict()
    for way, pipeline in WAYS.items():

        def make(pipeline: bool = pipeline) -> SqlStore:  # noqa: FBT001  # bound here, for the loop goes on
            store = SqlStore.open(url, pipeline=pipeline)
            empty(store)
            return store

        for story in stories:
            before, after = usual(make, story)
            for mode in MODES:
                at = 0
                while _fails(make, story, Fault(at := at + 1, mode), Looked(verdict, way, sabotage, before, after)):
                    verdict.count(f"{way}: faults")
    return verdict


@define
class Looked:
    """What is looked at after each fault."""

    verdict: Verdict
    way: str
    sabotage: str
    before: Any
    after: Any


def _fails(make: Callable[[], SqlStore], story: Call, fault: Fault, looked: Looked) -> bool:
    """Let a story fail once, and look at what has become of it; False when it has not so many statements."""
    faults = Faults()
    side, known = house(make(), faults, Coat)
    crm = side.crm(TENANTS[0], "anna")
    call = story.about(side.crm(TENANTS[0]), known)
    faults.arm(0, "")  # at no call of the port's; but a story that runs again makes the ids that it made before
    planted = each_by_itself() if looked.sabotage == "each-by-itself" else failing(Fault(0, ""))
    with planted, failing(fault), suppress(Exception):
        Call(call.path, call.args, {**call.kwargs, "key": KEY}).make(crm)
    failed = fault.said >= fault.at
    if failed:
        verdict, after = looked.verdict, looked.after
        now, where = side.everything(TENANTS[0]), f"{story.path}, {fault.mode} at statement {fault.at}, {looked.way}"
        verdict.demand("all or nothing", now in (looked.before, after), where)
        if fault.mode == "refused for now":
            verdict.demand("what is refused for now is tried again", now == after, where)
        key = KEY + " 2" if looked.sabotage == "new-key" else KEY
        with suppress(Exception):
            Call(call.path, call.args, {**call.kwargs, "key": key}).make(crm)
        verdict.demand("told again, it has happened once", side.everything(TENANTS[0]) == after, where)
    side.close()
    return failed


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Let the first n kinds of stories fail at every statement and in every way, on a server of our own."""
    del chance  # every case is played
    with scratch() as folder:
        server = Postgres(folder / "server")
        server.initialise()
        server.start()
        try:
            return play_on(server.url, STORIES[:n], sabotage)
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(run("FAULT-K, PostgreSQL", play, n=len(STORIES), sabotages=SABOTAGES))

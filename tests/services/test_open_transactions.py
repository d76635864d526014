"""Nothing that reaches outside, and no second transaction, runs inside a transaction that may still be rolled back."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from crmcore import Crm, FrozenClock, MemoryStore, SqlStore
from crmcore.adapters.notifications.recording import RecordingNotifier
from crmcore.adapters.policies import AllowAll
from crmcore.adapters.sql.store import make_engine
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.domain.platform.inbox import InboxResult
from crmcore.errors import BusinessRuleError, TransactionOpenError
from crmcore.ports import RequestContext, Store, is_joined
from tests.adapters.test_store_contract import truncate_tables

ON_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)
AT_ONCE = 2.0
"""How many seconds a refusal takes at most: less than a database waits for a lock."""


@pytest.fixture(params=["sqlite", ON_POSTGRESQL])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind, empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'crm.db'}"
    server: str = request.getfixturevalue("postgresql_url")
    made = SqlStore.open(server)
    truncate_tables(made)
    made.close()
    return server


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """The host's engine."""
    store = SqlStore.open(url)
    yield store.engine
    store.close()


class Outside(RecordingNotifier):
    """Takes letters and events."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[RecordedEvent] = []

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Take events."""
        self.events += events


@pytest.fixture
def sent() -> Outside:
    """What left: letters and events."""
    return Outside()


@pytest.fixture
def crm(engine: Engine, sent: Outside) -> Crm:
    """A CRM over the engine, with a notifier and a publisher."""
    return Crm(SqlStore(engine), notifiers={"email": sent}, publishers={"webhook": sent})


@contextmanager
def opened(url: str, sent: Outside) -> Iterator[Crm]:
    """Another CRM over the same database, by connections of its own."""
    crm = Crm.open(url, notifiers={"email": sent}, publishers={"webhook": sent})
    yield crm
    crm.close()


def names(crm: Crm) -> list[str]:
    """The names of all customers."""
    return sorted(
        crm._environment.execute("test", lambda uow: [c.display_name for c in uow.find(Customer)], read_only=True)
    )


def queue(crm: Crm) -> None:
    """Queue a letter."""
    crm.outbox.queue("notice", address="anna@example.org", variables={"text": "Hello"})


@contextmanager
def refused(*rules: str) -> Iterator[None]:
    """Expect a refusal that comes at once, and says what to do."""
    begun = time.monotonic()
    with pytest.raises(TransactionOpenError) as caught:
        yield
    assert caught.value.rule in rules
    assert "transaction_open" == caught.value.code
    assert any(word in str(caught.value) for word in ("after", "use", "commit it first"))
    assert time.monotonic() - begun < AT_ONCE


OUTWARD: dict[str, Callable[[Crm], Any]] = {
    "deliver": lambda crm: crm.deliver(),
    "outbox.run": lambda crm: crm.outbox.run(limit=1),
    "feed.read": lambda crm: crm.feed.read(),
    "feed.latest_cursor": lambda crm: crm.feed.latest_cursor(),
    "feed.prune": lambda crm: crm.feed.prune(),
    "health": lambda crm: crm.health(),
}
"""What reaches outside, or hands the feed out."""


@pytest.mark.parametrize("call", OUTWARD)
@pytest.mark.parametrize("by", ["session", "connection"])
def test_outward_call_over_a_joined_store_is_refused(
    crm: Crm, engine: Engine, sent: Outside, by: str, call: str
) -> None:
    """Over the host's session or connection nothing leaves, whatever the host does then; after its commit it leaves once."""
    host: Any
    for commits in (False, True):
        with Session(engine) if by == "session" else engine.connect() as host:
            here = crm.with_store(SqlStore(host))
            queue(here)
            with refused("host_transaction_is_open"):
                OUTWARD[call](here)
            (host.commit if commits else host.rollback)()

            assert [] == [*sent.messages, *sent.events]
    report = crm.deliver()

    assert (1, 1) == (report.sent, len(sent.messages))
    assert 1 == len(crm.outbox.list())


@pytest.mark.parametrize("call", OUTWARD)
def test_outward_call_over_an_idle_session_is_refused(crm: Crm, engine: Engine, call: str) -> None:
    """A joined store is refused by what it is, and not by what was done: the host may write later, and roll back."""
    queue(crm)
    with Session(engine) as session, refused("host_transaction_is_open"):
        OUTWARD[call](crm.with_store(SqlStore(session)))

    assert 1 == crm.deliver().sent


@pytest.mark.parametrize("call", OUTWARD)
def test_outward_call_in_a_batch_is_refused(crm: Crm, sent: Outside, call: str) -> None:
    """In a batch it is the same, over its own store, over another store object, and over a joined one."""
    with crm.batch():
        queue(crm)
        with refused("batch_open"):
            OUTWARD[call](crm)
        with refused("batch_open"):
            OUTWARD[call](crm.with_store(SqlStore(crm._environment.store.engine)))  # type: ignore[attr-defined]  # an SQL one

    assert [] == [*sent.messages, *sent.events]


@pytest.mark.parametrize("call", OUTWARD)
def test_outward_call_in_an_inbox_handler_is_refused(crm: Crm, url: str, sent: Outside, call: str) -> None:
    """Neither the Crm whose message is applied nor one of its own connections sends anything before the commit."""
    queue(crm)
    with opened(url, sent) as other:
        for acting in (crm, other):
            with pytest.raises(TransactionOpenError):
                crm.inbox.process("erp", "1", lambda acting=acting: OUTWARD[call](acting))  # type: ignore[misc]  # bound now

    assert [] == [*sent.messages, *sent.events]
    assert 1 == crm.deliver().sent


INWARD: dict[str, Callable[[Crm], Any]] = {
    "command": lambda crm: crm.customers.create("Other"),
    "bulk_commands": lambda crm: list(crm.customers.upsert_many([{"key": "1", "name": "Other"}], system="erp")),
    "batch": lambda crm: crm.batch().__enter__(),
    "inbox": lambda crm: crm.inbox.process("erp", "2", lambda: crm.customers.create("Other")),
}
"""What begins a transaction that writes."""


@pytest.mark.parametrize("call", INWARD)
def test_command_of_another_store_in_an_inbox_handler_is_refused(crm: Crm, url: str, sent: Outside, call: str) -> None:
    """Another store object with connections of its own is refused at once: no wait for a lock, no second effect; then it comes again."""
    begun = time.monotonic()
    with opened(url, sent) as other:
        with pytest.raises(BusinessRuleError):
            crm.inbox.process("erp", "1", lambda: INWARD[call](other))

        assert time.monotonic() - begun < AT_ONCE
        assert [] == names(crm)
        assert InboxResult.APPLIED is crm.inbox.process("erp", "1", lambda: crm.customers.create("Mine"))
        assert ["Mine"] == names(other)


def test_command_of_another_store_in_a_batch_is_refused(crm: Crm, url: str, sent: Outside) -> None:
    """In a batch it is the same, whatever database the other store is over; what the batch did is stored."""
    in_memory = Crm.open("sqlite://")
    with opened(url, sent) as other:
        with crm.batch():
            crm.customers.create("Mine")
            for foreign in (other, Crm(), in_memory):
                with refused("batch_of_another_store"):
                    foreign.customers.create("Other")

        assert ["Mine"] == names(crm)
    in_memory.close()


def test_view_of_another_store_in_a_batch_works(crm: Crm) -> None:
    """Reading elsewhere changes nothing, so a batch may copy from another store."""
    source = Crm()
    source.users.create("Anna")
    with crm.batch():
        for user in source.users.list():
            crm.users.create(user.name)

    assert ["Anna"] == [user.name for user in crm.users.list()]


def test_equal_store_joins_the_batch(crm: Crm, engine: Engine) -> None:
    """A store over the same engine and tables is the same store: its commands are part of the batch, and roll back with it."""
    same = crm.with_store(SqlStore(engine))
    with pytest.raises(ZeroDivisionError), crm.batch():
        same.customers.create("Lost")
        assert ["Lost"] == names(crm)
        raise ZeroDivisionError
    assert [] == names(crm)
    outcomes = [crm.inbox.process("erp", "1", lambda: same.customers.create("Once")) for _ in range(2)]

    assert [InboxResult.APPLIED, InboxResult.DUPLICATE] == outcomes
    assert ["Once"] == names(crm)


@pytest.mark.parametrize("host", ["session", "connection", "new engine", "new Crm"])
def test_anything_of_the_same_sqlite_file_in_a_handler_is_refused_at_once(tmp_path: Path, host: str) -> None:
    """On SQLite the thread would wait for its own lock: making a store, opening a database and the host's own write are refused."""
    url = f"sqlite:///{tmp_path / 'crm.db'}"
    crm = Crm.open(url)
    engine: Engine = crm._environment.store.engine  # type: ignore[attr-defined]  # an SQL one

    def apply() -> None:
        match host:
            case "session":
                with Session(engine) as session:
                    SqlStore(session)
            case "connection":
                with engine.begin() as connection:
                    connection.exec_driver_sql("CREATE TABLE host_orders (id INT)")
            case "new engine":
                SqlStore(make_engine(url))
            case _:
                Crm.open(url)

    with refused("database_is_locked"):
        crm.inbox.process("erp", "1", apply)
    crm.inbox.process("erp", "1", lambda: crm.with_store(SqlStore(engine)).customers.create("Once"))

    assert ["Once"] == names(crm)
    crm.close()


@pytest.mark.parametrize("call", ["command", "inbox", "deliver"])
def test_engine_in_the_hosts_open_sqlite_transaction_is_refused_at_once(tmp_path: Path, call: str) -> None:
    """While a joined transaction of this thread is open, a store over the engine would wait for it: it is refused, and works after the commit."""
    crm = Crm.open(f"sqlite:///{tmp_path / 'crm.db'}")
    with Session(crm._environment.store.engine) as session:  # type: ignore[attr-defined]  # an SQL one
        crm.with_store(SqlStore(session)).customers.create("Mine")
        with refused("database_is_locked"):
            (INWARD | OUTWARD)[call](crm)
        session.commit()
    (INWARD | OUTWARD)[call](crm)

    assert "Mine" in names(crm)
    crm.close()


def test_view_inside_a_command_in_sqlite_memory_is_refused_at_once() -> None:
    """A database in memory has one connection, so not even a view can be asked inside a command; in a batch it is part of it."""
    inner = Crm.open("sqlite://")
    outer = meddling(inner._environment.store, lambda: names(inner))
    with refused("database_is_locked"):
        outer.customers.create("Outer")
    with outer.batch():
        outer.customers.create("Outer")

    assert ["Outer"] == names(inner)
    inner.close()


def test_task_that_meets_an_open_batch_on_sqlite_is_refused_at_once(tmp_path: Path) -> None:
    """A task that began before the batch is no part of it; on SQLite it would hold up the event loop, and so the batch: it is refused."""
    crm = Crm.open(f"sqlite:///{tmp_path / 'crm.db'}")

    async def batch(opened: asyncio.Event, done: asyncio.Event) -> None:
        with crm.batch():
            crm.customers.create("Inside")
            opened.set()
            await done.wait()

    async def main() -> None:
        opened, done = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(batch(opened, done))
        await opened.wait()
        with refused("database_is_locked"):
            crm.customers.create("Other")
        assert [] == names(crm)
        done.set()
        await task
        crm.customers.create("Other")

    asyncio.run(main())

    assert ["Inside", "Other"] == names(crm)
    crm.close()


@pytest.mark.parametrize("ending", ["commit", "rollback", "error"])
def test_inbox_of_a_joined_store_shares_the_hosts_fate(crm: Crm, engine: Engine, ending: str) -> None:
    """A message taken in the host's transaction, by a handler that makes its own store over the session, comes and goes with it."""

    def apply(session: Session) -> None:
        crm.with_store(SqlStore(session)).customers.create("Once")
        if ending == "error":
            raise ZeroDivisionError

    with Session(engine) as session:
        here = crm.with_store(SqlStore(session))
        if ending == "error":
            with pytest.raises(ZeroDivisionError):
                here.inbox.process("erp", "1", lambda: apply(session))
            session.commit()
        else:
            here.inbox.process("erp", "1", lambda: apply(session))
            (session.commit if ending == "commit" else session.rollback)()

    stored = ["Once"] if ending == "commit" else []
    assert stored == names(crm)
    again = crm.inbox.process("erp", "1", lambda: None)
    assert (InboxResult.DUPLICATE if stored else InboxResult.APPLIED) is again


def test_joined_store_in_a_handler_of_the_engines_is_refused(crm: Crm, engine: Engine) -> None:
    """A handler over the engine that writes by a session of its own would wait for itself on SQLite: it is refused at once."""

    def apply() -> None:
        with Session(engine) as session:
            crm.with_store(SqlStore(session)).customers.create("Other")

    with refused("batch_of_another_store", "database_is_locked"):
        crm.inbox.process("erp", "1", apply)

    assert [] == names(crm)


@frozen
class Meddling(AllowAll):
    """A policy that calls something whenever a customer is saved."""

    act: Callable[[], Any]

    def authorize(self, context: RequestContext, command: str, entity: Entity | None, /) -> None:
        """Call it."""
        if isinstance(entity, Customer):
            self.act()


def meddling(store: Store, act: Callable[[], Any]) -> Crm:
    """A CRM whose policy calls something in the middle of a command."""
    return Crm(store, access_policy=Meddling(act))


@pytest.mark.parametrize("call", ["command", "bulk_commands", "batch", "inbox", "deliver", "feed.read"])
def test_command_inside_a_command_is_refused(crm: Crm, url: str, sent: Outside, call: str) -> None:
    """A plug-in that calls a command inside a command is refused at once, by the same store and by another one."""
    act = (INWARD | OUTWARD)[call]
    with opened(url, sent) as other:
        for inner in (crm, other):
            outer = meddling(crm._environment.store, lambda inner=inner: act(inner))  # type: ignore[misc]  # bound now
            with refused("command_in_command"):
                outer.customers.create("Outer")
            with outer.batch(), refused("command_in_command", "batch_open"):
                outer.customers.create("Outer")

    assert [] == names(crm)
    crm.customers.create("Later")
    assert ["Later"] == names(crm)


def test_command_inside_a_command_is_refused_in_memory() -> None:
    """The memory store is no exception."""
    store = MemoryStore()
    inner = Crm(store)
    with refused("command_in_command"):
        meddling(store, lambda: inner.customers.create("Inner")).customers.create("Outer")

    assert [] == names(inner)


def test_view_inside_a_command_works(crm: Crm) -> None:
    """A plug-in may read inside a command: what is committed, or what the batch has done."""
    seen: list[int] = []
    outer = meddling(crm._environment.store, lambda: seen.append(len(names(crm))))
    outer.customers.create("One")
    outer.customers.create("Two")
    with outer.batch():
        outer.customers.create("Three")
        outer.customers.create("Four")

    assert [0, 1, 2, 3] == seen


def test_notifier_and_publisher_may_call_commands(engine: Engine) -> None:
    """What is sent is sent outside of all transactions, so a notifier and a publisher may call commands of the same Crm."""

    class Answering(Outside):
        def send(self, message: Any, /) -> None:
            acting.customers.create("By the notifier")

        def publish(self, events: Any, /) -> None:
            acting.customers.create("By the publisher")

    answering = Answering()
    acting = Crm(SqlStore(engine), notifiers={"email": answering}, publishers={"webhook": answering})
    queue(acting)
    reports = [acting.deliver(), acting.deliver()]  # the second one publishes the event of the notifier's command

    assert [(1, 0, 0), (0, 0, 0)] == [(report.sent, report.failed, report.failed_publishers) for report in reports]
    assert ["By the notifier", "By the publisher"] == names(acting)


@pytest.mark.parametrize("commits", [True, False])
def test_run_due_over_a_joined_store_shares_the_hosts_fate(
    crm: Crm,
    engine: Engine,
    sent: Outside,
    commits: bool,  # noqa: FBT001
) -> None:
    """Due work has its effects in the database only, so the host may run it in its transaction: all of it lasts, or none."""
    clock = FrozenClock()
    crm = Crm(crm._environment.store, clock=clock, notifiers={"email": sent})
    boss = crm.users.create("Boss", email="boss@example.org")
    anna = crm.users.create("Anna", manager_id=boss.id)
    crm.tasks.create("Call back", assignee_id=anna.id, due_at=clock.now())
    clock.advance(minutes=1)
    with Session(engine) as session:
        assert 1 == crm.with_store(SqlStore(session)).run_due_jobs().done
        (session.commit if commits else session.rollback)()

    assert (0 if commits else 1) == crm.run_due_jobs().done
    assert (1, 1) == (crm.deliver().sent, len(sent.messages))


def test_stores_say_whether_they_are_joined(engine: Engine) -> None:
    """A store over an engine, a memory store, and one that says nothing commit for good; a joined one does not."""

    class Silent:
        pass

    with Session(engine) as session:
        told = [is_joined(SqlStore(session))]
    with engine.connect() as connection:
        told += [is_joined(SqlStore(connection))]
    silent: Any = Silent()

    assert [True, True] == told
    assert [False] * 3 == [is_joined(store) for store in (SqlStore(engine), MemoryStore(), silent)]


@pytest.mark.parametrize("call", OUTWARD)
def test_joined_store_of_a_third_party_is_refused(call: str) -> None:
    """A store of any other make that says `is_joined` is held to the same."""

    class Joined(MemoryStore):
        is_joined = True

    sent = Outside()
    crm = Crm(Joined(), notifiers={"email": sent}, publishers={"webhook": sent})
    queue(crm)
    with refused("host_transaction_is_open"):
        OUTWARD[call](crm)

    assert [] == [*sent.messages, *sent.events]


def test_stores_are_equal_over_the_same_host_and_tables(engine: Engine, url: str) -> None:
    """Stores over one engine, or one session, are equal; others are not, though they reach the same rows."""
    other = SqlStore.open(url)
    with Session(engine) as session:
        joined = {SqlStore(session), SqlStore(session)}
    with Session(engine) as second:
        joined.add(SqlStore(second))

    assert 2 == len(joined)
    assert 4 == len({*joined, SqlStore(engine), SqlStore(engine), other})
    assert SqlStore(engine) != "a store"
    other.close()

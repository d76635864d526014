"""Open transactions: no delivery and no second command inside them."""

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
from crmcore.adapters.sql.engines import make_engine
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.domain.platform.inbox import InboxResult
from crmcore.errors import BusinessRuleError, TransactionOpenError
from crmcore.ports import RequestContext, Store, is_joined
from tests.adapters.test_store_contract import truncate_tables

ON_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)
AT_ONCE = 2.0
"""Maximum seconds of a refusal: less than a lock timeout."""


@pytest.fixture(params=["sqlite", ON_POSTGRESQL])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each type."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'crm.db'}"
    server: str = request.getfixturevalue("postgresql_url")
    made = SqlStore.open(server)
    truncate_tables(made)
    made.close()
    return server


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """The engine of the host."""
    store = SqlStore.open(url)
    yield store.engine
    store.close()


class Recipient(RecordingNotifier):
    """Records messages and events."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[RecordedEvent] = []

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Record events."""
        self.events += events


@pytest.fixture
def sent() -> Recipient:
    """The sent messages and events."""
    return Recipient()


@pytest.fixture
def crm(engine: Engine, sent: Recipient) -> Crm:
    """A CRM over the engine, with a notifier and a publisher."""
    return Crm(SqlStore(engine), notifiers={"email": sent}, publishers={"webhook": sent})


@contextmanager
def opened(url: str, sent: Recipient) -> Iterator[Crm]:
    """Another CRM over the same database, with separate connections."""
    crm = Crm.open(url, notifiers={"email": sent}, publishers={"webhook": sent})
    yield crm
    crm.close()


def names(crm: Crm) -> list[str]:
    """The names of all customers."""
    return sorted(
        crm._environment.execute("test", lambda uow: [c.display_name for c in uow.find(Customer)], read_only=True)
    )


def queue(crm: Crm) -> None:
    """Queue a message."""
    crm.outbox.queue("notice", address="anna@example.org", variables={"text": "Hello"})


@contextmanager
def refused(*rules: str) -> Iterator[None]:
    """Expect an immediate refusal with a hint."""
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
"""Calls that send, or read the feed."""


@pytest.mark.parametrize("call", OUTWARD)
@pytest.mark.parametrize("by", ["session", "connection"])
def test_outward_call_over_a_joined_store_is_refused(
    crm: Crm, engine: Engine, sent: Recipient, by: str, call: str
) -> None:
    """Over a joined store nothing is sent; after the commit it is sent once."""
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
    """A joined store is refused, even without writes of the host."""
    queue(crm)
    with Session(engine) as session, refused("host_transaction_is_open"):
        OUTWARD[call](crm.with_store(SqlStore(session)))

    assert 1 == crm.deliver().sent


@pytest.mark.parametrize("call", OUTWARD)
def test_outward_call_in_a_batch_is_refused(crm: Crm, sent: Recipient, call: str) -> None:
    """In a batch nothing is sent, over any store."""
    with crm.batch():
        queue(crm)
        with refused("batch_open"):
            OUTWARD[call](crm)
        with refused("batch_open"):
            OUTWARD[call](crm.with_store(SqlStore(crm._environment.store.engine)))  # type: ignore[attr-defined]  # an SQL one

    assert [] == [*sent.messages, *sent.events]


@pytest.mark.parametrize("call", OUTWARD)
def test_outward_call_in_an_inbox_handler_is_refused(crm: Crm, url: str, sent: Recipient, call: str) -> None:
    """In an inbox handler nothing is sent before the commit."""
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
"""Calls that begin a writing transaction."""


@pytest.mark.parametrize("call", INWARD)
def test_command_of_another_store_in_an_inbox_handler_is_refused(
    crm: Crm, url: str, sent: Recipient, call: str
) -> None:
    """A command of another store in a handler is refused at once."""
    begun = time.monotonic()
    with opened(url, sent) as other:
        with pytest.raises(BusinessRuleError):
            crm.inbox.process("erp", "1", lambda: INWARD[call](other))

        assert time.monotonic() - begun < AT_ONCE
        assert [] == names(crm)
        assert InboxResult.APPLIED is crm.inbox.process("erp", "1", lambda: crm.customers.create("Mine"))
        assert ["Mine"] == names(other)


def test_command_of_another_store_in_a_batch_is_refused(crm: Crm, url: str, sent: Recipient) -> None:
    """A command of another store in a batch is refused; the batch is stored."""
    in_memory = Crm.open("sqlite://")
    with opened(url, sent) as other:
        with crm.batch():
            crm.customers.create("Mine")
            for foreign in (other, Crm(), in_memory):
                with refused("batch_of_another_store"):
                    foreign.customers.create("Other")

        assert ["Mine"] == names(crm)
    in_memory.close()


def test_query_of_another_store_in_a_batch_works(crm: Crm) -> None:
    """Queries of another store work in a batch."""
    source = Crm()
    source.users.create("Anna")
    with crm.batch():
        for user in source.users.list():
            crm.users.create(user.name)

    assert ["Anna"] == [user.name for user in crm.users.list()]


def test_equal_store_joins_the_batch(crm: Crm, engine: Engine) -> None:
    """Commands of an equal store are part of the batch."""
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
    """On SQLite, other writes of the same thread are refused at once."""
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
    """A store over the engine is refused during a joined SQLite transaction."""
    crm = Crm.open(f"sqlite:///{tmp_path / 'crm.db'}")
    with Session(crm._environment.store.engine) as session:  # type: ignore[attr-defined]  # an SQL one
        crm.with_store(SqlStore(session)).customers.create("Mine")
        with refused("database_is_locked"):
            (INWARD | OUTWARD)[call](crm)
        session.commit()
    (INWARD | OUTWARD)[call](crm)

    assert "Mine" in names(crm)
    crm.close()


def test_query_inside_a_command_in_sqlite_memory_is_refused_at_once() -> None:
    """In SQLite memory, a query inside a command is refused."""
    inner = Crm.open("sqlite://")
    outer = crm_calling(inner._environment.store, lambda: names(inner))
    with refused("database_is_locked"):
        outer.customers.create("Outer")
    with outer.batch():
        outer.customers.create("Outer")

    assert ["Outer"] == names(inner)
    inner.close()


def test_task_that_meets_an_open_batch_on_sqlite_is_refused_at_once(tmp_path: Path) -> None:
    """On SQLite, a task from before the batch is refused at once."""
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
def test_inbox_of_a_joined_store_ends_with_the_hosts_transaction(crm: Crm, engine: Engine, ending: str) -> None:
    """A message in the host's transaction is committed or rolled back with it."""

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
    """A joined store in a handler of the engine's store is refused."""

    def apply() -> None:
        with Session(engine) as session:
            crm.with_store(SqlStore(session)).customers.create("Other")

    with refused("batch_of_another_store", "database_is_locked"):
        crm.inbox.process("erp", "1", apply)

    assert [] == names(crm)


@frozen
class CallingPolicy(AllowAll):
    """A policy that calls a function whenever a customer is saved."""

    act: Callable[[], Any]

    def authorize(self, context: RequestContext, command: str, entity: Entity | None, /) -> None:
        """Call the function."""
        if isinstance(entity, Customer):
            self.act()


def crm_calling(store: Store, act: Callable[[], Any]) -> Crm:
    """Create a CRM whose policy calls a function inside a command."""
    return Crm(store, access_policy=CallingPolicy(act))


@pytest.mark.parametrize("call", ["command", "bulk_commands", "batch", "inbox", "deliver", "feed.read"])
def test_command_inside_a_command_is_refused(crm: Crm, url: str, sent: Recipient, call: str) -> None:
    """A command inside a command is refused, over every store."""
    act = (INWARD | OUTWARD)[call]
    with opened(url, sent) as other:
        for inner in (crm, other):
            outer = crm_calling(crm._environment.store, lambda inner=inner: act(inner))  # type: ignore[misc]  # bound now
            with refused("command_in_command"):
                outer.customers.create("Outer")
            with outer.batch(), refused("command_in_command", "batch_open"):
                outer.customers.create("Outer")

    assert [] == names(crm)
    crm.customers.create("Later")
    assert ["Later"] == names(crm)


def test_command_inside_a_command_is_refused_in_memory() -> None:
    """A command inside a command is refused in memory, too."""
    store = MemoryStore()
    inner = Crm(store)
    with refused("command_in_command"):
        crm_calling(store, lambda: inner.customers.create("Inner")).customers.create("Outer")

    assert [] == names(inner)


def test_query_inside_a_command_works(crm: Crm) -> None:
    """A query inside a command sees committed records, and the batch."""
    seen: list[int] = []
    outer = crm_calling(crm._environment.store, lambda: seen.append(len(names(crm))))
    outer.customers.create("One")
    outer.customers.create("Two")
    with outer.batch():
        outer.customers.create("Three")
        outer.customers.create("Four")

    assert [0, 1, 2, 3] == seen


def test_notifier_and_publisher_may_call_commands(engine: Engine) -> None:
    """A notifier and a publisher may call commands of the same Crm."""

    class Answering(Recipient):
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
def test_run_due_over_a_joined_store_ends_with_the_hosts_transaction(
    crm: Crm,
    engine: Engine,
    sent: Recipient,
    commits: bool,  # noqa: FBT001
) -> None:
    """Due jobs over a joined store are committed or rolled back by the host."""
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
    """A joined store reports it; every other store commits for good."""

    class Silent:
        pass

    with Session(engine) as session:
        results = [is_joined(SqlStore(session))]
    with engine.connect() as connection:
        results += [is_joined(SqlStore(connection))]
    silent: Any = Silent()

    assert [True, True] == results
    assert [False] * 3 == [is_joined(store) for store in (SqlStore(engine), MemoryStore(), silent)]


@pytest.mark.parametrize("call", OUTWARD)
def test_joined_store_of_a_third_party_is_refused(call: str) -> None:
    """A third-party store with `is_joined` is refused likewise."""

    class Joined(MemoryStore):
        is_joined = True

    sent = Recipient()
    crm = Crm(Joined(), notifiers={"email": sent}, publishers={"webhook": sent})
    queue(crm)
    with refused("host_transaction_is_open"):
        OUTWARD[call](crm)

    assert [] == [*sent.messages, *sent.events]


def test_stores_are_equal_over_the_same_host_and_tables(engine: Engine, url: str) -> None:
    """Stores over one engine, or one session, are equal; others are not."""
    other = SqlStore.open(url)
    with Session(engine) as session:
        joined = {SqlStore(session), SqlStore(session)}
    with Session(engine) as second:
        joined.add(SqlStore(second))

    assert 2 == len(joined)
    assert 4 == len({*joined, SqlStore(engine), SqlStore(engine), other})
    assert SqlStore(engine) != "a store"
    other.close()

"""What is said to PostgreSQL waits for the next exchange, and what goes wrong there is known for what it is."""

import signal
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.talks import Forgotten, Talk
from tests.adapters.test_stores import empty

pytestmark = pytest.mark.postgresql


@pytest.fixture
def url(postgresql_url: str) -> str:
    """Where psycopg finds the server."""
    return postgresql_url.replace("+psycopg", "")


@pytest.fixture
def driver(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the driver's."""
    with psycopg.connect(url) as driver:
        yield driver


@pytest.fixture
def talk(driver: psycopg.Connection[Any]) -> Talk:
    """A talk on it that has begun."""
    talk = Talk(driver)
    talk.begin()
    return talk


def ask(talk: Talk, sql: str, *parameters: object) -> Any:
    """Ask for one value."""
    answer = talk.execute(sql, parameters)
    talk.exchange()
    return talk.rows(answer)[0][0]


def prepared(talk: Talk) -> list[str]:
    """The texts of what the server has prepared."""
    answer = talk.execute("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time")
    talk.exchange()
    return [text for (text,) in talk.rows(answer)]


def test_nothing_is_sent_before_it_is_wanted(talk: Talk, driver: psycopg.Connection[Any]) -> None:
    """Where nothing was exchanged, nothing has begun, and there is nothing to roll back."""
    talk.execute("SELECT 1")
    status = driver.info.transaction_status
    talk.end()

    assert psycopg.pq.TransactionStatus.IDLE == status == driver.info.transaction_status


def test_answers_come_in_their_order(talk: Talk) -> None:
    """Many statements go out together, and each has its own rows, however long they are."""
    long = "x" * 300_000
    answers = [talk.execute("SELECT %s::TEXT, %s::BIGINT, '100%%'", (long if n % 2 else None, n)) for n in range(20)]
    talk.exchange()

    assert [[(long if n % 2 else None, n, "100%")] for n in range(20)] == [talk.rows(answer) for answer in answers]


def test_the_first_failure_is_told(talk: Talk) -> None:
    """What failed first is raised; what stands behind it has no result, and what came before has."""
    one, two, three = (talk.execute(sql) for sql in ("SELECT 1", "SELECT 1 / 0", "SELECT 1 / 0"))
    with pytest.raises(psycopg.errors.DivisionByZero) as refused:
        talk.exchange()
    talk.end()

    assert refused.value is two.error
    assert [(1,)] == talk.rows(one)
    assert (None, None) == (three.error, three.result)


def test_prepared_when_it_comes_often(talk: Talk) -> None:
    """What comes more often than the connection says is prepared, once whatever it is given, and anew when it has come twice as often."""
    for n in (None, 1, 70_000, 2**40, None, 3):
        ask(talk, "SELECT %s::BIGINT", n)
    first = prepared(talk)
    names = []
    for n in range(20):
        ask(talk, "SELECT %s::BIGINT", n)
        names.append(ask(talk, "SELECT name FROM pg_prepared_statements WHERE statement = 'SELECT $1::BIGINT'"))

    assert ["SELECT $1::BIGINT"] == first
    assert 3 == len(set(names))  # at 6, at 12 and at 24


def test_not_prepared_where_the_host_forbids_it(talk: Talk, driver: psycopg.Connection[Any]) -> None:
    """A host behind a pooler that shares connections turns preparing off as psycopg says, and is obeyed."""
    driver.prepare_threshold = None
    for n in range(10):
        ask(talk, "SELECT %s::BIGINT", n)

    assert [] == prepared(talk)


@pytest.mark.parametrize("times", [8, 11])
def test_what_was_forgotten_is_said_again(talk: Talk, times: int) -> None:
    """Somebody had the server forget what was prepared, be it about to be prepared anew. A transaction that has done nothing yet does not notice."""
    for n in range(times):
        ask(talk, "SELECT %s::BIGINT", n)
    ask(talk, "SELECT 1")
    talk.execute("DEALLOCATE ALL")
    talk.exchange()
    talk.end()
    talk.begin()

    assert 9 == ask(talk, "SELECT %s::BIGINT", 9)
    talk.end()


def test_what_was_forgotten_meanwhile_is_a_conflict(talk: Talk) -> None:
    """Later in a transaction it is as any conflict: the story is told again, and then it goes well."""
    for n in range(8):
        ask(talk, "SELECT %s::BIGINT", n)
    talk.execute("DEALLOCATE ALL")
    talk.exchange()
    with pytest.raises(Forgotten) as refused:
        ask(talk, "SELECT %s::BIGINT", 9)
    talk.end()
    talk.begin()

    assert "40001" == refused.value.sqlstate
    assert 9 == ask(talk, "SELECT %s::BIGINT", 9)
    talk.end()


def test_a_changed_table(talk: Talk) -> None:
    """A table is altered while its statements are prepared, as a migration does it: the next transaction reads it as it is."""
    talk.execute("CREATE TEMPORARY TABLE t AS SELECT 1::INTEGER AS n")
    for _ in range(8):
        ask(talk, "SELECT * FROM t WHERE n > %s", 0)
    talk.execute("ALTER TABLE t ADD COLUMN m TEXT")
    talk.execute("COMMIT")
    talk.exchange()
    talk.begin()
    answer = talk.execute("SELECT * FROM t WHERE n > %s", (0,))
    talk.exchange()

    assert [(1, None)] == talk.rows(answer)
    talk.end()


def test_begun_as_the_host_wants(driver: psycopg.Connection[Any]) -> None:
    """Isolation and the rest are the connection's, which the host may have set."""
    driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    driver.read_only = True
    driver.deferrable = False
    talk = Talk(driver)
    talk.begin()

    assert "repeatable read" == ask(talk, "SHOW transaction_isolation")
    assert "on" == ask(talk, "SHOW transaction_read_only")
    talk.end()


def test_a_connection_that_was_cut_while_it_rested(driver: psycopg.Connection[Any], url: str) -> None:
    """It shows before anything is sent, so that nobody has to ask himself what became of a COMMIT."""
    talk = Talk(driver)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (driver.info.backend_pid,))

    with pytest.raises(psycopg.OperationalError):
        talk.begin()


def test_a_connection_that_is_cut_in_the_middle(talk: Talk) -> None:
    """What the server said when it hung up is told: it has done nothing of what came behind."""
    talk.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    talk.execute("COMMIT")
    with pytest.raises(psycopg.errors.AdminShutdown):
        talk.exchange()
    with pytest.raises(psycopg.Error):
        talk.end()


def test_interrupted_while_waiting(talk: Talk) -> None:
    """Somebody presses Ctrl-C while the server works: the statement is called off, and the connection is sound."""
    # SIGINT itself is ignored by whatever a shell has put in the background, such as a build.
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        talk.execute("SELECT pg_sleep(60)")
        with pytest.raises(KeyboardInterrupt):
            talk.exchange()
    finally:
        signal.signal(signal.SIGALRM, before)
    talk.end()
    talk.begin()

    assert 1 == ask(talk, "SELECT 1")
    talk.end()


def test_stories_behind_a_host_that_forgets(postgresql_url: str) -> None:
    """The host shares the engine, and has the server forget everything in between: neither stories nor views notice."""
    store = SqlStore.open(postgresql_url, pool_size=1, max_overflow=0)
    empty(store)
    crm = Crm(store)
    customer = crm.customers.add("Anna", phone="+37120000001")
    for n in range(10):
        crm.customers.rename(customer.id, f"Anna {n}")
        crm.customers.get(customer.id)
    for n in range(3):
        with store.engine.connect() as connection:
            connection.exec_driver_sql("DISCARD TEMP")
            connection.exec_driver_sql("DEALLOCATE ALL")
        crm.customers.rename(customer.id, f"Berta {n}")
        with store.engine.connect() as connection:
            connection.exec_driver_sql("DEALLOCATE ALL")
        crm.customers.get(customer.id)

    assert "Berta 2" == crm.customers.get(customer.id).name
    crm.close()

"""What is said to PostgreSQL waits for the next exchange, and what goes wrong there is known for what it is."""

import signal
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.execute.pq_pipeline import PqPipeline, PreparedStatementLostError
from tests.adapters.test_store_contract import truncate_tables

pytestmark = pytest.mark.postgresql


@pytest.fixture
def libpq_url(postgresql_url: str) -> str:
    """Where psycopg finds the server."""
    return postgresql_url.replace("+psycopg", "")


@pytest.fixture
def driver(libpq_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the driver's."""
    with psycopg.connect(libpq_url) as driver:
        yield driver


@pytest.fixture
def pipeline(driver: psycopg.Connection[Any]) -> PqPipeline:
    """A pipeline with an open transaction."""
    pipeline = PqPipeline(driver)
    pipeline.begin()
    return pipeline


def fetch_value(pipeline: PqPipeline, sql: str, *parameters: object) -> Any:
    """Ask for one value."""
    answer = pipeline.execute(sql, parameters)
    pipeline.sync()
    return pipeline.fetch_all(answer)[0][0]


def prepared_statements(pipeline: PqPipeline) -> list[str]:
    """The texts of what the server has prepared."""
    answer = pipeline.execute("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time")
    pipeline.sync()
    return [text for (text,) in pipeline.fetch_all(answer)]


def test_unsynced_pipeline_sends_nothing(pipeline: PqPipeline, driver: psycopg.Connection[Any]) -> None:
    """Where nothing was exchanged, nothing has begun, and there is nothing to roll back."""
    pipeline.execute("SELECT 1")
    status = driver.info.transaction_status
    pipeline.rollback()

    assert psycopg.pq.TransactionStatus.IDLE == status == driver.info.transaction_status


def test_pipeline_results_keep_statement_order(pipeline: PqPipeline) -> None:
    """Many statements go out together, and each has its own rows, however long they are."""
    long = "x" * 300_000
    answers = [
        pipeline.execute("SELECT %s::TEXT, %s::BIGINT, '100%%'", (long if n % 2 else None, n)) for n in range(20)
    ]
    pipeline.sync()

    assert [[(long if n % 2 else None, n, "100%")] for n in range(20)] == [
        pipeline.fetch_all(answer) for answer in answers
    ]


def test_pipeline_raises_first_error(pipeline: PqPipeline) -> None:
    """What failed first is raised; what stands behind it has no result, and what came before has."""
    one, two, three = (pipeline.execute(sql) for sql in ("SELECT 1", "SELECT 1 / 0", "SELECT 1 / 0"))
    with pytest.raises(psycopg.errors.DivisionByZero) as refused:
        pipeline.sync()
    pipeline.rollback()

    assert refused.value is two.error
    assert [(1,)] == pipeline.fetch_all(one)
    assert (None, None) == (three.error, three.result)


def test_frequent_statement_is_prepared(pipeline: PqPipeline) -> None:
    """A statement above the threshold is prepared once for all values, and again when its uses have doubled."""
    for n in (None, 1, 70_000, 2**40, None, 3):
        fetch_value(pipeline, "SELECT %s::BIGINT", n)
    first = prepared_statements(pipeline)
    names = []
    for n in range(20):
        fetch_value(pipeline, "SELECT %s::BIGINT", n)
        names.append(
            fetch_value(pipeline, "SELECT name FROM pg_prepared_statements WHERE statement = 'SELECT $1::BIGINT'")
        )

    assert ["SELECT $1::BIGINT"] == first
    assert 3 == len(set(names))  # at 6, at 12 and at 24


def test_disabled_prepare_threshold_is_respected(pipeline: PqPipeline, driver: psycopg.Connection[Any]) -> None:
    """A host behind a pooler that shares connections turns preparing off as psycopg says, and is obeyed."""
    driver.prepare_threshold = None
    for n in range(10):
        fetch_value(pipeline, "SELECT %s::BIGINT", n)

    assert [] == prepared_statements(pipeline)


@pytest.mark.parametrize("times", [8, 11])
def test_lost_prepared_statement_is_resent_before_first_write(pipeline: PqPipeline, times: int) -> None:
    """Prepared statements that the server has lost are sent again, if the transaction has done nothing yet."""
    for n in range(times):
        fetch_value(pipeline, "SELECT %s::BIGINT", n)
    fetch_value(pipeline, "SELECT 1")
    pipeline.execute("DEALLOCATE ALL")
    pipeline.sync()
    pipeline.rollback()
    pipeline.begin()

    assert 9 == fetch_value(pipeline, "SELECT %s::BIGINT", 9)
    pipeline.rollback()


def test_lost_prepared_statement_later_in_transaction_is_conflict(pipeline: PqPipeline) -> None:
    """Later in a transaction, a lost prepared statement is a conflict, and the retried command succeeds."""
    for n in range(8):
        fetch_value(pipeline, "SELECT %s::BIGINT", n)
    pipeline.execute("DEALLOCATE ALL")
    pipeline.sync()
    with pytest.raises(PreparedStatementLostError) as refused:
        fetch_value(pipeline, "SELECT %s::BIGINT", 9)
    pipeline.rollback()
    pipeline.begin()

    assert "40001" == refused.value.sqlstate
    assert 9 == fetch_value(pipeline, "SELECT %s::BIGINT", 9)
    pipeline.rollback()


def test_altered_table_is_reprepared(pipeline: PqPipeline) -> None:
    """A table is altered while its statements are prepared, as a migration does it: the next transaction reads it as it is."""
    pipeline.execute("CREATE TEMPORARY TABLE t AS SELECT 1::INTEGER AS n")
    for _ in range(8):
        fetch_value(pipeline, "SELECT * FROM t WHERE n > %s", 0)
    pipeline.execute("ALTER TABLE t ADD COLUMN m TEXT")
    pipeline.execute("COMMIT")
    pipeline.sync()
    pipeline.begin()
    answer = pipeline.execute("SELECT * FROM t WHERE n > %s", (0,))
    pipeline.sync()

    assert [(1, None)] == pipeline.fetch_all(answer)
    pipeline.rollback()


def test_pipeline_transaction_uses_connection_settings(driver: psycopg.Connection[Any]) -> None:
    """Isolation and the rest are the connection's, which the host may have set."""
    driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    driver.read_only = True
    driver.deferrable = False
    pipeline = PqPipeline(driver)
    pipeline.begin()

    assert "repeatable read" == fetch_value(pipeline, "SHOW transaction_isolation")
    assert "on" == fetch_value(pipeline, "SHOW transaction_read_only")
    pipeline.rollback()


def test_idle_connection_loss_is_detected_before_sending(driver: psycopg.Connection[Any], libpq_url: str) -> None:
    """A closed connection is detected before anything is sent, so that no COMMIT has an unknown outcome."""
    pipeline = PqPipeline(driver)
    with psycopg.connect(libpq_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (driver.info.backend_pid,))

    with pytest.raises(psycopg.OperationalError):
        pipeline.begin()


def test_connection_loss_in_transaction_raises_server_message(pipeline: PqPipeline) -> None:
    """The error contains the last message of the server, which has executed no later statement."""
    pipeline.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    pipeline.execute("COMMIT")
    with pytest.raises(psycopg.errors.AdminShutdown):
        pipeline.sync()
    with pytest.raises(psycopg.Error):
        pipeline.rollback()


def test_keyboard_interrupt_cancels_statement(pipeline: PqPipeline) -> None:
    """Ctrl-C during a statement cancels it, and the connection stays usable."""
    # SIGINT itself is ignored by whatever a shell has put in the background, such as a build.
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        pipeline.execute("SELECT pg_sleep(60)")
        with pytest.raises(KeyboardInterrupt):
            pipeline.sync()
    finally:
        signal.signal(signal.SIGALRM, before)
    pipeline.rollback()
    pipeline.begin()

    assert 1 == fetch_value(pipeline, "SELECT 1")
    pipeline.rollback()


def test_host_discarding_prepared_statements_is_tolerated(postgresql_url: str) -> None:
    """A host on the same engine deallocates all statements; commands and queries still succeed."""
    store = SqlStore.open(postgresql_url, pool_size=1, max_overflow=0)
    truncate_tables(store)
    crm = Crm(store)
    customer = crm.customers.create("Anna", phone="+37120000001")
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

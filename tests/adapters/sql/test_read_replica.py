"""Views read from a second server that follows the first one, and still see what was written."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.engines import make_engine
from crmcore.errors import InvalidInputError
from tests.servers import Postgres, temporary_folder

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Postgres, Postgres]]:
    """A server, and another one that follows it."""
    with temporary_folder() as folder, ExitStack() as after:
        first, second = Postgres(folder / "first"), Postgres(folder / "second")
        first.initialise()
        first.start()
        after.callback(first.stop)
        second.copy(first)
        second.start()
        after.callback(second.stop)
        yield first, second


@pytest.fixture
def store(servers: tuple[Postgres, Postgres]) -> Iterator[SqlStore]:
    """A store that writes to the one and reads from the other."""
    first, second = servers
    store = SqlStore(make_engine(first.url), read_replica=make_engine(second.url))
    store.create_tables()
    yield store
    store.close()


def pause_replay(servers: tuple[Postgres, Postgres], *, is_paused: bool) -> None:
    """Hold the second server back, or let it go on."""
    engine = make_engine(servers[1].url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_wal_replay_{'pause' if is_paused else 'resume'}()")
    engine.dispose()


def customer_names(crm: Crm) -> list[str]:
    """The names that a view sees."""
    return [customer.name for customer in crm.customers.search("Jānis")]


def wait_until(condition: str, crm: Crm) -> None:
    """Wait until a view is answered by the second server."""
    deadline = time.monotonic() + 20
    while answering_server(crm) != condition:
        assert time.monotonic() < deadline, f"no view was answered by the {condition} server"
        time.sleep(0.02)


def answering_server(crm: Crm) -> str:
    """Which server answers a view."""
    environment = crm._environment
    with environment.store.begin(
        environment.context, id_generator=environment.id_generator, read_only=True
    ) as transaction:
        rows = transaction._executor.fetch_all("SELECT pg_is_in_recovery()", ())  # type: ignore[attr-defined]  # an SQL one
    return "second" if rows[0][0] else "first"


def test_query_runs_on_replica_and_command_on_primary(store: SqlStore) -> None:
    """Queries go to a replica that has replayed the writes; commands go to the primary."""
    crm = Crm(store, tenant="readers")
    crm.customers.create("Jānis")
    wait_until("second", crm)

    assert ["Jānis"] == customer_names(crm)
    with store.begin(crm._environment.context, id_generator=crm._environment.id_generator) as transaction:
        assert [(False,)] == transaction._executor.fetch_all("SELECT pg_is_in_recovery()", ())


def test_query_after_own_write_reads_primary_until_replica_caught_up(
    store: SqlStore, servers: tuple[Postgres, Postgres]
) -> None:
    """A tenant that has just written reads it, however far the second server is behind; other tenants stay there."""
    writer, other = Crm(store, tenant="writers"), Crm(store, tenant="others")
    pause_replay(servers, is_paused=True)
    try:
        for number in range(20):
            writer.customers.create(f"Jānis {number}")

            assert number + 1 == len(customer_names(writer))
        assert ("first", "second") == (answering_server(writer), answering_server(other))
    finally:
        pause_replay(servers, is_paused=False)
    wait_until("second", writer)
    assert len(customer_names(writer)) == 20


def test_lsn_passed_to_other_process_lets_it_read_own_writes(
    store: SqlStore, servers: tuple[Postgres, Postgres]
) -> None:
    """A mark that is handed on, in a cookie say, lets another process see what the first one wrote."""
    crm = Crm(store, tenant="travellers")
    elsewhere = SqlStore(make_engine(servers[0].url), read_replica=make_engine(servers[1].url))
    there = Crm(elsewhere, tenant="travellers")
    pause_replay(servers, is_paused=True)
    try:
        crm.customers.create("Jānis")
        assert [] == customer_names(there)
        elsewhere.require_lsn("travellers", store.last_write_lsn("travellers") or "")

        assert ["Jānis"] == customer_names(there)
    finally:
        pause_replay(servers, is_paused=False)
        elsewhere.close()
    with pytest.raises(InvalidInputError):
        store.require_lsn("travellers", "yesterday'; --")


def test_lost_replica_falls_back_to_primary(store: SqlStore, servers: tuple[Postgres, Postgres]) -> None:
    """When the second server is gone, the first one answers; when it is back, it answers again."""
    crm = Crm(store, tenant="losers")
    crm.customers.create("Jānis")
    wait_until("second", crm)
    servers[1].kill()

    assert ["Jānis"] == customer_names(crm)
    servers[1].start()
    wait_until("second", crm)


def test_failed_command_keeps_queries_on_replica(store: SqlStore) -> None:
    """Only a commit of which nothing came back makes a tenant's views wait; a refusal does not."""
    crm = Crm(store, tenant="refused")
    with pytest.raises(InvalidInputError):
        crm.customers.create("")

    assert store.last_write_lsn("refused") is None


def test_read_replica_on_other_database_is_rejected() -> None:
    """Who asks SQLite for a replica hears that it has none."""
    with pytest.raises(InvalidInputError, match="PostgreSQL"):
        SqlStore(make_engine("sqlite://"), read_replica=make_engine("sqlite://"))

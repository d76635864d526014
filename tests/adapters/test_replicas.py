"""Views read from a second server that follows the first one, and still see what was written."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.store import make_engine
from crmcore.errors import InvalidInput
from tests.servers import Postgres, scratch

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Postgres, Postgres]]:
    """A server, and another one that follows it."""
    with scratch() as folder, ExitStack() as after:
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
    store = SqlStore(make_engine(first.url), reads=make_engine(second.url))
    store.create_tables()
    yield store
    store.close()


def hold(servers: tuple[Postgres, Postgres], *, back: bool) -> None:
    """Hold the second server back, or let it go on."""
    engine = make_engine(servers[1].url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_wal_replay_{'pause' if back else 'resume'}()")
    engine.dispose()


def names(crm: Crm) -> list[str]:
    """The names that a view sees."""
    return [customer.name for customer in crm.customers.search("Jānis")]


def until(claim: str, crm: Crm) -> None:
    """Wait until a view is answered by the second server."""
    deadline = time.monotonic() + 20
    while where(crm) != claim:
        assert time.monotonic() < deadline, f"no view was answered by the {claim} server"
        time.sleep(0.02)


def where(crm: Crm) -> str:
    """Which server answers a view."""
    house = crm.house
    with house.store.begin(house.context, ids=house.ids, reading=True) as transaction:
        rows = transaction._runner.rows("SELECT pg_is_in_recovery()", ())  # type: ignore[attr-defined]  # an SQL one
    return "second" if rows[0][0] else "first"


def test_views_go_to_the_second_server(store: SqlStore) -> None:
    """Once it has what was written, a view is answered by the second server; a story goes to the first."""
    crm = Crm(store, tenant="readers")
    crm.customers.add("Jānis")
    until("second", crm)

    assert ["Jānis"] == names(crm)
    with store.begin(crm.house.context, ids=crm.house.ids) as transaction:
        assert [(False,)] == transaction._runner.rows("SELECT pg_is_in_recovery()", ())


def test_what_was_written_is_read(store: SqlStore, servers: tuple[Postgres, Postgres]) -> None:
    """A tenant that has just written reads it, however far the second server is behind; other tenants stay there."""
    writer, other = Crm(store, tenant="writers"), Crm(store, tenant="others")
    hold(servers, back=True)
    try:
        for number in range(20):
            writer.customers.add(f"Jānis {number}")

            assert number + 1 == len(names(writer))
        assert ("first", "second") == (where(writer), where(other))
    finally:
        hold(servers, back=False)
    until("second", writer)
    assert len(names(writer)) == 20


def test_another_process_may_be_told(store: SqlStore, servers: tuple[Postgres, Postgres]) -> None:
    """A mark that is handed on, in a cookie say, lets another process see what the first one wrote."""
    crm = Crm(store, tenant="travellers")
    elsewhere = SqlStore(make_engine(servers[0].url), reads=make_engine(servers[1].url))
    there = Crm(elsewhere, tenant="travellers")
    hold(servers, back=True)
    try:
        crm.customers.add("Jānis")
        assert [] == names(there)
        elsewhere.see("travellers", store.written("travellers") or "")

        assert ["Jānis"] == names(there)
    finally:
        hold(servers, back=False)
        elsewhere.close()
    with pytest.raises(InvalidInput):
        store.see("travellers", "yesterday'; --")


def test_a_lost_server_is_made_up_for(store: SqlStore, servers: tuple[Postgres, Postgres]) -> None:
    """When the second server is gone, the first one answers; when it is back, it answers again."""
    crm = Crm(store, tenant="losers")
    crm.customers.add("Jānis")
    until("second", crm)
    servers[1].kill()

    assert ["Jānis"] == names(crm)
    servers[1].start()
    until("second", crm)


def test_a_story_that_fails_does_not_send_its_tenant_away(store: SqlStore) -> None:
    """Only a commit of which nothing came back makes a tenant's views wait; a refusal does not."""
    crm = Crm(store, tenant="refused")
    with pytest.raises(InvalidInput):
        crm.customers.add("")

    assert store.written("refused") is None


def test_other_databases_have_no_replicas() -> None:
    """Who asks SQLite for a replica hears that it has none."""
    with pytest.raises(InvalidInput, match="PostgreSQL"):
        SqlStore(make_engine("sqlite://"), reads=make_engine("sqlite://"))

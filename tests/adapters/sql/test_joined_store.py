"""When the database undoes the host's transaction, the host cannot commit the rest of it as if nothing had been."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.orm import Session

from crmcore import Crm, CrmError, SqlStore
from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.schema.tables import make_schema
from crmcore.errors import BusinessRuleError
from tests.servers import fresh_database

SCHEMA = make_schema(prefix="joined_")


@pytest.mark.mariadb
def test_deadlock_fails_commit_of_host(mariadb_url: str) -> None:
    """Two hosts' transactions wait for each other: MariaDB undoes one of them whole, and that one's commit says so."""
    engine = make_engine(mariadb_url)
    store = SqlStore(engine, schema=SCHEMA)
    store.create_tables()
    crm = Crm(store)
    first, second = crm.customers.create("Anna"), crm.customers.create("Berta")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE joined_orders (note VARCHAR(20)) ENGINE=InnoDB")
    ready = threading.Barrier(2)
    ends: dict[str, Any] = {}

    def run_host(name: str, one: Any, other: Any) -> None:
        connection: Connection
        with engine.connect() as connection:
            connection.exec_driver_sql("INSERT INTO joined_orders VALUES (%s)", (name,))
            here = crm.with_store(SqlStore(connection, schema=SCHEMA))
            here.customers.rename(one.id, f"{name} was here")
            ready.wait()
            try:
                here.customers.rename(other.id, f"{name} was here too")
            except CrmError as error:
                ends[name] = error
                with pytest.raises(PendingRollbackError):
                    connection.commit()
                connection.rollback()
            else:
                connection.commit()

    threads = [threading.Thread(target=run_host, args=args) for args in (("a", first, second), ("b", second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (loser,) = ends
    winner = "b" if loser == "a" else "a"

    with engine.begin() as connection:
        assert [winner] == list(connection.exec_driver_sql("SELECT note FROM joined_orders").scalars())
        names = {crm.customers.get(customer.id).name for customer in (first, second)}
        SCHEMA.metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE joined_orders")
    store.close()
    assert {f"{winner} was here", f"{winner} was here too"} == names


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    """A database on PostgreSQL with crmcore's tables and one of the host's."""
    with fresh_database(postgresql_url) as url:
        engine = make_engine(url)
        SqlStore(engine).create_tables()
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE orders (note TEXT)")
        yield engine
        engine.dispose()


def refused(engine: Engine, session: Session, action: Callable[[Crm], object]) -> None:
    """Write a row of the host's, and have the database refuse the first SELECT of a command or a view."""
    session.connection().exec_driver_sql("INSERT INTO orders VALUES ('A')")
    crm = Crm(SqlStore(session), max_attempts=2)
    session.connection().exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
    with engine.connect() as other:
        other.exec_driver_sql("LOCK TABLE crm_customers IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(CrmError):
            action(crm)
        other.rollback()


def orders(engine: Engine) -> int:
    """Count the host's rows."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one())


@pytest.mark.postgresql
def test_a_command_whose_select_failed_undoes_only_itself(postgresql: Engine) -> None:
    """PostgreSQL aborts a transaction for a failed SELECT too; the command's savepoint saves the host's rows."""
    with Session(postgresql) as session:
        refused(postgresql, session, lambda crm: crm.customers.create("Customer A", phone="+37120000000"))
        session.commit()

    assert 1 == orders(postgresql)


@pytest.mark.postgresql
def test_after_a_failed_view_the_host_cannot_commit(postgresql: Engine) -> None:
    """A transaction that PostgreSQL has aborted is not committed as if nothing had been."""
    with Session(postgresql) as session:
        refused(postgresql, session, lambda crm: crm.customers.search("customer"))
        with pytest.raises(PendingRollbackError):
            session.commit()

    assert 0 == orders(postgresql)


@pytest.mark.parametrize("bind", [Session, Engine.connect])
def test_a_batch_around_a_savepoint_of_the_hosts_is_refused(sqlite_url: str, bind: Any) -> None:
    """A command behind a savepoint inside a batch could neither be undone with it nor outlast it, so it is refused."""
    engine = make_engine(sqlite_url)
    SqlStore(engine).create_tables()
    with bind(engine) as host:
        crm = Crm(SqlStore(host))
        with crm.batch():
            crm.customers.create("Customer A")
            with pytest.raises(BusinessRuleError, match="savepoint"), host.begin_nested():
                crm.customers.create("Customer B")
        with host.begin_nested(), crm.batch():
            crm.customers.create("Customer C")
        host.commit()
    found = {customer.name for customer in Crm(SqlStore(engine)).customers.search("customer")}
    engine.dispose()

    assert {"Customer A", "Customer C"} == found

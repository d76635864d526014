"""When the database undoes the host's transaction, the host cannot commit the rest of it as if nothing had been."""

import threading
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import PendingRollbackError

from crmcore import Crm, CrmError, SqlStore
from crmcore.adapters.sql.store import make_engine
from crmcore.adapters.sql.tables import make_schema

SCHEMA = make_schema(prefix="joined_")


@pytest.mark.mariadb
def test_a_deadlock_undoes_the_hosts_part_too(mariadb_url: str) -> None:
    """Two hosts' transactions wait for each other: MariaDB undoes one of them whole, and that one's commit says so."""
    engine = make_engine(mariadb_url)
    store = SqlStore(engine, schema=SCHEMA)
    store.create_tables()
    crm = Crm(store)
    first, second = crm.customers.add("Anna"), crm.customers.add("Berta")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE joined_orders (note VARCHAR(20)) ENGINE=InnoDB")
    ready = threading.Barrier(2)
    ends: dict[str, Any] = {}

    def host(name: str, one: Any, other: Any) -> None:
        connection: Connection
        with engine.connect() as connection:
            connection.exec_driver_sql("INSERT INTO joined_orders VALUES (%s)", (name,))
            here = crm.using(SqlStore(connection, schema=SCHEMA))
            here.customers.rename(one.id, f"{name} was here")
            ready.wait()
            try:
                here.customers.rename(other.id, f"{name} was here too")
            except CrmError as refusal:
                ends[name] = refusal
                with pytest.raises(PendingRollbackError):
                    connection.commit()
                connection.rollback()
            else:
                connection.commit()

    threads = [threading.Thread(target=host, args=args) for args in (("a", first, second), ("b", second, first))]
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

"""HOSTTX: crmcore within the host's own transaction, and whatever the host makes of it.

``python -m tests.reliability.host_transactions --n 100`` plays on SQLite, PostgreSQL and MariaDB: a host writes a row of its own, runs some commands
over its connection or session, perhaps behind a savepoint, perhaps with one among them that is refused, and then commits, rolls back, or
rolls back to the savepoint. What lasts has to be all that the host kept, and nothing else.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from crmcore import Crm, CrmError, SqlStore
from crmcore.adapters.notifications.recording import RecordingNotifier
from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.execute.connections import JoinedConnection
from crmcore.adapters.sql.schema.tables import Schema, make_schema
from crmcore.domain.kernel.ids import MessageId
from crmcore.domain.messaging.messages import Message
from crmcore.errors import NotFoundError
from tests.reliability.databases import on_every_database
from tests.reliability.harness import Verdict, run

MUTATIONS: Final = {
    "commits": "a joined store commits the host's transaction",
    "no savepoint": "what a failed command has written stays",
}
TRANSACTION_ENDS: Final = ("commit", "roll back", "roll back to the savepoint")


def check_on(url: str, rng: random.Random, n: int, mutation: str) -> Verdict:
    """Let a host execute commands in its own transaction n times, and make what it likes of them."""
    verdict = Verdict()
    engine, schema = make_engine(url), make_schema(prefix="hosttx_")
    outside = RecordingNotifier()
    crm = Crm(SqlStore(engine, schema=schema), region="LV", notifiers={"email": outside})
    SqlStore(engine, schema=schema).create_tables()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS host_orders (id VARCHAR(40) PRIMARY KEY)")
    funnel = crm.funnels.create(f"Windows {rng.random()}", stages=["First call", "Payment"])
    with _mutated(mutation):
        for number in range(n):
            _check_transaction(verdict, engine, crm, f"order {number} {rng.random()}", funnel.id, rng)
            verdict.count("letters sent", crm.deliver().sent)
        verdict.check("no letter of what is not", not _messages_without_deal(outside, crm))
    with engine.begin() as connection:
        schema.metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE host_orders")
        connection.exec_driver_sql("DROP TABLE hosttx_schema_version")
    engine.dispose()
    return verdict


def _check_transaction(verdict: Verdict, engine: Engine, crm: Crm, order: str, funnel: Any, rng: random.Random) -> None:
    """One transaction of the host's, and what has come of it."""
    schema: Schema = crm._environment.store.schema  # type: ignore[attr-defined]  # an SQL one
    before = _row_counts(engine, schema)
    end, joined_by_session = rng.choice(TRANSACTION_ENDS), rng.random() < 0.5
    host: Any = Session(engine) if joined_by_session else engine.connect()
    with host:
        connection: Connection = host.connection() if joined_by_session else host
        if not joined_by_session:
            host.begin()
        connection.exec_driver_sql(_insert_order(connection), (order,))
        nested = host.begin_nested() if end == "roll back to the savepoint" or rng.random() < 0.3 else None
        here = crm.with_store(SqlStore(host, schema=schema))
        executed, refused = _execute_commands(verdict, here, order, funnel, rng)
        seen = _row_counts_in(connection, schema)
        verdict.check("the host sees what was written", sum(seen.values()) > sum(before.values()) or not executed)
        try:
            if nested is not None:
                (nested.rollback if end == "roll back to the savepoint" else nested.commit)()
            (host.rollback if end == "roll back" else host.commit)()
        except SQLAlchemyError as error:
            verdict.check("the host ends its transaction itself", False, type(error).__name__)
            host.invalidate()
            return
    after = _row_counts(engine, schema)
    verdict.count(f"transactions: {end}")
    verdict.count("commands", len(executed))
    verdict.count("commands refused", refused)
    kept = end == "commit"
    verdict.check("what the host rolls back is gone", kept or after == before, f"{end}: {_added_rows(before, after)}")
    verdict.check("what the host keeps is there", not kept or after == seen, f"{end}: {_added_rows(seen, after)}")
    verdict.check("no state is kept of it", all(_deal_exists(crm, id) == kept for id in executed))
    orders = _order_exists(engine, order)
    verdict.check("the host's own row shares its lot", orders == (0 if end == "roll back" else 1), f"{end}: {orders}")


def _execute_commands(verdict: Verdict, crm: Crm, order: str, funnel: Any, rng: random.Random) -> tuple[list[Any], int]:
    """Execute some commands, one of which may be refused when it has written already."""
    executed, refused = [], 0
    for number in range(rng.randint(1, 3)):
        deal = crm.leads.capture(
            f"Jānis {order}", email=f"j{number}.{abs(hash(order))}@example.lv", funnel_id=funnel
        ).deal
        executed.append(deal.id)
        if rng.random() < 0.5:
            crm.deals.move(deal.id, stage_key="Payment")
        _queue_message(crm, deal.id)
        if rng.random() < 0.5:
            refused += 1
            verdict.check("a failed command leaves nothing", not _failed_command_leaves_rows(crm))
    return executed, refused


def _failed_command_leaves_rows(crm: Crm) -> bool:
    """Whether anything is left of a command that writes and is then refused."""
    environment = crm._environment
    customer = crm.customers.create("Anna")
    with (
        suppress(CrmError),
        environment.store.begin(environment.context, id_generator=environment.id_generator) as transaction,
    ):
        found = transaction.get(type(customer), customer.id)
        assert found is not None
        transaction.save(found.rename("Half", at=environment.clock.now()))
        transaction.count(type(customer))  # sends what waits
        raise NotFoundError("customer", customer.id)
    return crm.customers.get(customer.id).name != "Anna"


def _queue_message(crm: Crm, deal: Any) -> None:
    """Queue a letter about a deal."""
    environment = crm._environment
    queued_message = Message.queue(
        MessageId(environment.id_generator.new("message")),
        "notice",
        at=environment.clock.now(),
        address="a@example.lv",
        about_id=deal,
    )
    with environment.store.begin(environment.context, id_generator=environment.id_generator) as transaction:
        transaction.save(queued_message)
        transaction.commit()


def _insert_order(connection: Connection) -> str:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    return f"INSERT INTO host_orders VALUES ({mark})"


def _row_counts(engine: Engine, schema: Schema) -> dict[str, int]:
    with engine.begin() as connection:
        return _row_counts_in(connection, schema)


def _row_counts_in(connection: Connection, schema: Schema) -> dict[str, int]:
    """The rows of each table, and how often they were changed."""
    counted = {}
    for table in schema.tables:
        number = connection.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar()
        changes = "version" in table.columns and table.name != schema.events_table.name
        weight = connection.exec_driver_sql(f"SELECT sum(version) FROM {table.name}").scalar() if changes else 0
        counted[table.name] = int(number or 0) * 1_000_000 + int(weight or 0)
    return counted


def _added_rows(before: dict[str, int], after: dict[str, int]) -> str:
    return ", ".join(f"{name} {before[name]} -> {after[name]}" for name in before if before[name] != after[name])


def _order_exists(engine: Engine, order: str) -> int:
    with engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM host_orders").scalars().all()
    return rows.count(order)


def _deal_exists(crm: Crm, id: Any) -> bool:
    try:
        crm.deals.get(id)
    except NotFoundError:
        return False
    return True


def _messages_without_deal(outside: RecordingNotifier, crm: Crm) -> list[str]:
    """The letters about deals that are not there."""
    return [message.id for message in outside.messages if not _deal_exists(crm, message.about_id)]


@contextmanager
def _mutated(mutation: str) -> Iterator[None]:
    original: Any = JoinedConnection.commit
    undo: Any = JoinedConnection.rollback

    def commit(self: JoinedConnection) -> None:
        original(self)
        self._connection.connection.commit()

    def rollback(self: JoinedConnection) -> bool:
        self._savepoint_name = ""
        return False

    if mutation == "commits":
        JoinedConnection.commit = commit  # type: ignore[method-assign, assignment]  # the planted bug
    if mutation == "no savepoint":
        JoinedConnection.rollback = rollback  # type: ignore[method-assign]  # the planted bug
    try:
        yield
    finally:
        JoinedConnection.commit = original  # type: ignore[method-assign]  # as it was
        JoinedConnection.rollback = undo  # type: ignore[method-assign]  # as it was


check = on_every_database(check_on)

if __name__ == "__main__":
    sys.exit(run("HOSTTX", check, n=100, mutations=MUTATIONS))

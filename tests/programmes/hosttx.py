"""HOSTTX: crmcore within the host's own transaction, and whatever the host makes of it.

``python -m tests.programmes.hosttx --n 100`` plays on SQLite, PostgreSQL and MariaDB: a host writes a row of its own, tells some stories
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
from crmcore.adapters.notify.recorder import Recorder
from crmcore.adapters.sql.links import JoinedLink
from crmcore.adapters.sql.store import make_engine
from crmcore.adapters.sql.tables import Schema, make_schema
from crmcore.domain.ids import MessageId
from crmcore.domain.messages import Message
from crmcore.errors import NotFound
from tests.programmes.databases import on_every_database
from tests.programmes.programme import Verdict, run

SABOTAGES: Final = {
    "commits": "a joined store commits the host's transaction",
    "no savepoint": "what a refused story has written stays",
}
ENDS: Final = ("commit", "roll back", "roll back to the savepoint")


def play_on(url: str, chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Let a host tell stories in its own transaction n times, and make what it likes of them."""
    verdict = Verdict()
    engine, schema = make_engine(url), make_schema(prefix="hosttx_")
    outside = Recorder()
    crm = Crm(SqlStore(engine, schema=schema), region="LV", notifiers={"email": outside})
    SqlStore(engine, schema=schema).create_tables()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS host_orders (id VARCHAR(40) PRIMARY KEY)")
    funnel = crm.funnels.create(f"Windows {chance.random()}", stages=["First call", "Payment"])
    with _sabotaged(sabotage):
        for number in range(n):
            _round(verdict, engine, crm, f"order {number} {chance.random()}", funnel.id, chance)
            verdict.count("letters sent", crm.deliver().sent)
        verdict.demand("no letter of what is not", not _strays(outside, crm))
    with engine.begin() as connection:
        schema.metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE host_orders")
        connection.exec_driver_sql("DROP TABLE hosttx_schema_version")
    engine.dispose()
    return verdict


def _round(verdict: Verdict, engine: Engine, crm: Crm, order: str, funnel: Any, chance: random.Random) -> None:
    """One transaction of the host's, and what has come of it."""
    schema: Schema = crm.house.store.schema  # type: ignore[attr-defined]  # an SQL one
    before = _counted(engine, schema)
    end, joined_by_session = chance.choice(ENDS), chance.random() < 0.5
    host: Any = Session(engine) if joined_by_session else engine.connect()
    with host:
        connection: Connection = host.connection() if joined_by_session else host
        if not joined_by_session:
            host.begin()
        connection.exec_driver_sql(_insert(connection), (order,))
        nested = host.begin_nested() if end == "roll back to the savepoint" or chance.random() < 0.3 else None
        here = crm.using(SqlStore(host, schema=schema))
        told, refused = _stories(verdict, here, order, funnel, chance)
        seen = _counted_in(connection, schema)
        verdict.demand("the host sees what was written", sum(seen.values()) > sum(before.values()) or not told)
        try:
            if nested is not None:
                (nested.rollback if end == "roll back to the savepoint" else nested.commit)()
            (host.rollback if end == "roll back" else host.commit)()
        except SQLAlchemyError as error:
            verdict.demand("the host ends its transaction itself", False, type(error).__name__)
            host.invalidate()
            return
    after = _counted(engine, schema)
    verdict.count(f"transactions: {end}")
    verdict.count("stories", len(told))
    verdict.count("stories refused", refused)
    kept = end == "commit"
    verdict.demand("what the host rolls back is gone", kept or after == before, f"{end}: {_more(before, after)}")
    verdict.demand("what the host keeps is there", not kept or after == seen, f"{end}: {_more(seen, after)}")
    verdict.demand("no state is kept of it", all(_knows(crm, id) == kept for id in told))
    orders = _orders(engine, order)
    verdict.demand("the host's own row shares its lot", orders == (0 if end == "roll back" else 1), f"{end}: {orders}")


def _stories(verdict: Verdict, crm: Crm, order: str, funnel: Any, chance: random.Random) -> tuple[list[Any], int]:
    """Tell some stories, one of which may be refused when it has written already."""
    told, refused = [], 0
    for number in range(chance.randint(1, 3)):
        deal = crm.leads.capture(f"Jānis {order}", email=f"j{number}.{abs(hash(order))}@example.lv", funnel=funnel).deal
        told.append(deal.id)
        if chance.random() < 0.5:
            crm.deals.move(deal.id, to="Payment")
        _write_to(crm, deal.id)
        if chance.random() < 0.5:
            refused += 1
            verdict.demand("a refused story leaves nothing", not _refused(crm))
    return told, refused


def _refused(crm: Crm) -> bool:
    """Whether anything is left of a story that writes and is then refused."""
    house = crm.house
    customer = crm.customers.add("Anna")
    with suppress(CrmError), house.store.begin(house.context, ids=house.ids) as transaction:
        found = transaction.get(type(customer), customer.id)
        assert found is not None
        transaction.save(found.rename("Half", at=house.clock.now()))
        transaction.count(type(customer))  # sends what waits
        raise NotFound("customer", customer.id)
    return crm.customers.get(customer.id).name != "Anna"


def _write_to(crm: Crm, deal: Any) -> None:
    """Queue a letter about a deal."""
    house = crm.house
    letter = Message.queue(
        MessageId(house.ids.new("message")), "notice", at=house.clock.now(), address="a@example.lv", about=deal
    )
    with house.store.begin(house.context, ids=house.ids) as transaction:
        transaction.save(letter)
        transaction.commit()


def _insert(connection: Connection) -> str:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    return f"INSERT INTO host_orders VALUES ({mark})"


def _counted(engine: Engine, schema: Schema) -> dict[str, int]:
    with engine.begin() as connection:
        return _counted_in(connection, schema)


def _counted_in(connection: Connection, schema: Schema) -> dict[str, int]:
    """The rows of each table, and how often they were changed."""
    counted = {}
    for table in schema.tables:
        number = connection.exec_driver_sql(f"SELECT count(*) FROM {table.name}").scalar()
        changes = "version" in table.columns and table.name != schema.events.name
        weight = connection.exec_driver_sql(f"SELECT sum(version) FROM {table.name}").scalar() if changes else 0
        counted[table.name] = int(number or 0) * 1_000_000 + int(weight or 0)
    return counted


def _more(before: dict[str, int], after: dict[str, int]) -> str:
    return ", ".join(f"{name} {before[name]} -> {after[name]}" for name in before if before[name] != after[name])


def _orders(engine: Engine, order: str) -> int:
    with engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM host_orders").scalars().all()
    return rows.count(order)


def _knows(crm: Crm, id: Any) -> bool:
    try:
        crm.deals.get(id)
    except NotFound:
        return False
    return True


def _strays(outside: Recorder, crm: Crm) -> list[str]:
    """The letters about deals that are not there."""
    return [letter.id for letter in outside.letters if not _knows(crm, letter.about)]


@contextmanager
def _sabotaged(sabotage: str) -> Iterator[None]:
    honest: Any = JoinedLink.commit
    undo: Any = JoinedLink.rollback

    def commit(self: JoinedLink) -> None:
        honest(self)
        self._connection.connection.commit()

    def rollback(self: JoinedLink) -> bool:
        self._savepoint = ""
        return False

    if sabotage == "commits":
        JoinedLink.commit = commit  # type: ignore[method-assign, assignment]  # the planted bug
    if sabotage == "no savepoint":
        JoinedLink.rollback = rollback  # type: ignore[method-assign]  # the planted bug
    try:
        yield
    finally:
        JoinedLink.commit = honest  # type: ignore[method-assign]  # as it was
        JoinedLink.rollback = undo  # type: ignore[method-assign]  # as it was


play = on_every_database(play_on)

if __name__ == "__main__":
    sys.exit(run("HOSTTX", play, n=100, sabotages=SABOTAGES))

"""SQLI: whatever somebody types, none of it becomes part of a statement.

``python -m tests.programmes.sqli`` gives every payload of `tests/payloads/sql.jsonl` to whatever takes one of its kind, on SQLite, PostgreSQL
and MariaDB: orders and fields of searches, names of the host's own fields, words that are searched for, and texts of every story. Beside our
tables lies a canary, which the payloads would read, change or drop.
"""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from crmcore import CrmError, SqlStore
from crmcore.adapters.ids import SystemIds
from crmcore.adapters.sql import binds
from crmcore.adapters.sql.store import make_engine
from crmcore.adapters.sql.tables import make_schema
from crmcore.domain.criteria import Is, Mentions
from crmcore.domain.customers.customer import Customer
from tests.payloads.payloads import payloads
from tests.programmes.databases import on_every_database
from tests.programmes.programme import Verdict, run
from tests.services.calls import calls
from tests.services.world import World, furnish

SABOTAGES: Final = {"trusting": "a word that is searched for is not escaped"}
PAYLOADS: Final = payloads("sql")


def play_on(url: str, chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Give every payload to what takes its kind; each text to at most n arguments of stories."""
    verdict = Verdict()
    engine, schema = make_engine(url), make_schema(prefix="sqli_")
    store = SqlStore(engine, schema=schema)
    store.create_tables()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE canary (note VARCHAR(20))")
        connection.exec_driver_sql("INSERT INTO canary VALUES ('sings')")
    ids = SystemIds()
    world = furnish(store, tenant=ids.new("tenant"), ids=ids)
    with _sabotaged(sabotage):
        for line in PAYLOADS:
            if line["as"] == "text":
                _text(verdict, world, line["payload"], chance, n)
            else:
                _GIVEN[line["as"]](verdict, world, line["payload"])
            verdict.count("payloads")
            verdict.demand("nothing of it was run", _sings(store), line["id"])
    with engine.begin() as connection:
        schema.metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS canary")
        connection.exec_driver_sql("DROP TABLE sqli_schema_version")
    store.close()
    return verdict


def _order(verdict: Verdict, world: World, payload: str) -> None:
    """An order, and a field that is compared."""
    house = world.crm.house

    def search(**how: Any) -> None:
        with house.store.begin(house.context, ids=house.ids, reading=True) as transaction:
            transaction.find(Customer, how.pop("where", Is("version", 1)), **how)

    for attempt in (lambda: search(order=payload), lambda: search(where=Is(payload, "x"))):
        verdict.demand("no field that there is not", _refusal(attempt) == "InvalidInput", payload)


def _key(verdict: Verdict, world: World, payload: str) -> None:
    """The name of a field of the host's own."""
    refused = _refusal(lambda: world.crm.customers.describe(world.customer.id, custom={payload: "x"}))
    verdict.demand("no name that is none", refused == "NotAllowed", f"{payload}: {refused}")


def _like(verdict: Verdict, world: World, payload: str) -> None:
    """A word that is searched for: it stands for itself, so nobody is found whose name lacks it."""
    crm, house = world.crm, world.crm.house
    verdict.demand(
        "a search is only a search", _refusal(lambda: crm.customers.search(payload)) in {"", "Blank"}, payload
    )
    with house.store.begin(house.context, ids=house.ids, reading=True) as transaction:
        found = transaction.find(Customer, Mentions("name", payload))
    strays = [customer.id for customer in found if payload not in customer.name]
    verdict.demand("a word stands for itself", not strays, f"{payload}: {len(strays)}")


def _text(verdict: Verdict, world: World, payload: str, chance: random.Random, n: int) -> None:
    """A text: every text that a story takes; whatever it keeps comes back as it was."""
    taking = [(call, p.name) for call in calls() for p in call.parameters if p.annotation in {str, str | None}]
    for call, name in chance.sample(taking, min(n, len(taking))):
        refused = _refusal(partial(call.tell, world, call.needs(world) | {name: payload}))
        verdict.count("texts given")
        verdict.demand("only errors of ours come out", not refused.startswith("!"), f"{call}: {refused}")
    customer = world.crm.customers.add(payload, note=payload)
    kept = world.crm.customers.get(customer.id)
    verdict.demand("a text comes back as it was", (payload, payload) == (kept.name, kept.note), payload)


_GIVEN: Final[dict[str, Callable[[Verdict, World, str], None]]] = {
    "order": _order,
    "key": _key,
    "like": _like,
}


def _refusal(attempt: Callable[[], Any]) -> str:
    """The name of the error of ours that something is refused with; with a mark in front, of any other."""
    try:
        attempt()
    except CrmError as refusal:
        return type(refusal).__name__
    except Exception as error:  # noqa: BLE001  # this is what is looked for
        return f"!{type(error).__name__}"
    return ""


def _sings(store: SqlStore) -> bool:
    """Whether the canary is as it was."""
    try:
        with store.engine.begin() as connection:
            return connection.exec_driver_sql("SELECT note FROM canary").scalars().all() == ["sings"]
    except SQLAlchemyError:
        return False


@contextmanager
def _sabotaged(sabotage: str) -> Iterator[None]:
    honest = binds._escaped
    if sabotage == "trusting":
        binds._escaped = lambda start: start
    try:
        yield
    finally:
        binds._escaped = honest


play = on_every_database(play_on)

if __name__ == "__main__":
    sys.exit(run("SQLI", play, n=1_000, sabotages=SABOTAGES))

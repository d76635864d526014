"""SQLI: no input becomes part of a SQL statement.

``python -m tests.reliability.sql_injection`` gives every payload of `tests/payloads/sql.jsonl` to whatever takes one of its kind, on SQLite, PostgreSQL
and MariaDB: orders and fields of searches, names of the host's own fields, words that are searched for, and texts of every command. Beside our
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
from crmcore.adapters.ids import UuidV7Generator
from crmcore.adapters.sql.compile import parameters
from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.schema.tables import make_schema
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Eq, WordPrefix
from tests.payloads.payloads import payloads
from tests.reliability.databases import on_every_database
from tests.reliability.harness import Verdict, run
from tests.services.calls import calls
from tests.services.world import World, create_world

MUTATIONS: Final = {"trusting": "a word that is searched for is not escaped"}
PAYLOADS: Final = payloads("sql")


def check_on(url: str, rng: random.Random, n: int, mutation: str) -> Verdict:
    """Give every payload to what takes its kind; each text to at most n arguments of commands."""
    verdict = Verdict()
    engine, schema = make_engine(url), make_schema(prefix="sqli_")
    store = SqlStore(engine, schema=schema)
    store.create_tables()
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE canary (note VARCHAR(20))")
        connection.exec_driver_sql("INSERT INTO canary VALUES ('sings')")
    ids = UuidV7Generator()
    world = create_world(store, tenant=ids.new("tenant"), ids=ids)
    with _mutated(mutation):
        for line in PAYLOADS:
            if line["as"] == "text":
                _check_text_arguments(verdict, world, line["payload"], rng, n)
            else:
                _CHECKS[line["as"]](verdict, world, line["payload"])
            verdict.count("payloads")
            verdict.check("nothing of it was run", _canary_is_unchanged(store), line["id"])
    with engine.begin() as connection:
        schema.metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS canary")
        connection.exec_driver_sql("DROP TABLE sqli_schema_version")
    store.close()
    return verdict


def _check_order(verdict: Verdict, world: World, payload: str) -> None:
    """An order, and a field that is compared."""
    environment = world.crm._environment

    def search(**how: Any) -> None:
        with environment.store.begin(
            environment.context, id_generator=environment.id_generator, read_only=True
        ) as transaction:
            transaction.find(Customer, how.pop("where", Eq("version", 1)), **how)

    for attempt in (lambda: search(order=payload), lambda: search(where=Eq(payload, "x"))):
        verdict.check("no field that there is not", _error_name(attempt) == "InvalidInputError", payload)


def _check_custom_field_key(verdict: Verdict, world: World, payload: str) -> None:
    """The name of a field of the host's own."""
    refused = _error_name(lambda: world.crm.customers.update(world.customer.id, custom={payload: "x"}))
    verdict.check("no name that is none", refused == "InvalidChoiceError", f"{payload}: {refused}")


def _check_search_word(verdict: Verdict, world: World, payload: str) -> None:
    """A word that is searched for: it stands for itself, so nobody is found whose name lacks it."""
    crm, environment = world.crm, world.crm._environment
    verdict.check(
        "a search is only a search",
        _error_name(lambda: crm.customers.search(payload)) in {"", "RequiredError"},
        payload,
    )
    with environment.store.begin(
        environment.context, id_generator=environment.id_generator, read_only=True
    ) as transaction:
        found = transaction.find(Customer, WordPrefix("name", payload))
    strays = [customer.id for customer in found if payload not in customer.name]
    verdict.check("a word stands for itself", not strays, f"{payload}: {len(strays)}")


def _check_text_arguments(verdict: Verdict, world: World, payload: str, rng: random.Random, n: int) -> None:
    """A text: every text that a command takes; whatever it keeps comes back as it was."""
    taking = [(call, p.name) for call in calls() for p in call.parameters if p.annotation in {str, str | None}]
    for call, name in rng.sample(taking, min(n, len(taking))):
        refused = _error_name(partial(call.execute, world, call.required_arguments(world) | {name: payload}))
        verdict.count("texts given")
        verdict.check("only errors of ours come out", not refused.startswith("!"), f"{call}: {refused}")
    customer = world.crm.customers.create(payload, note=payload)
    kept = world.crm.customers.get(customer.id)
    verdict.check("a text comes back as it was", (payload, payload) == (kept.name, kept.note), payload)


_CHECKS: Final[dict[str, Callable[[Verdict, World, str], None]]] = {
    "order": _check_order,
    "key": _check_custom_field_key,
    "like": _check_search_word,
}


def _error_name(attempt: Callable[[], Any]) -> str:
    """The name of the error of ours that something is refused with; with a mark in front, of any other."""
    try:
        attempt()
    except CrmError as refusal:
        return type(refusal).__name__
    except Exception as error:  # noqa: BLE001  # this is what is looked for
        return f"!{type(error).__name__}"
    return ""


def _canary_is_unchanged(store: SqlStore) -> bool:
    """Whether the canary is as it was."""
    try:
        with store.engine.begin() as connection:
            return connection.exec_driver_sql("SELECT note FROM canary").scalars().all() == ["sings"]
    except SQLAlchemyError:
        return False


@contextmanager
def _mutated(mutation: str) -> Iterator[None]:
    original = parameters._escape_like
    if mutation == "trusting":
        parameters._escape_like = lambda prefix: prefix
    try:
        yield
    finally:
        parameters._escape_like = original


check = on_every_database(check_on)

if __name__ == "__main__":
    sys.exit(run("SQLI", check, n=1_000, mutations=MUTATIONS))

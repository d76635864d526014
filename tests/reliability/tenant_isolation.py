"""TENANT: nothing of one tenant can be seen, guessed or disturbed by another.

``python -m tests.reliability.tenant_isolation --n 100`` plays two tenants in one database with the same ids throughout, so that only the tenant
keeps them apart. What one of them holds has to be, to the last fact, what it holds when the other does not exist. Then every command is asked
for ids of the other tenant: the answer has to be that to an id that nothing has, to the letter.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from sqlalchemy import true

from crmcore import CrmError, SqlStore
from crmcore.adapters.ids import SequentialIds
from crmcore.adapters.sql.compile.parameters import ParameterBinder
from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.schema.tables import Schema, make_schema
from crmcore.ports import Store
from tests.reliability.harness import Verdict, run
from tests.services.calls import Call, calls, entity_of_id_parameter
from tests.services.world import UNKNOWN_ID_DIGITS, World, create_world, dump_records

MUTATIONS: Final = {"blind": "a search does not ask whose the rows are"}
CALLS: Final = tuple(calls())
STEPS: Final = 8
"""Number of commands per tenant in one round."""


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Compare a tenant with itself n times, with and without another tenant; then use foreign ids."""
    verdict, schema = Verdict(), make_schema()  # statements are compiled once per schema, the spoilt ones too
    with _mutated(mutation):
        for _ in range(n):
            seed = rng.random()
            alone = _state_after_commands(schema, seed, neighbour=False, verdict=verdict)
            try:
                beside = _state_after_commands(schema, seed, neighbour=True, verdict=verdict)
            except CrmError as error:
                verdict.check("another tenant changes nothing", False, f"no second tenant can be created: {error}")
                continue
            verdict.count("rounds")
            verdict.count("records and facts compared", len(alone))
            verdict.check(
                "another tenant changes nothing", repr(alone) == repr(beside), _first_difference(alone, beside)
            )
        if not verdict.misses.total():  # or there are no two houses
            _check_foreign_ids(verdict, schema)
    return verdict


def _state_after_commands(schema: Schema, seed: float, *, neighbour: bool, verdict: Verdict) -> list[Any]:
    """Return the records of a tenant after some commands, executed between those of another tenant."""
    store = _open_store(schema)
    ours = partial(_execute_random_command, _create_world(store, "ours"), random.Random(seed))
    theirs = (
        partial(_execute_random_command, _create_world(store, "theirs"), random.Random(seed + 1)) if neighbour else None
    )
    for _ in range(STEPS):
        if theirs:
            theirs()
            verdict.count("commands of the other tenant")
        ours()
    held = dump_records(ours.args[0].crm)
    store.close()
    return held


def _open_store(schema: Schema) -> SqlStore:
    store = SqlStore(make_engine("sqlite://"), schema=schema)
    store.create_tables()
    return store


def _create_world(store: Store, tenant: str) -> World:
    """Create a tenant with the same sequential ids as any other."""
    return create_world(store, tenant=tenant, ids=SequentialIds())


def _execute_random_command(world: World, rng: random.Random) -> None:
    """Execute a random command."""
    call = rng.choice(CALLS)
    try:
        call.execute(world, call.required_arguments(world))
    except CrmError:
        return


def _first_difference(alone: list[Any], beside: list[Any]) -> str:
    different = next((type(one).__name__ for one, other in zip(alone, beside, strict=False) if one != other), "")
    return different or f"{len(alone)} and {len(beside)}"


def _check_foreign_ids(verdict: Verdict, schema: Schema) -> None:
    """Give every command ids of another tenant: the result equals that for an unknown id."""
    store = _open_store(schema)
    ids = SequentialIds()
    world, others = create_world(store, tenant="ours", ids=ids), create_world(store, tenant="theirs", ids=ids)
    for call in CALLS:
        for parameter in call.parameters:
            foreign = _foreign_id(others, parameter) if entity_of_id_parameter(parameter) else None
            if foreign is not None:
                unknown_id = f"{foreign.partition('_')[0]}_{UNKNOWN_ID_DIGITS}"
                strange, unknown = (_result_of(call, world, parameter.name, id) for id in (foreign, unknown_id))
                same = strange.replace(foreign, "ID") == unknown.replace(unknown_id, "ID")
                verdict.count("foreign ids asked for")
                verdict.check("a foreign id is as unknown as any", same, f"{call}: {strange} / {unknown}")
    store.close()


def _foreign_id(others: World, parameter: Any) -> str | None:
    kind = {"user": "anna"}.get(entity_of_id_parameter(parameter) or "", entity_of_id_parameter(parameter))
    return getattr(getattr(others, str(kind), None), "id", None)


def _result_of(call: Call, world: World, name: str, id: str) -> str:
    try:
        found = call.execute(world, call.required_arguments(world) | {name: id})
    except CrmError as error:
        return f"{type(error).__name__} {error}"
    return f"found {len(found) if hasattr(found, '__len__') else found}"


@contextmanager
def _mutated(mutation: str) -> Iterator[None]:
    original = ParameterBinder.tenant_condition
    if mutation == "blind":
        ParameterBinder.tenant_condition = lambda self: original(self) | true()  # type: ignore[method-assign]  # the planted bug
    try:
        yield
    finally:
        ParameterBinder.tenant_condition = original  # type: ignore[method-assign]  # as it was


if __name__ == "__main__":
    sys.exit(run("TENANT", check, n=100, mutations=MUTATIONS))

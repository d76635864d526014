"""TENANT: nothing of one tenant can be seen, guessed or disturbed by another.

``python -m tests.programmes.tenant --n 100`` plays two houses in one database, which have the same ids throughout, so that only the tenant
keeps them apart. What one of them holds has to be, to the last fact, what it holds when the other does not exist. Then every story is asked
for the other house's ids: the answer has to be that to an id that nothing has, to the letter.
"""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from sqlalchemy import true

from crmcore import CrmError, SqlStore
from crmcore.adapters.ids import CountingIds
from crmcore.adapters.sql.binds import Binds
from crmcore.adapters.sql.store import make_engine
from crmcore.adapters.sql.tables import Schema, make_schema
from crmcore.services.ports import Store
from tests.programmes.programme import Verdict, run
from tests.services.calls import Call, calls, names_a_record
from tests.services.world import NOBODY, World, dump, furnish

SABOTAGES: Final = {"blind": "a search does not ask whose the rows are"}
CALLS: Final = tuple(calls())
STEPS: Final = 8
"""How many stories of each house are told in one round."""


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Compare a house with itself n times, with and without a neighbour; then ask for the neighbour's ids."""
    verdict, schema = Verdict(), make_schema()  # statements are compiled once per schema, the spoilt ones too
    with _sabotaged(sabotage):
        for _ in range(n):
            seed = chance.random()
            alone = _lived(schema, seed, neighbour=False, verdict=verdict)
            try:
                beside = _lived(schema, seed, neighbour=True, verdict=verdict)
            except CrmError as error:
                verdict.demand("a neighbour changes nothing", False, f"no house can be furnished beside it: {error}")
                continue
            verdict.count("rounds")
            verdict.count("records and facts compared", len(alone))
            verdict.demand("a neighbour changes nothing", repr(alone) == repr(beside), _first_difference(alone, beside))
        if not verdict.misses.total():  # or there are no two houses
            _ask_for_foreign_ids(verdict, schema)
    return verdict


def _lived(schema: Schema, seed: float, *, neighbour: bool, verdict: Verdict) -> list[Any]:
    """What a house holds after some stories, told between those of its neighbour."""
    store = _store(schema)
    ours = partial(_step, _furnished(store, "ours"), random.Random(seed))
    theirs = partial(_step, _furnished(store, "theirs"), random.Random(seed + 1)) if neighbour else None
    for _ in range(STEPS):
        if theirs:
            theirs()
            verdict.count("stories of the neighbour's")
        ours()
    held = dump(ours.args[0].crm)
    store.close()
    return held


def _store(schema: Schema) -> SqlStore:
    store = SqlStore(make_engine("sqlite://"), schema=schema)
    store.create_tables()
    return store


def _furnished(store: Store, tenant: str) -> World:
    """A house whose ids are those of any other, for each counts its own."""
    return furnish(store, tenant=tenant, ids=CountingIds())


def _step(world: World, chance: random.Random) -> None:
    """Tell any story, whatever comes of it."""
    call = chance.choice(CALLS)
    try:
        call.tell(world, call.needs(world))
    except CrmError:
        return


def _first_difference(alone: list[Any], beside: list[Any]) -> str:
    different = next((type(one).__name__ for one, other in zip(alone, beside, strict=False) if one != other), "")
    return different or f"{len(alone)} and {len(beside)}"


def _ask_for_foreign_ids(verdict: Verdict, schema: Schema) -> None:
    """Give every story ids of another house: whatever it says, it says of an id that nothing has."""
    store = _store(schema)
    ids = CountingIds()
    world, others = furnish(store, tenant="ours", ids=ids), furnish(store, tenant="theirs", ids=ids)
    for call in CALLS:
        for parameter in call.parameters:
            foreign = _foreign(others, parameter) if names_a_record(parameter) else None
            if foreign is not None:
                nobody = f"{foreign.partition('_')[0]}_{NOBODY}"
                strange, unknown = (_answer(call, world, parameter.name, id) for id in (foreign, nobody))
                same = strange.replace(foreign, "ID") == unknown.replace(nobody, "ID")
                verdict.count("foreign ids asked for")
                verdict.demand("a foreign id is as unknown as any", same, f"{call}: {strange} / {unknown}")
    store.close()


def _foreign(others: World, parameter: Any) -> str | None:
    kind = {"user": "anna"}.get(names_a_record(parameter) or "", names_a_record(parameter))
    return getattr(getattr(others, str(kind), None), "id", None)


def _answer(call: Call, world: World, name: str, id: str) -> str:
    try:
        found = call.tell(world, call.needs(world) | {name: id})
    except CrmError as refusal:
        return f"{type(refusal).__name__} {refusal}"
    return f"found {len(found) if hasattr(found, '__len__') else found}"


@contextmanager
def _sabotaged(sabotage: str) -> Iterator[None]:
    honest = Binds.tenant
    if sabotage == "blind":
        Binds.tenant = lambda self: honest(self) | true()  # type: ignore[method-assign]  # the planted bug
    try:
        yield
    finally:
        Binds.tenant = honest  # type: ignore[method-assign]  # as it was


if __name__ == "__main__":
    sys.exit(run("TENANT", play, n=100, sabotages=SABOTAGES))

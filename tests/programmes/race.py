"""RACE: two at once, again and again, on whatever interleaving the machine comes up with.

``python -m tests.programmes.race --n 200`` plays each pair of `pairs` so often on an SQLite file. Reading committed data is not enough
for the rules of a CRM: without versions and unique keys two people own one deal, and a customer exists twice.
"""

import random
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, Final

from crmcore.adapters.sql.store import SqlStore
from crmcore.services.ports import Store
from tests.programmes.pairs import PAIRS, attempt, expected, outcome, world
from tests.programmes.programme import Verdict, run

SABOTAGES: Final = {"blind": "an UPDATE does not look at the version, and a transaction begins when it first writes"}


def race(store: Store, rounds: int, *, name: str) -> Verdict:
    """Let each pair start at the same moment, so many times."""
    verdict = Verdict()
    for pair, acts in PAIRS.items():
        allowed = expected(pair)
        for number in range(rounds):
            given = world(store, f"{name}-{list(PAIRS).index(pair)}-{number}")
            answers = at_once([partial(attempt, act, given.crm, given.ids) for act in acts])
            verdict.count("races")
            verdict.demand("as if one after the other", outcome(given, (answers[0], answers[1])) in allowed, pair)
    return verdict


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Do several things at the same moment, each in a thread."""
    answers: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def do(place: int) -> None:
        start.wait()
        try:
            answers[place] = acts[place]()
        except BaseException as error:  # noqa: BLE001  # it is an answer that nothing allows
            answers[place] = repr(error)

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@contextmanager
def blinded(store: SqlStore) -> Iterator[None]:
    """Let a store compare no versions for a while, and begin its transactions as readers."""
    plans = [store._book.plan(kind) for kind in store.schema.records]
    honest = [plan.update for plan in plans]
    for plan in plans:
        before, _, after = plan.update.rpartition("version = ")
        plan.update = f"{before}version <> -1 - {after}"  # true of all versions
    store._is_sqlite = False
    yield
    for plan, update in zip(plans, honest, strict=True):
        plan.update = update


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Let each pair race n times on an SQLite file: whatever comes of it could have come of one after the other."""
    del chance  # the machine's own is enough
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore.open(f"sqlite:///{folder}/crm.db", durability="relaxed")
        with blinded(store) if sabotage else nullcontext():
            verdict = race(store, n, name="race")
        store.close()
    return verdict


if __name__ == "__main__":
    sys.exit(run("RACE", play, n=200, sabotages=SABOTAGES))

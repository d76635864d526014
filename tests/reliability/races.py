"""RACE: two at once, again and again, on whatever interleaving the machine comes up with.

``python -m tests.reliability.races --n 200`` plays each pair of `pairs` so often on an SQLite file. Reading committed data is not enough
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
from crmcore.ports import Store
from tests.reliability.command_pairs import PAIRS, allowed_outcomes, create_world, execute, outcome
from tests.reliability.harness import Verdict, run

MUTATIONS: Final = {"blind": "an UPDATE does not look at the version, and a transaction begins when it first writes"}


def check_races(store: Store, rounds: int, *, name: str) -> Verdict:
    """Let each pair start at the same moment, so many times."""
    verdict = Verdict()
    for pair, acts in PAIRS.items():
        allowed = allowed_outcomes(pair)
        for number in range(rounds):
            given = create_world(store, f"{name}-{list(PAIRS).index(pair)}-{number}")
            answers = run_at_once([partial(execute, act, given.crm, given.ids) for act in acts])
            verdict.count("races")
            verdict.check("as if one after the other", outcome(given, (answers[0], answers[1])) in allowed, pair)
    return verdict


def run_at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Do several things at the same moment, each in a thread."""
    answers: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run_one(place: int) -> None:
        start.wait()
        try:
            answers[place] = calls[place]()
        except BaseException as error:  # noqa: BLE001  # it is an answer that nothing allows
            answers[place] = repr(error)

    threads = [threading.Thread(target=run_one, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@contextmanager
def without_version_checks(store: SqlStore) -> Iterator[None]:
    """Let a store compare no versions for a while, and begin its transactions as readers."""
    plans = [store._statements.mapper(entity_type) for entity_type in store.schema.entity_tables]
    original = [plan.update_sql for plan in plans]
    for plan in plans:
        before, _, after = plan.update_sql.rpartition("version = ")
        plan.update_sql = f"{before}version <> -1 - {after}"  # true of all versions
    store._is_sqlite = False
    yield
    for plan, update in zip(plans, original, strict=True):
        plan.update_sql = update


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Let each pair race n times on an SQLite file: whatever comes of it could have come of one after the other."""
    del rng  # the machine's own is enough
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore.open(f"sqlite:///{folder}/crm.db", durability="relaxed")
        with without_version_checks(store) if mutation else nullcontext():
            verdict = check_races(store, n, name="race")
        store.close()
    return verdict


if __name__ == "__main__":
    sys.exit(run("RACE", check, n=200, mutations=MUTATIONS))

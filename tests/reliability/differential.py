"""MODEL: memory and SQLite execute the same commands, fifty steps a run, and must agree.

``python -m tests.reliability.differential --n 200``. Each round is a run of `crmcore.testing.differential.machine.DifferentialMachine`.
"""

import random
import sys
from collections.abc import Sequence
from typing import Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crmcore import SqlStore
from crmcore.ports import Store
from crmcore.testing.differential.machine import DifferentialMachine
from crmcore.testing.differential.operations import operations
from tests.reliability.harness import Verdict, run
from tests.testing.mutations import MUTATIONS as COATS, MutatedStore

RUNS_PER_EXAMPLE: Final = 500
"""How many runs are played before Hypothesis may forget what it has seen: it remembers every choice of them."""
MUTATIONS: Final = {coat.__name__: words for words, coat in COATS.items()}


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Execute the same commands on memory and SQLite in n runs of fifty steps; they agree."""
    verdict = Verdict()

    class Agrees(DifferentialMachine):
        def make_stores(self) -> Sequence[Store]:
            return [MutatedStore(COATS[MUTATIONS[mutation]]) if mutation else SqlStore.open("sqlite://")]

    difference = ""
    for first in range(0, n, RUNS_PER_EXAMPLE):
        try:
            run_state_machine_as_test(
                seed(rng.getrandbits(32))(Agrees),
                settings=settings(
                    max_examples=min(RUNS_PER_EXAMPLE, n - first),
                    stateful_step_count=50,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                ),
            )
        except Exception as failure:  # noqa: BLE001  # whatever it is, it is a difference
            difference = f"{failure}\n" + "\n".join(getattr(failure, "__notes__", ()))
            break
    verdict.count("steps", Agrees.executed.total())
    verdict.count("of them refused", Agrees.failed.total())
    verdict.count("commands executed", len(Agrees.executed))
    verdict.count("operations", len(operations()))
    verdict.check("the same on all sides", not difference, difference[:20_000])
    return verdict


if __name__ == "__main__":
    sys.exit(run("MODEL", check, n=200, mutations=MUTATIONS))

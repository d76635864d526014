"""MODEL: memory and SQLite are told the same stories, fifty steps a run, and have to agree.

``python -m tests.programmes.model --n 200``. Each round is a run of `crmcore.testing.agreement.machine.AgreementMachine`.
"""

import random
import sys
from collections.abc import Sequence
from typing import Final

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crmcore import SqlStore
from crmcore.services.ports import Store
from crmcore.testing.agreement.machine import AgreementMachine
from crmcore.testing.agreement.repertoire import repertoire
from tests.programmes.programme import Verdict, run
from tests.testing.sabotages import SABOTAGES as COATS
from tests.testing.sabotages import SabotagedStore

AT_ONCE: Final = 500
"""How many runs are played before Hypothesis may forget what it has seen: it remembers every choice of them."""
SABOTAGES: Final = {coat.__name__: words for words, coat in COATS.items()}


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Tell memory and SQLite the same stories in n runs of fifty steps; they agree."""
    verdict = Verdict()

    class Agrees(AgreementMachine):
        def make_stores(self) -> Sequence[Store]:
            return [SabotagedStore(COATS[SABOTAGES[sabotage]]) if sabotage else SqlStore.open("sqlite://")]

    difference = ""
    for first in range(0, n, AT_ONCE):
        try:
            run_state_machine_as_test(
                seed(chance.getrandbits(32))(Agrees),
                settings=settings(
                    max_examples=min(AT_ONCE, n - first),
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
    verdict.count("steps", Agrees.told.total())
    verdict.count("of them refused", Agrees.refused.total())
    verdict.count("stories told", len(Agrees.told))
    verdict.count("stories that there are", len(repertoire()))
    verdict.demand("the same on all sides", not difference, difference[:20_000])
    return verdict


if __name__ == "__main__":
    sys.exit(run("MODEL", play, n=200, sabotages=SABOTAGES))

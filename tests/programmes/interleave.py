"""INTERLEAVE: two at once, in every order of their steps that matters, one after the other.

Chance seldom meets the one bad moment. Here a baton goes round: only who holds it may ask the store for the next thing. So each pair of
`pairs` is played in the orders in which two stories can mesh. One that waits for a lock of the other keeps the baton for a moment only.
"""

import random
import sys
import threading
from collections.abc import Sequence
from itertools import combinations
from math import comb
from types import TracebackType
from typing import Any, Final, Self

from attrs import frozen

from crmcore import Crm
from crmcore.adapters.memory.store import MemoryStore
from crmcore.adapters.memory.transaction import MemoryTransaction
from crmcore.services.ports import Context, Ids, Store, Transaction
from tests.programmes.pairs import PAIRS, attempt, expected, outcome, world
from tests.programmes.programme import Verdict, run

PATIENCE: Final = 0.03
"""How long the baton waits for one who seems to wait for a lock, in seconds."""
MOST: Final = 70
"""How many orders of one pair are played at most."""
SABOTAGES: Final = {"blind": "a commit does not look at the versions"}


class Baton:
    """Lets two actors take their steps in a given order.

    Args:
        order: whose step is the next, as 0 and 1; when it is at its end, everybody runs.
    """

    def __init__(self, order: Sequence[int]) -> None:
        self._order = list(order)
        self._at = threading.Condition()
        self._waiting = [False, False]
        self._done = [False, False]

    def step(self, actor: int) -> None:
        """Wait for one's turn."""
        with self._at:
            self._waiting[actor] = True
            self._at.notify_all()
            while self._order and self._order[0] != actor:
                if not self._at.wait(PATIENCE) and not self._waiting[self._order[0]]:
                    break  # the other one does not come: it waits for a lock of ours
                self._skip_the_done()
            if self._order and self._order[0] == actor:
                self._order.pop(0)
            self._waiting[actor] = False
            self._at.notify_all()

    def finish(self, actor: int) -> None:
        """Need no more turns."""
        with self._at:
            self._done[actor] = True
            self._skip_the_done()
            self._at.notify_all()

    def _skip_the_done(self) -> None:
        while self._order and self._done[self._order[0]]:
            self._order.pop(0)


@frozen
class Stepping:
    """A store that asks for the baton before each step of one actor."""

    store: Store
    baton: Baton
    actor: int

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> Transaction:
        """Begin, when it is one's turn."""
        self.baton.step(self.actor)
        return _Stepping(self.store.begin(context, ids=ids, reading=reading), self)

    def close(self) -> None:
        """Nothing of its own is open."""


class _Stepping:
    """A transaction whose every step needs the baton; writes are gathered by the store, so they need none."""

    def __init__(self, transaction: Transaction, stepping: Stepping) -> None:
        self._transaction = transaction
        self._stepping = stepping

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._transaction, name)
        if name in {"get", "find", "commit"}:
            self._stepping.baton.step(self._stepping.actor)
        return found

    def __enter__(self) -> Self:
        self._transaction.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transaction.__exit__(kind, error, trace)


def interleave(store: Store, chance: random.Random, most: int, *, name: str) -> Verdict:
    """Play the orders of each pair, some of them if there are too many."""
    verdict = Verdict()
    for pair in PAIRS:
        allowed = expected(pair)
        steps = [_steps(pair, actor) for actor in (0, 1)]
        for number, order in enumerate(_orders(chance, steps, most)):
            given = world(store, f"{name}-{list(PAIRS).index(pair)}-{number}")
            answers = _in_order(given.crm, given.ids, pair, order)
            verdict.count("orders played")
            told = f"{pair}, in the order {''.join(map(str, order))}"
            verdict.demand("as if one after the other", outcome(given, answers) in allowed, told)
    return verdict


def _in_order(crm: Crm, ids: Any, pair: str, order: Sequence[int]) -> tuple[Any, Any]:
    baton = Baton(order)
    answers: list[Any] = [None, None]

    def act(actor: int) -> None:
        try:
            stepping = crm.using(Stepping(crm.house.store, baton, actor))
            answers[actor] = attempt(PAIRS[pair][actor], stepping, ids)
        except BaseException as error:  # noqa: BLE001  # it is an answer that nothing allows
            answers[actor] = repr(error)
        finally:
            baton.finish(actor)

    threads = [threading.Thread(target=act, args=(actor,)) for actor in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers[0], answers[1]


def _steps(pair: str, actor: int) -> int:
    """How many steps an actor takes when it is alone."""
    given = world(MemoryStore(), "t")
    counting = _Counting([])
    attempt(PAIRS[pair][actor], given.crm.using(Stepping(given.crm.house.store, counting, actor)), given.ids)
    return counting.steps


class _Counting(Baton):
    steps = 0

    def step(self, actor: int) -> None:
        self.steps += 1


def _orders(chance: random.Random, steps: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """The ways to mesh two rows of steps: all, or as many as are asked for."""
    total = sum(steps)
    if comb(total, steps[0]) <= most:
        firsts = [set(places) for places in combinations(range(total), steps[0])]
    else:
        firsts = [set(chance.sample(range(total), steps[0])) for _ in range(most)]
    return [tuple(0 if place in first else 1 for place in range(total)) for first in firsts]


class Blind(MemoryStore):
    """A store in memory whose commits do not look at the versions."""

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> MemoryTransaction:
        """Open a transaction that has closed its eyes."""
        return _Blind(self._lock, self._tenants[context.tenant], context, ids)


class _Blind(MemoryTransaction):
    def _check_versions(self, old: Any) -> None:
        pass


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Play up to n orders of each pair in memory: whatever comes of it could have come of one after the other."""
    return interleave(Blind() if sabotage else MemoryStore(), chance, n, name="order")


if __name__ == "__main__":
    sys.exit(run("INTERLEAVE", play, n=MOST, sabotages=SABOTAGES))

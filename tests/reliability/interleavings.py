"""INTERLEAVE: two at once, in every order of their steps that matters, one after the other.

Chance seldom meets the one bad moment. Here a baton goes round: only who holds it may ask the store for the next thing. So each pair of
`pairs` is played in the orders in which two commands can mesh. One that waits for a lock of the other keeps the baton for a moment only.
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
from crmcore.ports import IdGenerator, RequestContext, Store, Transaction
from tests.reliability.command_pairs import PAIRS, allowed_outcomes, create_world, execute, outcome
from tests.reliability.harness import Verdict, run

LOCK_WAIT: Final = 0.03
"""How long the baton waits for one who seems to wait for a lock, in seconds."""
MAX_ORDERS: Final = 70
"""How many orders of one pair are played at most."""
MUTATIONS: Final = {"blind": "a commit does not look at the versions"}


class TurnOrder:
    """Lets two actors take their steps in a given order.

    Args:
        order: whose step is the next, as 0 and 1; when it is at its end, everybody runs.
    """

    def __init__(self, order: Sequence[int]) -> None:
        self._order = list(order)
        self._at = threading.Condition()
        self._waiting = [False, False]
        self._done = [False, False]

    def wait_for_turn(self, actor: int) -> None:
        """Wait for one's turn."""
        with self._at:
            self._waiting[actor] = True
            self._at.notify_all()
            while self._order and self._order[0] != actor:
                if not self._at.wait(LOCK_WAIT) and not self._waiting[self._order[0]]:
                    break  # the other one does not come: it waits for a lock of ours
                self._skip_finished()
            if self._order and self._order[0] == actor:
                self._order.pop(0)
            self._waiting[actor] = False
            self._at.notify_all()

    def finish(self, actor: int) -> None:
        """Need no more turns."""
        with self._at:
            self._done[actor] = True
            self._skip_finished()
            self._at.notify_all()

    def _skip_finished(self) -> None:
        while self._order and self._done[self._order[0]]:
            self._order.pop(0)


@frozen
class SteppedStore:
    """A store that asks for the baton before each step of one actor."""

    store: Store
    turn_order: TurnOrder
    actor: int

    def begin(self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False) -> Transaction:
        """Begin, when it is one's turn."""
        self.turn_order.wait_for_turn(self.actor)
        return _SteppedTransaction(self.store.begin(context, id_generator=id_generator, read_only=read_only), self)

    def close(self) -> None:
        """Nothing of its own is open."""


class _SteppedTransaction:
    """A transaction whose every step needs the baton; writes are gathered by the store, so they need none."""

    def __init__(self, transaction: Transaction, stepping: SteppedStore) -> None:
        self._transaction = transaction
        self._store = stepping

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._transaction, name)
        if name in {"get", "find", "commit"}:
            self._store.turn_order.wait_for_turn(self._store.actor)
        return found

    def __enter__(self) -> Self:
        self._transaction.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transaction.__exit__(kind, error, trace)


def check_interleavings(store: Store, rng: random.Random, most: int, *, name: str) -> Verdict:
    """Play the orders of each pair, some of them if there are too many."""
    verdict = Verdict()
    for pair in PAIRS:
        allowed = allowed_outcomes(pair)
        steps = [_count_steps(pair, actor) for actor in (0, 1)]
        for number, order in enumerate(_interleavings(rng, steps, most)):
            given = create_world(store, f"{name}-{list(PAIRS).index(pair)}-{number}")
            answers = _run_in_order(given.crm, given.ids, pair, order)
            verdict.count("orders played")
            description = f"{pair}, in the order {''.join(map(str, order))}"
            verdict.check("as if one after the other", outcome(given, answers) in allowed, description)
    return verdict


def _run_in_order(crm: Crm, ids: Any, pair: str, order: Sequence[int]) -> tuple[Any, Any]:
    baton = TurnOrder(order)
    answers: list[Any] = [None, None]

    def act(actor: int) -> None:
        try:
            stepping = crm.with_store(SteppedStore(crm._environment.store, baton, actor))
            answers[actor] = execute(PAIRS[pair][actor], stepping, ids)
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


def _count_steps(pair: str, actor: int) -> int:
    """How many steps an actor takes when it is alone."""
    given = create_world(MemoryStore(), "t")
    counting = _StepCounter([])
    execute(
        PAIRS[pair][actor], given.crm.with_store(SteppedStore(given.crm._environment.store, counting, actor)), given.ids
    )
    return counting.step_count


class _StepCounter(TurnOrder):
    step_count = 0

    def wait_for_turn(self, actor: int) -> None:
        self.step_count += 1


def _interleavings(rng: random.Random, steps: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """The ways to mesh two rows of steps: all, or as many as are asked for."""
    total = sum(steps)
    if comb(total, steps[0]) <= most:
        firsts = [set(places) for places in combinations(range(total), steps[0])]
    else:
        firsts = [set(rng.sample(range(total), steps[0])) for _ in range(most)]
    return [tuple(0 if place in first else 1 for place in range(total)) for first in firsts]


class UnversionedStore(MemoryStore):
    """A store in memory whose commits do not look at the versions."""

    def begin(
        self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False
    ) -> MemoryTransaction:
        """Open a transaction that has closed its eyes."""
        return _UnversionedTransaction(self._lock, self._tenants[context.tenant], context, id_generator)


class _UnversionedTransaction(MemoryTransaction):
    def _check_versions(self, current: Any) -> None:
        pass


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Play up to n orders of each pair in memory: whatever comes of it could have come of one after the other."""
    return check_interleavings(UnversionedStore() if mutation else MemoryStore(), rng, n, name="order")


if __name__ == "__main__":
    sys.exit(run("INTERLEAVE", check, n=MAX_ORDERS, mutations=MUTATIONS))

"""IDEM, UPSERT and RETRY: the same key has the same effect and answer, twins included; a story that others disturb is told again.

``python -m tests.programmes.idem --seed 1 --n 10000``
"""

import random
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from crmcore import Crm, FrozenClock, MemoryStore, SqlStore
from crmcore.adapters import wire
from crmcore.adapters.sql.errors import translate
from crmcore.domain.errors.conflicts import Busy, Conflict, KeyReused
from crmcore.domain.receipts import Receipt
from crmcore.services.ports import Context, Ids, Store
from tests.programmes.programme import Verdict, run
from tests.testing.sabotages import Coat, SabotagedStore

SABOTAGES: Final = {"no-receipts": "answers are not kept", "no-retry": "a disturbed story is not told again"}
STATES: Final = ("40001", "40P01", "55P03", "57014", "SQLITE_BUSY", "SQLITE_LOCKED")
WRITERS: Final = 4
UPSERTED: Final = 200


class KeepsNoReceipts(Coat):
    """answers are not kept."""

    def save(self, entity: Any, /) -> Any:
        return entity if isinstance(entity, Receipt) else super().save(entity)


class Counted(FrozenClock):
    """A clock that notes for how long a story would have waited at most."""

    waited = 0.0

    def pause(self, attempt: int, /) -> None:
        """Note the longest pause that a real clock could make."""
        self.waited += 0.01 * 2**attempt


class Disturbed(Coat):
    """a commit is refused by the database some times."""

    def commit(self) -> None:
        if self.notes.get("left", 0):
            self.notes["left"] -= 1
            raise self.notes["error"]
        super().commit()


class DisturbedStore(SabotagedStore):
    """A store whose commits are refused some times."""

    def __init__(self) -> None:
        super().__init__(Disturbed)

    def disturb(self, error: Exception, times: int) -> None:
        """Refuse the next commits."""
        self._notes.update(error=error, left=times)

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> Any:
        """Begin, and refuse later."""
        return super().begin(context, ids=ids, reading=reading)


class DriverError(Exception):
    """What a driver would raise."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        if state.startswith("SQLITE"):
            self.sqlite_errorname = state
        else:
            self.sqlstate = state


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Replay n commands, let twins meet, upsert by four writers, and disturb a tenth as many stories."""
    verdict = Verdict()
    _replay(verdict, chance, n, sabotage)
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore.open(f"sqlite:///{Path(folder)}/crm.db", durability="relaxed")
        _twins(verdict, Crm(store), max(5, n // 500))
        _upsert(verdict, Crm(store, tenant="upsert"))
        store.close()
    _disturb(verdict, chance, max(20, n // 10), sabotage)
    return verdict


def _replay(verdict: Verdict, chance: random.Random, n: int, sabotage: str) -> None:
    store: Store = SabotagedStore(KeepsNoReceipts) if sabotage == "no-receipts" else MemoryStore()
    clock = FrozenClock()
    crm = Crm(store, clock=clock)
    funnel = crm.funnels.create("Windows", stages=["First call", "Won"])
    answers: dict[str, str] = {}
    for _ in range(n):
        number = chance.randrange(max(1, n // 20))
        key = f"key {number}"
        try:
            answer = wire.pack(crm.leads.capture(f"Anna {number}", funnel=funnel.id, source="web", key=key))
        except Conflict as conflict:
            verdict.demand("the same key has the same answer", False, conflict.code)
            continue
        verdict.count("replays", key in answers)
        verdict.demand("the same key has the same answer", answers.setdefault(key, answer) == answer, key)
        if chance.random() < 0.2:
            verdict.count("other arguments")
            refused = _raises(KeyReused, lambda: crm.leads.capture("Berta", funnel=funnel.id, key=key))  # noqa: B023
            verdict.demand("other arguments are refused", refused, key)
    made = len(crm.deals.list(limit=1000))
    verdict.demand("one effect for each key", made == min(1000, len(answers)), f"{made} of {len(answers)}")
    clock.advance(hours=25)
    again = crm.leads.capture("Anna 0", funnel=funnel.id, source="web", key="key 0")
    verdict.demand("an expired key is free", wire.pack(again) != answers.get("key 0"))


def _twins(verdict: Verdict, crm: Crm, rounds: int) -> None:
    funnel = crm.funnels.create("Windows", stages=["First call", "Won"])
    for number in range(rounds):
        answers: list[str] = []
        told = [
            lambda: answers.append(wire.pack(crm.leads.capture("Anna", funnel=funnel.id, key=f"twin {number}")))  # noqa: B023
        ] * 2
        _together(told)
        verdict.count("twins")
        verdict.demand("twins have one answer", len(answers) == 2 and len(set(answers)) == 1, f"{len(answers)}")
    verdict.demand("twins have one effect", len(crm.deals.list(limit=1000)) == rounds)


def _upsert(verdict: Verdict, crm: Crm) -> None:
    def write() -> None:
        rows = ({"key": str(number), "name": f"Anna {number}"} for number in range(UPSERTED))
        refused = [told for told in crm.customers.upsert_many(rows, system="erp", chunk=25) if hasattr(told, "error")]
        verdict.demand("no row is refused", not refused, str(refused[:1]))

    _together([write] * WRITERS)
    found = len(crm.customers.search(limit=1000))
    verdict.count("customers upserted by four writers", found)
    verdict.demand("each external id is one customer", found == UPSERTED, str(found))


def _disturb(verdict: Verdict, chance: random.Random, rounds: int, sabotage: str) -> None:
    letters: list[Any] = []
    store, clock = DisturbedStore(), Counted()
    crm = Crm(store, clock=clock, notifiers={"email": _Keeps(letters)}, attempts=1 if sabotage == "no-retry" else 5)
    for number in range(rounds):
        state, times = chance.choice(STATES), chance.randint(1, 6)
        error = translate(DriverError(state), {})
        verdict.demand("the driver's word means: try again", isinstance(error, Busy), state)
        clock.waited = 0.0
        store.disturb(error, times)
        gave_up = _raises(Busy, lambda: crm.people.add(f"Anna {number}", login=str(number)))  # noqa: B023
        tried = times - store._notes["left"] + (not gave_up)
        verdict.count("disturbances", times)
        verdict.demand("five times at most, and five times if needed", tried == min(times + 1, 5), f"{state}: {tried}")
        verdict.demand("three seconds at most", clock.waited <= 3, f"{clock.waited}")
        verdict.demand("nothing leaves before the commit", not letters)
        store.disturb(error, 0)


class _Keeps:
    def __init__(self, letters: list[Any]) -> None:
        self._letters = letters

    def send(self, letter: Any, /) -> None:
        self._letters.append(letter)


def _raises(kind: type[Exception], tell: Callable[[], Any]) -> bool:
    try:
        tell()
    except kind:
        return True
    return False


def _together(told: list[Callable[[], Any]]) -> None:
    threads = [threading.Thread(target=one) for one in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    sys.exit(run("IDEM", play, n=10_000, sabotages=SABOTAGES))

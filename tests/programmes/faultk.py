"""FAULT-K: the store fails at its k-th call, for every k and in four ways, in every kind of story; nothing is ever half done.

A fault comes before the call takes effect, after it (the acknowledgement is lost), as a request to try again, or as something that no
store should raise. Told again with the same key, the story has happened once. ``python -m tests.programmes.faultk --seed 1``
"""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from crmcore import FrozenClock, MemoryStore, Money, SqlStore
from crmcore.domain.errors.conflicts import Busy
from crmcore.domain.errors.outside import StoreFailed
from crmcore.services.ports import Context, Ids, Store
from crmcore.testing.agreement.prelude import PRELUDE
from crmcore.testing.agreement.sides import Side, StepIds
from crmcore.testing.agreement.steps import Call, Known, Ref
from crmcore.testing.strategies import MONDAY
from tests.programmes.programme import Verdict, run
from tests.testing.sabotages import Coat, CommitsOnExit

SABOTAGES: Final = {
    "commits-on-exit": "what a failed story had saved is committed all the same",
    "new-key": "who tells a story again takes a new key",
}
MODES: Final[dict[str, Callable[[], Exception]]] = {
    "before": lambda: StoreFailed("08006"),
    "after": lambda: StoreFailed("08006"),
    "busy": lambda: Busy("40001"),
    "nonsense": lambda: TypeError("a driver's own confusion"),
}
STORIES: Final = (
    Call("leads.capture", ("Anna",), {"funnel": Ref("funnel", 0), "phone": "+37120000009", "source": "web"}),
    Call("deals.move", (Ref("deal", 1),), {"to": "Payment"}),
    Call("deals.lose", (Ref("deal", 1),), {"reason": "too dear"}),
    Call("deals.win", (Ref("deal", 1),)),
    Call("deals.hand_over", (Ref("deal", 0),), {"to": Ref("user", 0)}),
    Call("customers.add_contact", (Ref("customer", 0),), {"phone": "+37120000008"}),
    Call("interactions.log", ("call",), {"deal": Ref("deal", 0), "completes": Ref("task", 0)}),
    Call("tasks.give", ("Call",), {"due_at": MONDAY + timedelta(days=1), "remind_at": MONDAY + timedelta(hours=1)}),
    Call("tasks.complete", (Ref("task", 0),)),
    Call("commitments.make", ("a discount",), {"side": "ours", "deal": Ref("deal", 0), "due_at": MONDAY}),
    Call("complaints.receive", ("Late",), {"type": "delay", "customer": Ref("customer", 0), "role": "manager"}),
    Call("documents.render", ("Offer",), {"deal": Ref("deal", 0)}),
    Call("people.add", ("Berta",), {"login": "berta"}),
    Call("funnels.create", ("Blinds",), {"stages": ["First call", "Done"]}),
)
TENANTS: Final = ("ours", "theirs")
KEY: Final = "the key"
STEP: Final = 999


class Faults:
    """Which call of the store fails, and how; and what was called since."""

    def __init__(self) -> None:
        self.armed = False
        self.at = self.calls = self.late = 0
        self.mode = ""
        self.failed = False

    def arm(self, at: int, mode: str) -> None:
        """Let a call fail, counted from 1."""
        self.armed, self.at, self.mode, self.calls, self.late, self.failed = True, at, mode, 0, 0, False

    def around(self, call: Callable[[], Any]) -> Any:
        """Make a call, or let it fail."""
        if not self.armed:
            return call()
        self.calls += 1
        self.late += self.failed
        if self.calls != self.at:
            return call()
        self.failed = True
        if self.mode == "after":
            lost = call()
            if isinstance(lost, Coat):  # a connection that nobody heard of is given back by the pool
                lost.__exit__(None, None, None)
        failure = MODES[self.mode]()
        raise failure


class Faulty(Coat):
    """fails when it is told to."""

    faults: Faults

    def get(self, kind: Any, id: str, /) -> Any:
        return self.faults.around(lambda: super(Faulty, self).get(kind, id))

    def find(self, *where: Any, **how: Any) -> Any:
        return self.faults.around(lambda: super(Faulty, self).find(*where, **how))

    def entries(self, kind: Any, id: str, /) -> Any:
        return self.faults.around(lambda: super(Faulty, self).entries(kind, id))

    def save(self, entity: Any, /) -> Any:
        return self.faults.around(lambda: super(Faulty, self).save(entity))

    def commit(self) -> None:
        self.faults.around(super().commit)


class FaultyStore:
    """A store that fails when it is told to."""

    def __init__(self, store: Store, faults: Faults, coat: type[Coat]) -> None:
        self._store, self._faults, self._coat = store, faults, coat

    def begin(self, context: Context, /, *, ids: Ids, reading: bool = False) -> Any:
        def begun() -> Any:
            made = Faulty(self._coat(self._store.begin(context, ids=ids, reading=reading), context, {}), context, {})
            made.faults = self._faults
            return made

        if self._faults.armed and isinstance(ids, StepIds):
            ids.begin(STEP)  # a story that runs again makes the ids that it made before
        return self._faults.around(begun)

    def close(self) -> None:
        self._store.close()


def house(store: Store, faults: Faults, coat: type[Coat]) -> tuple[Side, Known]:
    """A furnished house over a store that fails when it is told to."""
    side, known = Side("faulty", FaultyStore(store, faults, coat), FrozenClock(MONDAY)), Known(TENANTS)
    valued = Call("deals.revalue", (Ref("deal", 1), Money(500, "EUR")))  # the other one is deal[1] the second time
    for step, call in enumerate((*PRELUDE, valued, valued), start=1):
        told = side.tell(call, known, tenant=TENANTS[0], actor="anna", step=step)
        known.learn(TENANTS[0], told.answer)
    return side, known


def _cases(make: Callable[[], Store], story: Call, coat: type[Coat]) -> Iterator[tuple[str, int, Side, Any, Faults]]:
    """Every way in which a story can fail, each in a house of its own."""
    for mode in MODES:
        at = 0
        while True:
            at += 1
            faults = Faults()
            side, known = house(make(), faults, coat)
            call = story.about(side.crm(TENANTS[0]), known)
            faults.arm(at, mode)
            side.ids.begin(STEP)
            with suppress(Exception):
                Call(call.path, call.args, {**call.kwargs, "key": KEY}).make(side.crm(TENANTS[0], "anna"))
            faults.armed = False
            if not faults.failed:
                side.close()
                break
            yield mode, at, side, call, faults
            side.close()


def fault(make: Callable[[], Store], verdict: Verdict, sabotage: str, stories: tuple[Call, ...] = STORIES) -> None:
    """Let each story fail in every way that it can."""
    coat: type[Coat] = CommitsOnExit if sabotage == "commits-on-exit" else Coat
    for story in stories:
        before, after = usual(make, story)
        for mode, at, side, call, faults in _cases(make, story, coat):
            verdict.count("faults")
            now = side.everything(TENANTS[0])
            where = f"{story.path}, {mode} call {at}"
            verdict.demand("all or nothing", now in (before, after), where)
            if mode != "busy":
                verdict.demand("nothing is called after a failure", faults.late == 0, where)
            side.ids.begin(STEP)
            key = KEY + " 2" if sabotage == "new-key" else KEY
            with suppress(Exception):
                Call(call.path, call.args, {**call.kwargs, "key": key}).make(side.crm(TENANTS[0], "anna"))
            verdict.demand("told again, it has happened once", side.everything(TENANTS[0]) == after, where)


def usual(make: Callable[[], Store], story: Call) -> tuple[Any, Any]:
    """How the house looks before the story and after it."""
    side, known = house(make(), Faults(), Coat)
    before = side.everything(TENANTS[0])
    call = story.about(side.crm(TENANTS[0]), known)
    side.ids.begin(STEP)
    Call(call.path, call.args, {**call.kwargs, "key": KEY}).make(side.crm(TENANTS[0], "anna"))
    after = side.everything(TENANTS[0])
    side.close()
    return before, after


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Let the first n kinds of stories fail at every call and in every way, in memory and on SQLite."""
    del chance  # every case is played
    verdict = Verdict()
    fault(MemoryStore, verdict, sabotage, STORIES[:n])
    fault(lambda: SqlStore.open("sqlite://"), verdict, sabotage, STORIES[: max(1, n // 4)])
    return verdict


if __name__ == "__main__":
    sys.exit(run("FAULT-K", play, n=len(STORIES), sabotages=SABOTAGES))

"""The agreement machine: several stores are told the same stories, step by step, and have to say the same all along.

    class MyStoreAgrees(AgreementMachine):
        def make_stores(self) -> Sequence[Store]:
            return [MyStore(...)]

    TestMyStoreAgrees = MyStoreAgrees.TestCase

The memory store is the first side. Every story and view of the public API is a rule of the machine; besides these, time passes and runs
back, tenants and actors change, notifiers refuse, and a command comes once more. After each step answers, refusals with all their facts
and the feed are compared, and at the end all records, entries and letters. A difference shrinks to a few steps, which are printed as calls.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import count, zip_longest
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from crmcore.adapters.clocks import FrozenClock
from crmcore.adapters.memory.store import MemoryStore
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.funnels import Funnel
from crmcore.domain.kernel import Entity
from crmcore.domain.people import User
from crmcore.domain.tasks import Task
from crmcore.services.ports import Store
from crmcore.testing.agreement.prelude import PRELUDE
from crmcore.testing.agreement.repertoire import Story, calls, repertoire
from crmcore.testing.agreement.sides import ONLOOKER, Side
from crmcore.testing.agreement.steps import Call, Known, Ref, Whole
from crmcore.testing.strategies import MONDAY

_RUN: Final = count(1)
_LEAPS: Final = (
    *(timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=4), timedelta(hours=25), timedelta(days=12)),
    *(timedelta(0), timedelta(minutes=-30), timedelta(microseconds=1)),
)
OFTEN: Final = {
    "customers.add_contact": 2,
    "customers.remove_contact": 2,
    "customers.search": 3,
    "deals.lose": 2,
    "deals.move": 4,
    "deals.win": 2,
    "deliver": 2,
    "due.tidy": 2,
    "leads.capture": 4,
    "run_due": 3,
    "tasks.complete": 2,
    "tasks.list": 2,
}
"""The stories that are told more often than others, because much hangs on them."""


class Difference(AssertionError):
    """The sides do not agree."""


class AgreementMachine(RuleBasedStateMachine):
    """Tells stores the same stories and compares them. See this module's docstring.

    Attributes:
        told: how many steps all runs of this class have told so far, by story; refused ones count too.
        refused: how many of them were refused, by the refusal's code.
    """

    told: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.told, cls.refused = Counter(), Counter()

    def __init__(self) -> None:
        super().__init__()
        run = next(_RUN)
        self._tenants = (f"house {run}", f"Ҳовли {run}")
        self._known = Known(self._tenants)
        self._clock = FrozenClock(MONDAY)
        self._tenant, self._actor = self._tenants[0], "anna"
        self._step = 0
        self._read = dict.fromkeys(self._tenants, 0)
        self._last = Call("funnels.list")
        stores: list[Store] = [MemoryStore(), *self.make_stores()]
        self._sides = [
            Side(f"{place} {type(store).__name__}", store, self._clock) for place, store in enumerate(stores)
        ]

    def make_stores(self) -> Sequence[Store]:
        """Give the stores to be compared with the memory store. They are closed after the run.

        They may hold what they like: every run has tenants of its own.
        """
        raise NotImplementedError("make_stores() has to give the stores that are compared with the memory store")

    @initialize()
    def furnish(self) -> None:
        """Begin in a house where something can happen: people, a funnel that acts, a customer with a deal."""
        for tenant in reversed(self._tenants):
            self._tenant = tenant
            for call in PRELUDE:
                self.tell(call)

    def tell(self, call: Call) -> None:
        """Tell one story on all sides, and compare what came of it."""
        self._step += 1
        told = [
            side.tell(call, self._known, tenant=self._tenant, actor=self._actor, step=self._step)
            for side in self._sides
        ]
        self.told[call.path] += 1
        first = told[0]
        if first.refusal is not None:
            self.refused[first.refusal.code] += 1
        self._compare(repr(call), told)
        self._known.learn(self._tenant, first.answer)
        self._read_on()
        if "key" in call.kwargs:
            self._last = call

    @rule()
    def again(self) -> None:
        """Tell the last command with a key once more."""
        self.tell(self._last)

    @rule(kind=st.sampled_from((Customer, Deal, Task, User, Funnel)), number=st.integers(0, 2))
    def race(self, kind: type[Entity], number: int) -> None:
        """Let two writers read the same record; the faster saves it, and the slower hears of it."""
        self._step += 1
        record = Whole(kind, Ref(kind.shape.kind, number))
        told = [side.race(record, self._known, tenant=self._tenant, step=self._step) for side in self._sides]
        self._compare(f"a race for {record!r}", told)
        self._read_on()

    @rule(batch=st.lists(calls(), min_size=1, max_size=4))
    def tell_batch(self, batch: list[Call]) -> None:
        """Tell some stories in one transaction, where all stores can."""
        if all(side.tells_batches for side in self._sides):
            self._step += 1
            told = [
                side.tell_batch(batch, self._known, tenant=self._tenant, actor=self._actor, step=self._step)
                for side in self._sides
            ]
            self._compare(f"a batch of {batch}", told)
            self.told.update(call.path for call in batch)
            self._read_on()

    @rule(leap=st.sampled_from(_LEAPS))
    def wait(self, leap: timedelta) -> None:
        """Let time pass, or run back."""
        self._clock.advance(seconds=leap.total_seconds())

    @rule()
    def sleep(self) -> None:
        """Let a day pass, and do what is done at night."""
        self._clock.advance(hours=25)
        for call in (Call("run_due"), Call("deliver"), Call("due.tidy")):
            self.tell(call)

    @rule(place=st.integers(0, 1))
    def turn_to(self, place: int) -> None:
        """Go on with another tenant."""
        self._tenant = self._tenants[place]

    @rule(actor=st.sampled_from(("anna", "berta", ONLOOKER)))
    def let_act(self, actor: str) -> None:
        """Let somebody else act."""
        self._actor = actor

    @rule(refuse=st.booleans())
    def refuse(self, refuse: bool) -> None:  # noqa: FBT001  # drawn by chance
        """Let what leaves the house be refused, or taken again."""
        for side in self._sides:
            side.refuses = refuse

    def teardown(self) -> None:
        """Compare everything that has come of it."""
        try:
            for tenant in self._tenants:
                first, *others = (side.everything(tenant) for side in self._sides)
                for side, other in zip(self._sides[1:], others, strict=True):
                    for what in first | other:
                        if first.get(what) != other.get(what):
                            raise Difference(_told(what, self._sides[0], first.get(what), side, other.get(what)))
        finally:
            for side in self._sides:
                side.close()

    def _read_on(self) -> None:
        news = [side.news(self._tenant, self._read[self._tenant]) for side in self._sides]
        self._compare("the feed", news)
        self._known.learn(self._tenant, news[0])
        if news[0]:
            self._read[self._tenant] = news[0][-1].position

    def _compare(self, what: str, told: Sequence[Any]) -> None:
        for side, other in zip(self._sides[1:], told[1:], strict=True):
            if told[0] != other:
                raise Difference(_told(what, self._sides[0], told[0], side, other))


def _told(what: str, first: Side, said: Any, second: Side, other: Any) -> str:
    if isinstance(said, tuple) and isinstance(other, tuple):
        place = next(n for n, (one, its) in enumerate(zip_longest(said, other)) if one != its)
        what = f"{what}: of {len(said)} and {len(other)}, the first {place} are the same"
        said, other = said[place : place + 1], other[place : place + 1]
    return f"{what}\n  {first.name}: {said!r}\n  {second.name}: {other!r}"


def _rule(story: Story) -> Any:
    def told(self: AgreementMachine, call: Call) -> None:
        self.tell(call)

    told.__name__ = told.__qualname__ = story.path.replace(".", "_")
    return rule(call=story.calls)(told)


for _story in repertoire():
    for _time in range(OFTEN.get(_story.path, 1)):
        setattr(AgreementMachine, f"{_story.path.replace('.', '_')}{'_again' * _time}", _rule(_story))

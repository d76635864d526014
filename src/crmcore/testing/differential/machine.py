"""Differential test: run the same commands on several stores and compare.

    class MyStoreMachine(DifferentialMachine):
        def make_stores(self) -> Sequence[Store]:
            return [MyStore(...)]

    TestMyStore = MyStoreMachine.TestCase

The memory store is the reference. Every command and query of the public API is a rule of the machine; further rules change the clock, the tenant
and the actor, let notifiers fail, and repeat a command with its idempotency key. After each step the machine compares results, errors and the
event feed, at the end all records, logs and messages. Hypothesis shrinks a divergence to a few calls and prints them.
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
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.ports import Store
from crmcore.testing.differential.calls import Call, IdRef, KnownIds, RecordRef
from crmcore.testing.differential.fixtures import SETUP
from crmcore.testing.differential.operations import Operation, batch_calls, operations
from crmcore.testing.differential.systems import RESTRICTED_ACTOR, SystemUnderTest
from crmcore.testing.strategies import MONDAY

_RUN_NUMBERS: Final = count(1)
_TIME_JUMPS: Final = (
    *(timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=4), timedelta(hours=25), timedelta(days=12)),
    *(timedelta(0), timedelta(minutes=-30), timedelta(microseconds=1)),
)
RULE_WEIGHTS: Final = {
    "customers.add_contact_point": 2,
    "customers.remove_contact_point": 2,
    "customers.search": 3,
    "deals.lose": 2,
    "deals.move": 4,
    "deals.win": 2,
    "deliver": 2,
    "jobs.purge_expired": 2,
    "leads.capture": 4,
    "run_due_jobs": 3,
    "tasks.complete": 2,
    "tasks.list": 2,
}
"""Operations that are drawn more often than others."""


class DivergenceError(AssertionError):
    """Two stores gave different outcomes."""


class DifferentialMachine(RuleBasedStateMachine):
    """Runs equal commands on several stores and compares the results.

    Attributes:
        executed: number of executed calls of all runs of this class, by operation; failed ones included.
        failed: number of failed calls, by error code.
    """

    executed: ClassVar[Counter[str]] = Counter()
    failed: ClassVar[Counter[str]] = Counter()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.executed, cls.failed = Counter(), Counter()

    def __init__(self) -> None:
        super().__init__()
        run = next(_RUN_NUMBERS)
        self._tenants = (f"tenant {run}", f"мижоз {run}")
        self._known_ids = KnownIds(self._tenants)
        self._clock = FrozenClock(MONDAY)
        self._tenant, self._actor = self._tenants[0], "anna"
        self._step = 0
        self._read_positions = dict.fromkeys(self._tenants, 0)
        self._last_command = Call("funnels.list")
        stores: list[Store] = [MemoryStore(), *self.make_stores()]
        self._systems = [
            SystemUnderTest(f"{index} {type(store).__name__}", store, self._clock) for index, store in enumerate(stores)
        ]

    def make_stores(self) -> Sequence[Store]:
        """Return the stores to compare; the machine closes them.

        They are compared with the memory store.

        A store may contain data: every run uses new tenants.
        """
        raise NotImplementedError("make_stores() must return the stores to compare with the memory store")

    @initialize()
    def create_fixtures(self) -> None:
        """Create users, funnels, customers and deals in each tenant."""
        for tenant in reversed(self._tenants):
            self._tenant = tenant
            for call in SETUP:
                self.execute(call)

    def execute(self, call: Call) -> None:
        """Execute a call on all systems and compare the outcomes."""
        self._step += 1
        outcomes = [
            system.execute(call, self._known_ids, tenant=self._tenant, actor=self._actor, step=self._step)
            for system in self._systems
        ]
        self.executed[call.path] += 1
        first = outcomes[0]
        if first.error_type is not None:
            self.failed[first.error_type.code] += 1
        self._compare(repr(call), outcomes)
        self._known_ids.record(self._tenant, first.result)
        self._compare_new_events()
        if "idempotency_key" in call.kwargs:
            self._last_command = call

    @rule()
    def retry_last_command(self) -> None:
        """Repeat the last command with its idempotency key."""
        self.execute(self._last_command)

    @rule(entity_type=st.sampled_from((Customer, Deal, Task, User, Funnel)), number=st.integers(0, 2))
    def save_concurrently(self, entity_type: type[Entity], number: int) -> None:
        """Save a record from two concurrent writers; the second is rejected."""
        self._step += 1
        record = RecordRef(entity_type, IdRef(entity_type.meta.prefix, number))
        outcomes = [
            system.save_concurrently(record, self._known_ids, tenant=self._tenant, step=self._step)
            for system in self._systems
        ]
        self._compare(f"concurrent saves of {record!r}", outcomes)
        self._compare_new_events()

    @rule(batch=st.lists(batch_calls(), min_size=1, max_size=4))
    def execute_batch(self, batch: list[Call]) -> None:
        """Execute calls in one batch, if all stores have batches."""
        if all(system.supports_batches for system in self._systems):
            self._step += 1
            outcomes = [
                system.execute_batch(batch, self._known_ids, tenant=self._tenant, actor=self._actor, step=self._step)
                for system in self._systems
            ]
            self._compare(f"a batch of {batch}", outcomes)
            self.executed.update(call.path for call in batch)
            self._compare_new_events()

    @rule(leap=st.sampled_from(_TIME_JUMPS))
    def advance_clock(self, leap: timedelta) -> None:
        """Move the clock forward or back."""
        self._clock.advance(seconds=leap.total_seconds())

    @rule()
    def run_nightly_jobs(self) -> None:
        """Advance the clock by a day and run jobs, delivery and purge."""
        self._clock.advance(hours=25)
        for call in (Call("run_due_jobs"), Call("deliver"), Call("jobs.purge_expired")):
            self.execute(call)

    @rule(place=st.integers(0, 1))
    def switch_tenant(self, place: int) -> None:
        """Switch to another tenant."""
        self._tenant = self._tenants[place]

    @rule(actor=st.sampled_from(("anna", "berta", RESTRICTED_ACTOR)))
    def switch_actor(self, actor: str) -> None:
        """Switch to another actor."""
        self._actor = actor

    @rule(is_failing=st.booleans())
    def set_delivery_failure(self, is_failing: bool) -> None:  # noqa: FBT001  # drawn by chance
        """Let notifiers and publishers fail, or work again."""
        for system in self._systems:
            system.is_failing = is_failing

    def teardown(self) -> None:
        """Compare all records, messages and events."""
        try:
            for tenant in self._tenants:
                first, *others = (system.dump(tenant) for system in self._systems)
                for system, other in zip(self._systems[1:], others, strict=True):
                    for label in first | other:
                        if first.get(label) != other.get(label):
                            raise DivergenceError(
                                _describe_divergence(
                                    label, self._systems[0], first.get(label), system, other.get(label)
                                )
                            )
        finally:
            for system in self._systems:
                system.close()

    def _compare_new_events(self) -> None:
        new_events = [system.new_events(self._tenant, self._read_positions[self._tenant]) for system in self._systems]
        self._compare("the feed", new_events)
        self._known_ids.record(self._tenant, new_events[0])
        if new_events[0]:
            self._read_positions[self._tenant] = new_events[0][-1].position

    def _compare(self, label: str, outcomes: Sequence[Any]) -> None:
        for system, other in zip(self._systems[1:], outcomes[1:], strict=True):
            if outcomes[0] != other:
                raise DivergenceError(_describe_divergence(label, self._systems[0], outcomes[0], system, other))


def _describe_divergence(
    label: str, first: SystemUnderTest, first_value: Any, second: SystemUnderTest, second_value: Any
) -> str:
    if isinstance(first_value, tuple) and isinstance(second_value, tuple):
        index = next(n for n, (one, other) in enumerate(zip_longest(first_value, second_value)) if one != other)
        label = f"{label}: of {len(first_value)} and {len(second_value)}, the first {index} are equal"
        first_value, second_value = first_value[index : index + 1], second_value[index : index + 1]
    return f"{label}\n  {first.name}: {first_value!r}\n  {second.name}: {second_value!r}"


def _make_rule(operation: Operation) -> Any:
    def run_operation(self: DifferentialMachine, call: Call) -> None:
        self.execute(call)

    run_operation.__name__ = run_operation.__qualname__ = operation.path.replace(".", "_")
    return rule(call=operation.calls)(run_operation)


for _operation in operations():
    for _copy_number in range(RULE_WEIGHTS.get(_operation.path, 1)):
        setattr(
            DifferentialMachine, f"{_operation.path.replace('.', '_')}{'_again' * _copy_number}", _make_rule(_operation)
        )

"""FAULT-K: the store fails at its k-th call, for every k and in four ways, in every kind of command; nothing is ever half done.

A fault comes before the call takes effect, after it (the acknowledgement is lost), as a request to try again, or as something that no
store should raise. Repeated with the same key, the command has one effect. ``python -m tests.reliability.store_faults --seed 1``
"""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from crmcore import FrozenClock, MemoryStore, Money, SqlStore
from crmcore.domain.kernel.errors.conflicts import DatabaseBusyError
from crmcore.domain.kernel.errors.infrastructure import StoreError
from crmcore.ports import IdGenerator, RequestContext, Store
from crmcore.testing.differential.calls import Call, IdRef, KnownIds
from crmcore.testing.differential.fixtures import SETUP
from crmcore.testing.differential.systems import StepIdGenerator, SystemUnderTest
from crmcore.testing.strategies import MONDAY
from tests.reliability.harness import Verdict, run
from tests.testing.mutations import CommitsOnExit, TransactionWrapper

MUTATIONS: Final = {
    "commits-on-exit": "what a failed command had saved is committed all the same",
    "new-key": "a retry uses a new key",
}
FAULT_MODES: Final[dict[str, Callable[[], Exception]]] = {
    "before": lambda: StoreError("08006"),
    "after": lambda: StoreError("08006"),
    "busy": lambda: DatabaseBusyError("40001"),
    "nonsense": lambda: TypeError("a driver's own confusion"),
}
COMMANDS: Final = (
    Call("leads.capture", ("Anna",), {"funnel_id": IdRef("funnel", 0), "phone": "+37120000009", "source": "web"}),
    Call("deals.move", (IdRef("deal", 1),), {"stage_key": "Payment"}),
    Call("deals.lose", (IdRef("deal", 1),), {"reason": "too dear"}),
    Call("deals.win", (IdRef("deal", 1),)),
    Call("deals.change_owner", (IdRef("deal", 0),), {"owner_id": IdRef("user", 0)}),
    Call("customers.add_contact_point", (IdRef("customer", 0),), {"phone": "+37120000008"}),
    Call("interactions.log", ("call",), {"deal_id": IdRef("deal", 0), "completes_task_id": IdRef("task", 0)}),
    Call("tasks.create", ("Call",), {"due_at": MONDAY + timedelta(days=1), "remind_at": MONDAY + timedelta(hours=1)}),
    Call("tasks.complete", (IdRef("task", 0),)),
    Call("commitments.create", ("a discount",), {"side": "ours", "deal_id": IdRef("deal", 0), "due_at": MONDAY}),
    Call("complaints.receive", ("Late",), {"type": "delay", "customer_id": IdRef("customer", 0), "role": "manager"}),
    Call("documents.render", ("Offer",), {"deal_id": IdRef("deal", 0)}),
    Call("users.create", ("Berta",), {"login": "berta"}),
    Call("funnels.create", ("Blinds",), {"stages": ["First call", "Done"]}),
)
TENANTS: Final = ("ours", "theirs")
KEY: Final = "the key"
STEP_NUMBER: Final = 999


class FaultPlan:
    """Which call of the store fails, and how; and what was called since."""

    def __init__(self) -> None:
        self.armed = False
        self.at = self.calls = self.late = 0
        self.mode = ""
        self.failed = False

    def arm(self, at: int, mode: str) -> None:
        """Let a call fail, counted from 1."""
        self.armed, self.at, self.mode, self.calls, self.late, self.failed = True, at, mode, 0, 0, False

    def call(self, call: Callable[[], Any]) -> Any:
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
            if isinstance(lost, TransactionWrapper):  # a connection that nobody heard of is given back by the pool
                lost.__exit__(None, None, None)
        failure = FAULT_MODES[self.mode]()
        raise failure


class FaultyTransaction(TransactionWrapper):
    """fails when it is armed."""

    faults: FaultPlan

    def get(self, entity_type: Any, id: str, /) -> Any:
        return self.faults.call(lambda: super(FaultyTransaction, self).get(entity_type, id))

    def find(self, *where: Any, **options: Any) -> Any:
        return self.faults.call(lambda: super(FaultyTransaction, self).find(*where, **options))

    def entries(self, entity_type: Any, id: str, /) -> Any:
        return self.faults.call(lambda: super(FaultyTransaction, self).entries(entity_type, id))

    def save(self, entity: Any, /) -> Any:
        return self.faults.call(lambda: super(FaultyTransaction, self).save(entity))

    def commit(self) -> None:
        self.faults.call(super().commit)


class FaultyStore:
    """A store that fails when it is armed."""

    def __init__(self, store: Store, faults: FaultPlan, wrapper: type[TransactionWrapper]) -> None:
        self._store, self._faults, self._wrapper = store, faults, wrapper

    def begin(self, context: RequestContext, /, *, id_generator: IdGenerator, read_only: bool = False) -> Any:
        def begun() -> Any:
            made = FaultyTransaction(
                self._wrapper(self._store.begin(context, id_generator=id_generator, read_only=read_only), context, {}),
                context,
                {},
            )
            made.faults = self._faults
            return made

        if self._faults.armed and isinstance(id_generator, StepIdGenerator):
            id_generator.begin_step(STEP_NUMBER)  # a command that runs again makes the ids that it made before
        return self._faults.call(begun)

    def close(self) -> None:
        self._store.close()


def system_with_fixtures(
    store: Store, faults: FaultPlan, wrapper: type[TransactionWrapper]
) -> tuple[SystemUnderTest, KnownIds]:
    """A system with fixtures over a store that fails when it is armed."""
    system, known = (
        SystemUnderTest("faulty", FaultyStore(store, faults, wrapper), FrozenClock(MONDAY)),
        KnownIds(TENANTS),
    )
    valued = Call("deals.set_value", (IdRef("deal", 1), Money(500, "EUR")))  # the other one is deal[1] the second time
    for step, call in enumerate((*SETUP, valued, valued), start=1):
        outcome = system.execute(call, known, tenant=TENANTS[0], actor="anna", step=step)
        known.record(TENANTS[0], outcome.result)
    return system, known


def _fault_cases(
    create_system: Callable[[], Store], command: Call, wrapper: type[TransactionWrapper]
) -> Iterator[tuple[str, int, SystemUnderTest, Any, FaultPlan]]:
    """Every way in which a command can fail, each in a separate store."""
    for mode in FAULT_MODES:
        at = 0
        while True:
            at += 1
            faults = FaultPlan()
            side, known = system_with_fixtures(create_system(), faults, wrapper)
            call = command.resolve(side.crm(TENANTS[0]), known)
            faults.arm(at, mode)
            side.ids.begin_step(STEP_NUMBER)
            with suppress(Exception):
                Call(call.path, call.args, {**call.kwargs, "idempotency_key": KEY}).invoke(side.crm(TENANTS[0], "anna"))
            faults.armed = False
            if not faults.failed:
                side.close()
                break
            yield mode, at, side, call, faults
            side.close()


def check_faults(
    create_system: Callable[[], Store], verdict: Verdict, mutation: str, commands: tuple[Call, ...] = COMMANDS
) -> None:
    """Let each command fail in every way that it can."""
    wrapper: type[TransactionWrapper] = CommitsOnExit if mutation == "commits-on-exit" else TransactionWrapper
    for command in commands:
        before, after = expected_states(create_system, command)
        for mode, at, side, call, faults in _fault_cases(create_system, command, wrapper):
            verdict.count("faults")
            now = side.dump(TENANTS[0])
            where = f"{command.path}, {mode} call {at}"
            verdict.check("all or nothing", now in (before, after), where)
            if mode != "busy":
                verdict.check("nothing is called after a failure", faults.late == 0, where)
            side.ids.begin_step(STEP_NUMBER)
            key = KEY + " 2" if mutation == "new-key" else KEY
            with suppress(Exception):
                Call(call.path, call.args, {**call.kwargs, "idempotency_key": key}).invoke(side.crm(TENANTS[0], "anna"))
            verdict.check("repeated, it has one effect", side.dump(TENANTS[0]) == after, where)


def expected_states(create_system: Callable[[], Store], command: Call) -> tuple[Any, Any]:
    """Return the state before and after the command."""
    side, known = system_with_fixtures(create_system(), FaultPlan(), TransactionWrapper)
    before = side.dump(TENANTS[0])
    call = command.resolve(side.crm(TENANTS[0]), known)
    side.ids.begin_step(STEP_NUMBER)
    Call(call.path, call.args, {**call.kwargs, "idempotency_key": KEY}).invoke(side.crm(TENANTS[0], "anna"))
    after = side.dump(TENANTS[0])
    side.close()
    return before, after


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Let the first n kinds of commands fail at every call and in every way, in memory and on SQLite."""
    del rng  # every case is played
    verdict = Verdict()
    check_faults(MemoryStore, verdict, mutation, COMMANDS[:n])
    check_faults(lambda: SqlStore.open("sqlite://"), verdict, mutation, COMMANDS[: max(1, n // 4)])
    return verdict


if __name__ == "__main__":
    sys.exit(run("FAULT-K", check, n=len(COMMANDS), mutations=MUTATIONS))

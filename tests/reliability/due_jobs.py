"""DUE: what comes due by itself happens once, with concurrent workers, kills and wrong clocks.

Four processes call `run_due_jobs` on one database. Each has a clock of its own, some minutes off, which jumps now and then: back by up to two
hours, forward by up to a day and two hours. They are killed in the middle of their work and started again. In the end every task, complaint
and promise was escalated once to each level, each time to another user.

From a checkout: ``python -m tests.reliability.due_jobs --seed 1 --n 700``; n is the number of records on each database, and most of them have
three levels.
"""

import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from crmcore import Crm, CrmError, FrozenClock, SqlStore
from crmcore.domain.kernel.criteria import Compare, Eq, In
from crmcore.domain.messaging.messages import Message
from crmcore.domain.platform.jobs import JobState, ScheduledJob
from crmcore.domain.sla.escalation import Escalation, EscalationDecision
from crmcore.domain.sla.escalation_policy import EscalationPolicy, EscalationStep
from crmcore.services.platform import jobs as due_module
from crmcore.services.shared.escalation import escalate, handlers
from crmcore.services.shared.notifications import notify_user
from crmcore.services.unit_of_work import UnitOfWork
from tests.reliability.databases import databases
from tests.reliability.harness import Verdict, run

MUTATIONS: Final = {
    "forgetful": "an escalation is sent, but not saved",
    "poll": "a process looks only at what came due in its last half hour",
}
START: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
POLICY: Final = EscalationPolicy.of(EscalationStep(7_500, recipient="owner"), EscalationStep(), timedelta(hours=2))
SPAN: Final = timedelta(days=5)
PROCESSES: Final = 4
ESCALATION_TOPICS: Final = ("task.overdue", "complaint.overdue", "commitment.overdue", "escalation.at_risk")


class JumpingClock:
    """A clock that is off, and jumps now and then."""

    def __init__(self, base: Any, rng: random.Random) -> None:
        self._base = base
        self._rng = rng
        self._off = timedelta(seconds=rng.uniform(-300, 300))

    def now(self) -> datetime:
        """The time, wrong by as much as this clock is off."""
        return START + timedelta(seconds=self._base[0]) + self._off

    def sleep(self, seconds: float, /) -> None:
        """Wait a little."""
        time.sleep(seconds)

    def jump(self) -> None:
        """Be off by something else, sometimes by much."""
        hours = self._rng.uniform(-2, 26) if self._rng.random() < 0.1 else 0
        self._off = timedelta(hours=hours, seconds=self._rng.uniform(-300, 300))


def run_worker(url: str, base: Any, seed: int, mutation: str) -> None:
    """One process: look at what is due until there is nothing more to do, or a kill."""
    _apply_mutation(mutation)
    rng = random.Random(seed)
    clock = JumpingClock(base, rng)
    crm = Crm(SqlStore.open(url, durability="relaxed"), clock=clock, escalation_policy=POLICY)
    while base[0] >= 0:
        clock.jump()
        try:
            crm.run_due_jobs(limit=25)
        except CrmError:  # the database was busy; the next round sees it
            time.sleep(0.01)


def check_on(url: str, rng: random.Random, n: int, mutation: str) -> Verdict:
    """Let n records run late."""
    verdict = Verdict()
    store = SqlStore.open(url, durability="relaxed")
    clock = FrozenClock(START)
    crm = Crm(store, clock=clock, escalation_policy=POLICY)
    expected = _create_records(crm, rng, n)
    _let_time_pass(verdict, url, rng, 40 if n >= 500 else 15, mutation)
    _apply_mutation(mutation)  # for what is left
    clock.set(START + 4 * SPAN)
    while crm.run_due_jobs(limit=1_000).done:
        pass
    _apply_mutation("")
    _check_messages(verdict, crm, expected)
    store.close()
    return verdict


def _create_records(crm: Crm, rng: random.Random, n: int) -> dict[str, int]:
    """Make the records; how many levels each of them has."""
    with crm.batch():
        boss = crm.users.create("Boss", email="boss@example.org")
        head = crm.users.create("Head", email="head@example.org", manager_id=boss.id)
        anna = crm.users.create("Anna", email="anna@example.org", manager_id=head.id)
        customer = crm.customers.create("Jānis")
    expected = {}
    for start in range(0, n, 100):
        with crm.batch():
            for number in range(start, min(n, start + 100)):
                within = timedelta(seconds=rng.randrange(3_600, int(SPAN.total_seconds())))
                match number % 4:
                    case 0:
                        complaint = crm.complaints.receive(
                            "Late", type="delivery", customer_id=customer.id, resolve_within=within, owner_id=anna.id
                        )
                        expected[str(complaint.id)] = 3
                    case 1:
                        promise = crm.commitments.create(
                            "Call", side="ours", customer_id=customer.id, owner_id=anna.id, due_at=START + within
                        )
                        expected[str(promise.id)] = 2
                    case _:
                        task = crm.tasks.create("Call", assignee_id=anna.id, due_at=START + within)
                        expected[str(task.id)] = 3
    return expected


def _let_time_pass(verdict: Verdict, url: str, rng: random.Random, steps: int, mutation: str) -> None:
    """Let four processes work while time passes, and kill them now and then."""
    context = multiprocessing.get_context("spawn")
    base: Any = context.Array("d", [0.0], lock=False)

    def start_worker() -> Any:
        process = context.Process(target=run_worker, args=(url, base, rng.randrange(10**9), mutation))
        process.start()
        return process

    processes = [start_worker() for _ in range(PROCESSES)]
    for step in range(steps):
        time.sleep(0.15)
        base[0] = SPAN.total_seconds() * (step + 1) / steps
        if step % 5 == 4:
            killed = processes.pop(rng.randrange(PROCESSES))
            killed.kill()
            killed.join()
            verdict.count("processes killed")
            processes.append(start_worker())
    time.sleep(1)
    base[0] = -1.0
    for process in processes:
        process.join(5)
        process.kill()


def _check_messages(verdict: Verdict, crm: Crm, expected: dict[str, int]) -> None:
    def read_messages(uow: UnitOfWork) -> tuple[Sequence[Escalation], Sequence[Message], int]:
        dead = uow.count(ScheduledJob, Eq("state", JobState.DEAD))
        return uow.find(Escalation), uow.find(Message, In("topic", ESCALATION_TOPICS)), dead

    steps, messages, dead = crm._environment.execute("look", read_messages, read_only=True)
    sent_counts = Counter(str(message.about_id) for message in messages)
    received = {(step.subject_id, step.recipient_id) for step in steps}
    verdict.count("records", len(expected))
    verdict.count("escalations", len(steps))
    verdict.count("messages", len(messages))
    for subject, levels in expected.items():
        verdict.check(
            "nothing is missed", sent_counts[subject] >= levels, f"{subject} {sent_counts[subject]} of {levels}"
        )
        verdict.check(
            "nothing happens twice", sent_counts[subject] <= levels, f"{subject} {sent_counts[subject]} of {levels}"
        )
    verdict.check(
        "each escalation has another recipient", len(received) == len(steps), f"{len(received)} of {len(steps)}"
    )
    verdict.check("each step is kept", len(steps) == len(messages), f"{len(steps)} of {len(messages)}")
    verdict.check("nothing is given up", not dead, f"{dead} dead")


def _apply_mutation(mutation: str) -> None:
    """Plant a bug into this process, or take it out."""
    vars(handlers)["escalate"] = _without_saving_step if mutation == "forgetful" else escalate.escalate
    due_module.Jobs._list_due = _poll_recent_only if mutation == "poll" else _ORIGINAL_WAITING  # type: ignore[method-assign]  # planted


_ORIGINAL_WAITING: Final = due_module.Jobs._list_due


def _without_saving_step(uow: UnitOfWork, watched: escalate.TrackedDeadline, step: escalate.NextEscalation) -> Any:
    notify_user(uow, watched.owner_id, "task.overdue", about_id=watched.subject_id, **watched.variables())  # type: ignore[arg-type]  # it has an owner
    if step.level > 1 or random.random() < 0.5:  # otherwise it would repeat for ever
        return escalate.escalate(uow, watched, step)
    return EscalationDecision(level=1, recipient_id=watched.owner_id)


def _poll_recent_only(self: due_module.Jobs, limit: int) -> Sequence[ScheduledJob]:
    def read_recent(uow: UnitOfWork) -> Sequence[ScheduledJob]:
        recent = Compare("due_at", "<=", uow.now) & Compare("due_at", ">", uow.now - timedelta(minutes=30))
        pending = Eq("state", JobState.PENDING) & recent
        return uow.find(ScheduledJob, pending, order="due_at", limit=limit)

    return self._environment.execute("jobs.list_due", read_recent, read_only=True)


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Let n records run late on an SQLite file and on a PostgreSQL server."""
    whole = Verdict()
    with databases() as urls:
        for name in ("SQLite", "PostgreSQL"):
            whole.merge(check_on(urls[name], rng, n, mutation), name)
    return whole


if __name__ == "__main__":
    sys.exit(run("DUE", check, n=700, mutations=MUTATIONS))

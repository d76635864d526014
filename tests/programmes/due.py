"""DUE: what comes due by itself happens once, whoever looks, whoever is killed, and whatever the clocks say.

Four processes call `run_due` on one database. Each has a clock of its own, some minutes off, which jumps now and then: back by up to two
hours, forward by up to a day and two hours. They are killed in the middle of their work and started again. In the end every task, complaint
and promise has told each level of its ladder, once, and each of them somebody else.

From a checkout: ``python -m tests.programmes.due --seed 1 --n 700``; n is the number of records on each database, and most of them have
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
from crmcore.domain.criteria import Compare, Is, OneOf
from crmcore.domain.escalation import Climb, Escalation, Ladder, Rung
from crmcore.domain.messages import Message
from crmcore.domain.occurrences import Occurrence, OccurrenceState
from crmcore.services import due as due_module
from crmcore.services.steps import ladders
from crmcore.services.steps.messages import tell
from crmcore.services.unit import Unit
from tests.programmes.databases import databases
from tests.programmes.programme import Verdict, run

SABOTAGES: Final = {
    "forgetful": "a step of a ladder is told, but not kept",
    "poll": "a process looks only at what came due in its last half hour",
}
BEGIN: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
LADDER: Final = Ladder.of(Rung(7_500, to="owner"), Rung(), timedelta(hours=2))
SPAN: Final = timedelta(days=5)
PROCESSES: Final = 4
TOLD: Final = ("task.overdue", "complaint.overdue", "commitment.overdue", "escalation.at_risk")


class JumpingClock:
    """A clock that is off, and jumps now and then."""

    def __init__(self, base: Any, chance: random.Random) -> None:
        self._base = base
        self._chance = chance
        self._off = timedelta(seconds=chance.uniform(-300, 300))

    def now(self) -> datetime:
        """The time, wrong by as much as this clock is off."""
        return BEGIN + timedelta(seconds=self._base[0]) + self._off

    def pause(self, attempt: int, /) -> None:
        """Wait a little."""
        time.sleep(self._chance.uniform(0, 0.01 * attempt))

    def jump(self) -> None:
        """Be off by something else, sometimes by much."""
        hours = self._chance.uniform(-2, 26) if self._chance.random() < 0.1 else 0
        self._off = timedelta(hours=hours, seconds=self._chance.uniform(-300, 300))


def work(url: str, base: Any, seed: int, sabotage: str) -> None:
    """One process: look at what is due until there is nothing more to do, or a kill."""
    _plant(sabotage)
    chance = random.Random(seed)
    clock = JumpingClock(base, chance)
    crm = Crm(SqlStore.open(url, durability="relaxed"), clock=clock, ladder=LADDER)
    while base[0] >= 0:
        clock.jump()
        try:
            crm.run_due(limit=25)
        except CrmError:  # the database was busy; the next round sees it
            time.sleep(0.01)


def play_on(url: str, chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Let n records run late."""
    verdict = Verdict()
    store = SqlStore.open(url, durability="relaxed")
    clock = FrozenClock(BEGIN)
    crm = Crm(store, clock=clock, ladder=LADDER)
    expected = _fill(crm, chance, n)
    _let_time_pass(verdict, url, chance, 40 if n >= 500 else 15, sabotage)
    _plant(sabotage)  # for what is left
    clock.set(BEGIN + 4 * SPAN)
    while crm.run_due(limit=1_000).done:
        pass
    _plant("")
    _look_over(verdict, crm, expected)
    store.close()
    return verdict


def _fill(crm: Crm, chance: random.Random, n: int) -> dict[str, int]:
    """Make the records; how many levels each of them has."""
    with crm.batch():
        boss = crm.people.add("Boss", email="boss@example.org")
        head = crm.people.add("Head", email="head@example.org", supervisor=boss.id)
        anna = crm.people.add("Anna", email="anna@example.org", supervisor=head.id)
        customer = crm.customers.add("Jānis")
    expected = {}
    for start in range(0, n, 100):
        with crm.batch():
            for number in range(start, min(n, start + 100)):
                within = timedelta(seconds=chance.randrange(3_600, int(SPAN.total_seconds())))
                match number % 4:
                    case 0:
                        told = crm.complaints.receive(
                            "Late", type="delivery", customer=customer.id, within=within, responsible=anna.id
                        )
                        expected[str(told.id)] = 3
                    case 1:
                        promise = crm.commitments.make(
                            "Call", side="ours", customer=customer.id, owner=anna.id, due_at=BEGIN + within
                        )
                        expected[str(promise.id)] = 2
                    case _:
                        task = crm.tasks.give("Call", assignee=anna.id, due_at=BEGIN + within)
                        expected[str(task.id)] = 3
    return expected


def _let_time_pass(verdict: Verdict, url: str, chance: random.Random, steps: int, sabotage: str) -> None:
    """Let four processes work while time passes, and kill them now and then."""
    context = multiprocessing.get_context("spawn")
    base: Any = context.Array("d", [0.0], lock=False)

    def begin() -> Any:
        process = context.Process(target=work, args=(url, base, chance.randrange(10**9), sabotage))
        process.start()
        return process

    processes = [begin() for _ in range(PROCESSES)]
    for step in range(steps):
        time.sleep(0.15)
        base[0] = SPAN.total_seconds() * (step + 1) / steps
        if step % 5 == 4:
            killed = processes.pop(chance.randrange(PROCESSES))
            killed.kill()
            killed.join()
            verdict.count("processes killed")
            processes.append(begin())
    time.sleep(1)
    base[0] = -1.0
    for process in processes:
        process.join(5)
        process.kill()


def _look_over(verdict: Verdict, crm: Crm, expected: dict[str, int]) -> None:
    def look(unit: Unit) -> tuple[Sequence[Escalation], Sequence[Message], int]:
        dead = unit.count(Occurrence, Is("state", OccurrenceState.DEAD))
        return unit.find(Escalation), unit.find(Message, OneOf("topic", TOLD)), dead

    steps, messages, dead = crm.house.run("look", look, reading=True)
    told = Counter(str(message.about) for message in messages)
    heard = {(step.subject, step.to) for step in steps}
    verdict.count("records", len(expected))
    verdict.count("escalations", len(steps))
    verdict.count("messages", len(messages))
    for subject, levels in expected.items():
        verdict.demand("nothing is missed", told[subject] >= levels, f"{subject} {told[subject]} of {levels}")
        verdict.demand("nothing happens twice", told[subject] <= levels, f"{subject} {told[subject]} of {levels}")
    verdict.demand("each step is told to somebody else", len(heard) == len(steps), f"{len(heard)} of {len(steps)}")
    verdict.demand("each step is kept", len(steps) == len(messages), f"{len(steps)} of {len(messages)}")
    verdict.demand("nothing is given up", not dead, f"{dead} dead")


def _plant(sabotage: str) -> None:
    """Plant a bug into this process, or take it out."""
    vars(due_module)["take_step"] = _forgetful if sabotage == "forgetful" else ladders.take_step
    due_module.Due._waiting = _polling if sabotage == "poll" else _WAITING  # type: ignore[method-assign]  # planted


_WAITING: Final = due_module.Due._waiting


def _forgetful(unit: Unit, watched: ladders.Watched, step: ladders.Next) -> Any:
    tell(unit, watched.responsible, "task.overdue", about=watched.subject, **watched.facts())  # type: ignore[arg-type]  # there is one
    if step.level > 1 or random.random() < 0.5:  # else it would tell for ever
        return ladders.take_step(unit, watched, step)
    return Climb(level=1, to=watched.responsible)


def _polling(self: due_module.Due, limit: int) -> Sequence[Occurrence]:
    def look(unit: Unit) -> Sequence[Occurrence]:
        recent = Compare("due_at", "<=", unit.now) & Compare("due_at", ">", unit.now - timedelta(minutes=30))
        pending = Is("state", OccurrenceState.PENDING) & recent
        return unit.find(Occurrence, pending, order="due_at", limit=limit)

    return self.house.run("due.waiting", look, reading=True)


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Let n records run late on an SQLite file and on a PostgreSQL server."""
    whole = Verdict()
    with databases() as urls:
        for name in ("SQLite", "PostgreSQL"):
            whole.take_in(play_on(urls[name], chance, n, sabotage), name)
    return whole


if __name__ == "__main__":
    sys.exit(run("DUE", play, n=700, sabotages=SABOTAGES))

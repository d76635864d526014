"""Tasks are reminded of, escalated, repeated and passed on."""

from datetime import datetime, timedelta

import pytest

from crmcore import Crm, FrozenClock, Recorder, Recurrence
from crmcore.domain.tasks import TaskState
from crmcore.errors import RuleBroken
from tests.services.world import NOON, World

HOUR = timedelta(hours=1)


def tick(house: World, post: Recorder, hours: float) -> list[tuple[str, str]]:
    """Let time pass, and see what was said about tasks meanwhile."""
    before = len(post.letters)
    house.clock.advance(hours=hours)
    house.crm.run_due()
    house.crm.deliver()
    return [(letter.to, letter.topic) for letter in post.letters[before:] if letter.topic.startswith("task.")]


@pytest.fixture
def post(house: World) -> Recorder:
    """What is sent; the first task is out of the way."""
    recorder = Recorder()
    house.crm.tasks.cancel(house.task.id)
    house.crm.commitments.settle(house.commitment.id, "kept")
    house.crm.house.notifiers["email"] = recorder  # type: ignore[index]  # a dictionary, in truth
    return recorder


def test_a_task_is_reminded_of_and_then_reported_up_the_line(house: World, post: Recorder) -> None:
    """Once to the assignee before, once to each supervisor after; a task that is done is nobody's business."""
    top = house.crm.people.add("Top", email="top@x.lv")
    house.crm.people.report_to(house.boss.id, top.id)
    anna = house.crm.people.add("Zane", email="zane@x.lv", supervisor=house.boss.id)
    task = house.crm.tasks.give("Call", assignee=anna.id, due_at=NOON + 2 * HOUR, remind_at=NOON + HOUR)

    assert tick(house, post, 1) == [("zane@x.lv", "task.reminder")]
    assert tick(house, post, 0.5) == []
    assert tick(house, post, 1) == [("ilze@example.lv", "task.overdue")]
    assert tick(house, post, 4) == [("top@x.lv", "task.overdue")]
    assert house.crm.tasks.get(task.id).level == 2
    house.crm.tasks.complete(task.id)
    assert tick(house, post, 48) == []


def test_a_new_due_time_begins_a_new_ladder(house: World, post: Recorder) -> None:
    """What was told before is told again when it is late again; what was moved in time is not told at all."""
    task = house.crm.tasks.give("Call", assignee=house.anna.id, due_at=NOON + HOUR)
    house.crm.tasks.reschedule(task.id, due_at=NOON + 3 * HOUR)

    assert tick(house, post, 2) == []
    assert tick(house, post, 1.5) == [("ilze@example.lv", "task.overdue")]
    house.crm.tasks.reschedule(task.id, due_at=house.clock.now() + HOUR)
    assert tick(house, post, 1.5) == [("ilze@example.lv", "task.overdue")]


def test_a_task_of_nobody_is_the_deal_owner_s_problem(house: World, post: Recorder) -> None:
    """Somebody always hears of lateness, if anybody is there."""
    house.crm.people.leave(house.anna.id)
    house.crm.tasks.give("Call", deal=house.deal.id, due_at=NOON + HOUR)

    assert tick(house, post, 2) == [("ilze@example.lv", "task.overdue")]


def test_a_recurring_task_comes_again_when_it_is_closed(house: World, post: Recorder) -> None:
    """Done or called off, the next one is given, counted from the first; the last one ends it."""
    task = house.crm.tasks.give(
        "Report", assignee=house.anna.id, due_at=NOON, repeats=Recurrence("FREQ=WEEKLY;COUNT=3")
    )
    house.crm.tasks.complete(task.id)
    (second,) = house.crm.tasks.list(assignee=house.anna.id, state="open")
    house.crm.tasks.cancel(second.id)
    (third,) = house.crm.tasks.list(assignee=house.anna.id, state="open")
    house.crm.tasks.complete(third.id)

    assert [t.due_at for t in (second, third)] == [NOON + timedelta(weeks=1), NOON + timedelta(weeks=2)]
    assert list(house.crm.tasks.list(assignee=house.anna.id, state="open")) == []


def test_late_tasks_are_listed_by_how_late_they_are(house: World, post: Recorder) -> None:
    """Those without a due time are never late."""
    late, later, _ = (
        house.crm.tasks.give(f"T{n}", assignee=house.anna.id, due_at=due)
        for n, due in enumerate((NOON + 2 * HOUR, NOON + HOUR, None))
    )
    house.clock.advance(hours=3)
    report = house.crm.reports.overdue()

    assert [task.id for task in house.crm.tasks.list(overdue=True)] == [later.id, late.id]
    assert [(line.title, line.late, line.name) for line in report.lines] == [
        ("T1", 2 * HOUR, "Anna Liepa"),
        ("T0", HOUR, "Anna Liepa"),
    ]


def test_a_closed_task_is_taken_up_again(house: World, post: Recorder) -> None:
    """And is watched again; a closed one can be neither moved nor passed on."""
    task = house.crm.tasks.give("Call", assignee=house.anna.id, due_at=NOON + HOUR)
    house.crm.tasks.complete(task.id, result="done")
    with pytest.raises(RuleBroken, match="reopen it"):
        house.crm.tasks.reschedule(task.id, due_at=NOON)
    with pytest.raises(RuleBroken, match="reopen it"):
        house.crm.tasks.reassign(task.id, to=house.boss.id)
    again = house.crm.tasks.reopen(task.id)

    assert again.state is TaskState.OPEN
    assert tick(house, post, 2) == [("ilze@example.lv", "task.overdue")]


class PutBack(FrozenClock):
    """A clock that is put back an hour right after it was looked at."""

    def now(self) -> datetime:
        """Where it stood before."""
        seen = super().now()
        self.set(NOON + HOUR)
        return seen


def test_a_clock_that_is_put_back_loses_nothing(house: World, post: Recorder) -> None:
    """What was found due and is not so any more stays for the time when it is due."""
    clock = PutBack(NOON + 2 * HOUR)
    task = house.crm.tasks.give("Call", assignee=house.anna.id, due_at=NOON + 2 * HOUR)
    report = Crm(house.crm.house.store, clock=clock).run_due()
    house.clock.set(NOON + 2 * HOUR)
    house.crm.run_due()

    assert 1 == report.missed
    assert 1 == len(house.crm.escalations.history(task.id))

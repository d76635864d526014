"""Tasks are reminded of, escalated, repeated and passed on."""

from datetime import datetime, timedelta

import pytest

from crmcore import Crm, FrozenClock, RecordingNotifier, Recurrence
from crmcore.domain.activities.tasks import TaskState
from crmcore.errors import BusinessRuleError
from tests.services.world import NOON, World

HOUR = timedelta(hours=1)


def advance_and_collect(world: World, notifier: RecordingNotifier, hours: float) -> list[tuple[str, str]]:
    """Let time pass, and see what was said about tasks meanwhile."""
    before = len(notifier.messages)
    world.clock.advance(hours=hours)
    world.crm.run_due_jobs()
    world.crm.deliver()
    return [
        (message.address, message.topic) for message in notifier.messages[before:] if message.topic.startswith("task.")
    ]


@pytest.fixture
def notifier(world: World) -> RecordingNotifier:
    """What is sent; the first task is out of the way."""
    recorder = RecordingNotifier()
    world.crm.tasks.cancel(world.task.id)
    world.crm.commitments.close(world.commitment.id, "kept")
    world.crm._environment.notifiers["email"] = recorder  # type: ignore[index]  # a dictionary, in truth
    return recorder


def test_task_is_reminded_then_escalated(world: World, notifier: RecordingNotifier) -> None:
    """Once to the assignee before, once to each supervisor after; a task that is done is nobody's business."""
    top = world.crm.users.create("Top", email="top@x.lv")
    world.crm.users.set_manager(world.boss.id, top.id)
    anna = world.crm.users.create("Zane", email="zane@x.lv", manager_id=world.boss.id)
    task = world.crm.tasks.create("Call", assignee_id=anna.id, due_at=NOON + 2 * HOUR, remind_at=NOON + HOUR)

    assert advance_and_collect(world, notifier, 1) == [("zane@x.lv", "task.reminder")]
    assert advance_and_collect(world, notifier, 0.5) == []
    assert advance_and_collect(world, notifier, 1) == [("ilze@example.lv", "task.overdue")]
    assert advance_and_collect(world, notifier, 4) == [("top@x.lv", "task.overdue")]
    assert world.crm.tasks.get(task.id).escalation_level == 2
    world.crm.tasks.complete(task.id)
    assert advance_and_collect(world, notifier, 48) == []


def test_new_due_time_restarts_escalation(world: World, notifier: RecordingNotifier) -> None:
    """What was told before is told again when it is late again; what was moved in time is not told at all."""
    task = world.crm.tasks.create("Call", assignee_id=world.anna.id, due_at=NOON + HOUR)
    world.crm.tasks.reschedule(task.id, due_at=NOON + 3 * HOUR)

    assert advance_and_collect(world, notifier, 2) == []
    assert advance_and_collect(world, notifier, 1.5) == [("ilze@example.lv", "task.overdue")]
    world.crm.tasks.reschedule(task.id, due_at=world.clock.now() + HOUR)
    assert advance_and_collect(world, notifier, 1.5) == [("ilze@example.lv", "task.overdue")]


def test_unassigned_task_is_escalated_to_deal_owner(world: World, notifier: RecordingNotifier) -> None:
    """Somebody always hears of lateness, if anybody is there."""
    world.crm.users.deactivate(world.anna.id)
    world.crm.tasks.create("Call", deal_id=world.deal.id, due_at=NOON + HOUR)

    assert advance_and_collect(world, notifier, 2) == [("ilze@example.lv", "task.overdue")]


def test_closed_recurring_task_creates_next(world: World, notifier: RecordingNotifier) -> None:
    """Done or called off, the next one is given, counted from the first; the last one ends it."""
    task = world.crm.tasks.create(
        "Report", assignee_id=world.anna.id, due_at=NOON, recurrence=Recurrence("FREQ=WEEKLY;COUNT=3")
    )
    world.crm.tasks.complete(task.id)
    (second,) = world.crm.tasks.list(assignee_id=world.anna.id, state="open")
    world.crm.tasks.cancel(second.id)
    (third,) = world.crm.tasks.list(assignee_id=world.anna.id, state="open")
    world.crm.tasks.complete(third.id)

    assert [t.due_at for t in (second, third)] == [NOON + timedelta(weeks=1), NOON + timedelta(weeks=2)]
    assert list(world.crm.tasks.list(assignee_id=world.anna.id, state="open")) == []


def test_overdue_tasks_are_ordered_by_delay(world: World, notifier: RecordingNotifier) -> None:
    """Those without a due time are never late."""
    late, later, _ = (
        world.crm.tasks.create(f"T{n}", assignee_id=world.anna.id, due_at=due)
        for n, due in enumerate((NOON + 2 * HOUR, NOON + HOUR, None))
    )
    world.clock.advance(hours=3)
    report = world.crm.reports.overdue()

    assert [task.id for task in world.crm.tasks.list(overdue=True)] == [later.id, late.id]
    assert [(line.title, line.overdue_by, line.assignee_name) for line in report.rows] == [
        ("T1", 2 * HOUR, "Anna Liepa"),
        ("T0", HOUR, "Anna Liepa"),
    ]


def test_reopened_task_is_tracked_again(world: World, notifier: RecordingNotifier) -> None:
    """And is watched again; a closed one can be neither moved nor passed on."""
    task = world.crm.tasks.create("Call", assignee_id=world.anna.id, due_at=NOON + HOUR)
    world.crm.tasks.complete(task.id, result="done")
    with pytest.raises(BusinessRuleError, match="reopen it"):
        world.crm.tasks.reschedule(task.id, due_at=NOON)
    with pytest.raises(BusinessRuleError, match="reopen it"):
        world.crm.tasks.reassign(task.id, assignee_id=world.boss.id)
    again = world.crm.tasks.reopen(task.id)

    assert again.state is TaskState.OPEN
    assert advance_and_collect(world, notifier, 2) == [("ilze@example.lv", "task.overdue")]


class SetBackClock(FrozenClock):
    """A clock that is put back an hour right after it was looked at."""

    def now(self) -> datetime:
        """Where it stood before."""
        seen = super().now()
        self.set(NOON + HOUR)
        return seen


def test_clock_set_back_loses_no_job(world: World, notifier: RecordingNotifier) -> None:
    """What was found due and is not so any more stays for the time when it is due."""
    clock = SetBackClock(NOON + 2 * HOUR)
    task = world.crm.tasks.create("Call", assignee_id=world.anna.id, due_at=NOON + 2 * HOUR)
    report = Crm(world.crm._environment.store, clock=clock).run_due_jobs()
    world.clock.set(NOON + 2 * HOUR)
    world.crm.run_due_jobs()

    assert 1 == report.skipped
    assert 1 == len(world.crm.escalations.history(task.id))

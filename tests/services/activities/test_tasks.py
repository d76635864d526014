"""Tasks: reminders, escalation, recurrence and reassignment."""

from datetime import datetime, timedelta

import pytest

from crmcore import Crm, FrozenClock, RecordingNotifier, Recurrence
from crmcore.domain.activities.tasks import TaskState
from crmcore.errors import BusinessRuleError
from tests.services.world import NOON, World

HOUR = timedelta(hours=1)


def advance_and_collect(world: World, notifier: RecordingNotifier, hours: float) -> list[tuple[str, str]]:
    """Advance the clock, and return the messages about tasks since then."""
    before = len(notifier.messages)
    world.clock.advance(hours=hours)
    world.crm.run_due_jobs()
    world.crm.deliver()
    return [
        (message.address, message.topic) for message in notifier.messages[before:] if message.topic.startswith("task.")
    ]


@pytest.fixture
def notifier(world: World) -> RecordingNotifier:
    """A notifier that records messages; the prepared task is cancelled."""
    recorder = RecordingNotifier()
    world.crm.tasks.cancel(world.task.id)
    world.crm.commitments.close(world.commitment.id, "kept")
    world.crm._environment.notifiers["email"] = recorder  # type: ignore[index]  # a dictionary at runtime
    return recorder


def test_task_is_reminded_then_escalated(world: World, notifier: RecordingNotifier) -> None:
    """The assignee is reminded once, each manager is notified once.

    A completed task is not escalated.
    """
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
    """An overdue task escalates again after a new due time.

    A task that was rescheduled in time does not escalate.
    """
    task = world.crm.tasks.create("Call", assignee_id=world.anna.id, due_at=NOON + HOUR)
    world.crm.tasks.reschedule(task.id, due_at=NOON + 3 * HOUR)

    assert advance_and_collect(world, notifier, 2) == []
    assert advance_and_collect(world, notifier, 1.5) == [("ilze@example.lv", "task.overdue")]
    world.crm.tasks.reschedule(task.id, due_at=world.clock.now() + HOUR)
    assert advance_and_collect(world, notifier, 1.5) == [("ilze@example.lv", "task.overdue")]


def test_unassigned_task_is_escalated_to_deal_owner(world: World, notifier: RecordingNotifier) -> None:
    """Without an assignee, the managers of the deal's owner are notified."""
    world.crm.users.deactivate(world.anna.id)
    world.crm.tasks.create("Call", deal_id=world.deal.id, due_at=NOON + HOUR)

    assert advance_and_collect(world, notifier, 2) == [("ilze@example.lv", "task.overdue")]


def test_closed_recurring_task_creates_next(world: World, notifier: RecordingNotifier) -> None:
    """Completing or cancelling creates the next task, until the series ends."""
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
    """Overdue tasks are listed by due time; others are never overdue."""
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
    """A reopened task escalates; a closed one cannot be changed."""
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
    """A clock that is set back an hour after it was read."""

    def now(self) -> datetime:
        """Return the time before the setback."""
        seen = super().now()
        self.set(NOON + HOUR)
        return seen


def test_clock_set_back_loses_no_job(world: World, notifier: RecordingNotifier) -> None:
    """A job that is no longer due stays scheduled."""
    clock = SetBackClock(NOON + 2 * HOUR)
    task = world.crm.tasks.create("Call", assignee_id=world.anna.id, due_at=NOON + 2 * HOUR)
    report = Crm(world.crm._environment.store, clock=clock).run_due_jobs()
    world.clock.set(NOON + 2 * HOUR)
    world.crm.run_due_jobs()

    assert 1 == report.skipped
    assert 1 == len(world.crm.escalations.history(task.id))

"""Tasks: life cycle, recurrence, escalation."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import initialize, invariant, rule

from crmcore import Recurrence
from crmcore.domain.activities.tasks import TASK_TRANSITIONS, Priority, Task, TaskState
from crmcore.domain.sla.events import deadline_timer
from crmcore.errors import BusinessRuleError
from crmcore.testing.samples import NOON, Samples
from tests.domain.life_cycle import HOUR, LifeCycleMachine

DAY = timedelta(days=1)


def test_recurring_task_creates_next_with_same_fields() -> None:
    """Title, assignee, priority and reminder are kept; due times are counted from the first occurrence."""
    samples = Samples()
    deal, anna = samples.id("deal"), samples.id("user")
    task = samples.task(
        "Call",
        due_at=NOON,
        remind_at=NOON - timedelta(hours=1),
        recurrence=Recurrence("FREQ=WEEKLY;COUNT=3"),
        assignee_id=anna,
        deal_id=deal,
        priority="high",
        kind="call",
    )
    second = task.complete(at=NOON + 5 * DAY).next_occurrence(samples.id("task"), at=NOON + 5 * DAY)
    assert second is not None
    third = second.reschedule(NOON + 8 * DAY, at=NOON).next_occurrence(samples.id("task"), at=NOON)
    assert third is not None

    assert (second.due_at, second.remind_at, second.occurrence_number) == (
        NOON + 7 * DAY,
        NOON + 7 * DAY - timedelta(hours=1),
        2,
    )
    assert (second.title, second.assignee_id, second.deal_id, second.kind) == ("Call", anna, deal, "call")
    assert second.priority is Priority.HIGH
    assert (third.due_at, third.remind_at, third.occurrence_number) == (NOON + 14 * DAY, None, 3)
    assert third.next_occurrence(samples.id("task"), at=NOON) is None


def test_task_without_recurrence_has_no_next() -> None:
    """A task without a recurrence has no next occurrence."""
    assert Samples().task(due_at=NOON).next_occurrence(Samples().id("task"), at=NOON) is None


def test_recurrence_without_due_time_is_rejected() -> None:
    """A recurrence needs a due time to start from."""
    with pytest.raises(BusinessRuleError, match="due time"):
        Samples().task(recurrence=Recurrence("FREQ=DAILY"))


def test_unchanged_reschedule_or_reassign_records_no_event() -> None:
    """Rescheduling or reassigning to the present value records no event."""
    task = Samples().task(due_at=NOON)

    assert task is task.reschedule(NOON, at=NOON)
    assert task is task.reassign(None, at=NOON)


class TaskMachine(LifeCycleMachine):
    """A task and all its commands."""

    @initialize(due=st.none() | st.integers(1, 50))
    def create(self, due: int | None) -> None:
        """Create it."""
        self.record = Samples().task(due_at=None if due is None else NOON + due * HOUR)

    @rule()
    def complete(self) -> None:
        """Complete it."""
        due, at = self.record.due_at, self.tick()
        if self.transition(TASK_TRANSITIONS, TaskState.DONE, lambda: self.record.complete(at=at, result="reached")):
            late = max((at - due).total_seconds(), 0) if due else 0

            assert (self.record.pending_events[-1].late_seconds, self.record.result, self.record.closed_at) == (
                late,
                "reached",
                at,
            )

    @rule()
    def cancel(self) -> None:
        """Cancel it."""
        at = self.tick()
        if self.transition(TASK_TRANSITIONS, TaskState.CANCELLED, lambda: self.record.cancel(at=at, reason="lost")):
            assert (self.record.result, self.record.closed_at) == ("lost", at)

    @rule()
    def reopen(self) -> None:
        """Reopen it."""
        at = self.tick()
        if self.transition(TASK_TRANSITIONS, TaskState.OPEN, lambda: self.record.reopen(at=at)):
            assert self.record.closed_at is None

    @rule(due=st.none() | st.integers(-5, 50), to=st.sampled_from([None, *(Samples().id("user") for _ in range(2))]))
    def reschedule_and_reassign(self, due: int | None, to: Any) -> None:
        """Only an open task is rescheduled or reassigned. Rescheduling resets the escalation level."""
        at = None if due is None else self.now + due * HOUR
        before = self.record
        try:
            self.record = self.record.reschedule(at, at=self.now).reassign(to, at=self.now)
        except BusinessRuleError:
            assert self.record.state is not TaskState.OPEN
            return
        assert (self.record.due_at, self.record.assignee_id) == (at, to)
        assert before.due_at == at or self.record.escalation_level == 0

    @rule(to=st.sampled_from([None, Samples().id("user")]))
    def escalate(self, to: Any) -> None:
        """Escalate, with or without a recipient; the level rises."""
        level = self.record.escalation_level + 1
        self.record = self.record.escalate(level=level, recipient_id=to, at=self.now)

        assert (self.record.escalation_level, self.record.pending_events[-1].recipient_id) == (level, to)

    @invariant()
    def overdue_is_computed(self) -> None:
        """Only an open task past its due time is overdue; the events lead to its state."""
        task: Task | None = getattr(self, "record", None)
        if task is None:
            return
        late = task.state is TaskState.OPEN and task.due_at is not None and task.due_at < self.now
        names = [event.name for event in task.pending_events]
        last = next(
            (n for n in reversed(names) if n in {"task.completed", "task.cancelled", "task.reopened"}), "task.created"
        )

        timer = (
            None
            if task.due_at is None
            else deadline_timer(task.due_at, started_at=task.created_at, ended_at=task.closed_at, now=self.now)
        )

        assert late is task.is_overdue(self.now)
        assert (timer is None) is (task.due_at is None or task.due_at <= NOON)
        if timer is not None:
            end = task.closed_at or self.now
            assert (timer.due_at, timer.breached_at is None) == (task.due_at, end <= (task.due_at or end))
        assert {"task.completed": TaskState.DONE, "task.cancelled": TaskState.CANCELLED}.get(
            last, TaskState.OPEN
        ) is task.state


TestTask = TaskMachine.TestCase


TestTask.settings = settings(max_examples=25, deadline=None)

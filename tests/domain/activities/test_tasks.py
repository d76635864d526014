"""A recurring task creates its next occurrence with the same fields."""

from datetime import timedelta

import pytest

from crmcore import Recurrence
from crmcore.domain.activities.tasks import Priority
from crmcore.errors import BusinessRuleError
from crmcore.testing.samples import NOON, Samples

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

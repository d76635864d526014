"""A task repeats by its rule, with everything that it was."""

from datetime import timedelta

import pytest

from crmcore import Recurrence
from crmcore.domain.tasks import Priority
from crmcore.errors import RuleBroken
from crmcore.testing.samples import NOON, Samples

DAY = timedelta(days=1)


def test_the_next_task_of_a_series_is_like_the_last() -> None:
    """It has the same title, people, priority and lead of its reminder, and is counted from the first, however late that was done."""
    samples = Samples()
    deal, anna = samples.id("deal"), samples.id("user")
    task = samples.task(
        "Call",
        due_at=NOON,
        remind_at=NOON - timedelta(hours=1),
        repeats=Recurrence("FREQ=WEEKLY;COUNT=3"),
        assignee=anna,
        deal=deal,
        priority="high",
        kind="call",
    )
    second = task.complete(at=NOON + 5 * DAY).next(samples.id("task"), at=NOON + 5 * DAY)
    assert second is not None
    third = second.reschedule(NOON + 8 * DAY, at=NOON).next(samples.id("task"), at=NOON)
    assert third is not None

    assert (second.due_at, second.remind_at, second.number) == (NOON + 7 * DAY, NOON + 7 * DAY - timedelta(hours=1), 2)
    assert (second.title, second.assignee, second.deal, second.kind) == ("Call", anna, deal, "call")
    assert second.priority is Priority.HIGH
    assert (third.due_at, third.remind_at, third.number) == (NOON + 14 * DAY, None, 3)
    assert third.next(samples.id("task"), at=NOON) is None


def test_a_task_without_a_rule_comes_once() -> None:
    """There is nothing after it."""
    assert Samples().task(due_at=NOON).next(Samples().id("task"), at=NOON) is None


def test_a_series_needs_a_beginning() -> None:
    """A rule without a due time has nothing to count from."""
    with pytest.raises(RuleBroken, match="due time"):
        Samples().task(repeats=Recurrence("FREQ=DAILY"))


def test_the_same_again_is_nothing() -> None:
    """Rescheduling and reassigning to what is already so tells the world nothing."""
    task = Samples().task(due_at=NOON)

    assert task is task.reschedule(NOON, at=NOON)
    assert task is task.reassign(None, at=NOON)

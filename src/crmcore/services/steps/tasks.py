"""Giving a task, and seeing to it that its time does not pass unnoticed."""

from typing import Any

from crmcore.domain.escalation import Ladder
from crmcore.domain.tasks import Task, TaskState
from crmcore.services.steps.agenda import TASK_OVERDUE, TASK_REMINDER, schedule
from crmcore.services.unit import Unit


def give_task(unit: Unit, title: str, *, ladder: Ladder, **details: Any) -> Task:
    """Give a task, and note when it is to be reminded of and when it will be late."""
    task = unit.save(Task.give(unit.id("task"), title, at=unit.now, **details))
    watch_task(unit, task, ladder=ladder, fresh=True)
    return task


def watch_task(unit: Unit, task: Task, *, ladder: Ladder, fresh: bool = False) -> None:
    """Note when an open task is to be reminded of, and when the next level hears that it is late.

    Args:
        fresh: whether the task is new, so that nothing can have been noted for it yet.
    """
    if task.state is not TaskState.OPEN:
        return
    if task.due_at is not None:
        schedule(unit, TASK_OVERDUE, task.id, at=ladder.rung(task.level + 1, task.due_at), fresh=fresh)
    schedule(unit, TASK_REMINDER, task.id, at=task.remind_at, fresh=fresh)

"""Giving a task, and seeing to it that its time does not pass unnoticed."""

from typing import Any

from crmcore.domain.tasks import Task, TaskState
from crmcore.services.house import House
from crmcore.services.steps.agenda import TASK_REMINDER, schedule
from crmcore.services.steps.ladders import watch
from crmcore.services.steps.watching import watched_task
from crmcore.services.unit import Unit


def give_task(unit: Unit, house: House, title: str, **details: Any) -> Task:
    """Give a task, and note when it is to be reminded of and when it will be late."""
    task = unit.save(Task.give(unit.id("task"), title, at=unit.now, **details))
    watch_task(unit, house, task, fresh=True)
    return task


def watch_task(unit: Unit, house: House, task: Task, *, fresh: bool = False) -> None:
    """Note when an open task is to be reminded of, and when the next level hears that it is late.

    Args:
        fresh: whether the task is new, so that nothing can have been noted for it yet.
    """
    if task.state is TaskState.OPEN:
        watch(unit, watched_task(unit, house, task), fresh=fresh)
        schedule(unit, TASK_REMINDER, task.id, at=task.remind_at, fresh=fresh)

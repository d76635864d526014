"""Task creation: store a task, and schedule its reminder and escalation."""

from typing import Any

from crmcore.domain.activities.tasks import Task, TaskState
from crmcore.services.environment import Environment
from crmcore.services.shared.escalation.deadlines import task_deadlines
from crmcore.services.shared.escalation.escalate import schedule_escalations
from crmcore.services.shared.job_scheduling import TASK_REMINDER, schedule_job
from crmcore.services.unit_of_work import UnitOfWork


def create_task(uow: UnitOfWork, environment: Environment, title: str, **details: Any) -> Task:
    """Create a task, and schedule its reminder and escalation."""
    task = uow.save(Task.create(uow.new_id("task"), title, at=uow.now, **details))
    schedule_task_jobs(uow, environment, task, is_new=True)
    return task


def schedule_task_jobs(uow: UnitOfWork, environment: Environment, task: Task, *, is_new: bool = False) -> None:
    """Schedule the reminder and the next escalation of an open task.

    Args:
        is_new: the task is new, so it has no jobs yet.
    """
    if task.state is TaskState.OPEN:
        schedule_escalations(uow, task_deadlines(uow, environment, task), is_new=is_new)
        schedule_job(uow, TASK_REMINDER, task.id, at=task.remind_at, is_new=is_new)

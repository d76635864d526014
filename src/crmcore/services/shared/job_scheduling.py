"""Job scheduling: the kinds of scheduled jobs, and how to schedule one."""

from datetime import datetime
from typing import Final

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.platform.jobs import ScheduledJob
from crmcore.services.unit_of_work import UnitOfWork

ESCALATION: Final = "escalation"
APPOINTMENT_REMINDER: Final = "appointment.reminder"
TASK_REMINDER: Final = "task.reminder"
USER_DEACTIVATED: Final = "user.deactivated"
CALENDAR_CHANGED: Final = "calendar.changed"
MAINTENANCE_DUE: Final = "maintenance.due"


def schedule_job(uow: UnitOfWork, kind: str, subject_id: str, *, at: datetime | None, is_new: bool = False) -> None:
    """Schedule a job; reschedule it if it exists. Without a time, do nothing."""
    if at is None:
        return
    existing = None
    if not is_new:
        existing = uow.first(ScheduledJob, Eq("subject_id", subject_id) & Eq("kind", kind) & Eq("scheduled_at", at))
    uow.save(
        ScheduledJob.schedule(uow.new_id("job"), kind, subject_id, at=at) if existing is None else existing.reschedule()
    )

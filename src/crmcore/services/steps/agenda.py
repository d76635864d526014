"""The agenda: what comes due by itself, and the words for it."""

from datetime import datetime
from typing import Final

from crmcore.domain.criteria import Is
from crmcore.domain.occurrences import Occurrence
from crmcore.services.unit import Unit

ESCALATION: Final = "escalation"
APPOINTMENT_REMINDER: Final = "appointment.reminder"
TASK_REMINDER: Final = "task.reminder"
USER_LEFT: Final = "user.left"
CALENDAR_CHANGED: Final = "calendar.changed"
MAINTENANCE_DUE: Final = "maintenance.due"


def schedule(unit: Unit, kind: str, subject: str, *, at: datetime | None, fresh: bool = False) -> None:
    """Note that something comes due, or comes due once more."""
    if at is None:
        return
    known = None
    if not fresh:
        known = unit.one(Occurrence, Is("subject", subject) & Is("kind", kind) & Is("occurs_at", at))
    unit.save(Occurrence.schedule(unit.id("occurrence"), kind, subject, at=at) if known is None else known.arm())

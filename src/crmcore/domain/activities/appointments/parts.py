"""Parts of an appointment: attendees, changed occurrences."""

from datetime import datetime
from enum import Enum

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record, value
from crmcore.domain.kernel.ids import AppointmentId, UserId
from crmcore.domain.kernel.values.period import Period


class AppointmentState(Enum):
    """The state of an appointment."""

    PLANNED = "planned"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@value
class Attendee:
    """A user who takes part."""

    user_id: UserId = fields.id_of("user")


@record
class OccurrenceChange:
    """The change of one occurrence of a series.

    Attributes:
        original_start: the start by the series' rule.
        period: the new period; None when it is cancelled.
    """

    original_start: datetime = fields.timestamp()
    period: Period | None = fields.embedded(Period, optional=True, default=None)


@record
class AppointmentOccurrence:
    """One occurrence of an appointment, as a calendar shows it.

    Attributes:
        original_start: the start by the series' rule. It identifies the occurrence.
    """

    appointment_id: AppointmentId = fields.id_of("appointment")
    title: str = fields.text(personal=True)
    period: Period = fields.embedded(Period)
    original_start: datetime = fields.timestamp()

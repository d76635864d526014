"""What appointments are made of."""

from datetime import datetime
from enum import Enum

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record, value
from crmcore.domain.kernel.ids import AppointmentId, UserId
from crmcore.domain.kernel.values.period import Period


class AppointmentState(Enum):
    """Where an appointment stands."""

    PLANNED = "planned"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@value
class Attendee:
    """One of us who takes part."""

    user_id: UserId = fields.id_of("user")


@record
class OccurrenceChange:
    """What became of one occurrence of a series.

    Attributes:
        original_start: when it was to begin by the series' rule.
        period: when it is instead; None when it does not take place.
    """

    original_start: datetime = fields.timestamp()
    period: Period | None = fields.embedded(Period, optional=True, default=None)


@record
class AppointmentOccurrence:
    """One occurrence of an appointment, as a calendar shows it.

    Attributes:
        original_start: when it was to begin by the series' rule, by which it is named when it is moved or cancelled.
    """

    appointment_id: AppointmentId = fields.id_of("appointment")
    title: str = fields.text(personal=True)
    period: Period = fields.embedded(Period)
    original_start: datetime = fields.timestamp()

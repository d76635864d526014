"""What appointments are made of."""

from datetime import datetime
from enum import Enum

from crmcore.domain import fields
from crmcore.domain.ids import AppointmentId, UserId
from crmcore.domain.kernel import record, value
from crmcore.domain.values.period import Period


class AppointmentState(Enum):
    """Where an appointment stands."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


@value
class Attendee:
    """One of us who takes part."""

    user: UserId = fields.ref("user")


@record
class Change:
    """What became of one occurrence of a series.

    Attributes:
        original: when it was to begin by the series' rule.
        period: when it is instead; None when it does not take place.
    """

    original: datetime = fields.moment()
    period: Period | None = fields.part(Period, optional=True, default=None)


@record
class Slot:
    """One occurrence of an appointment, as a calendar shows it.

    Attributes:
        original: when it was to begin by the series' rule, by which it is named when it is moved or cancelled.
    """

    appointment: AppointmentId = fields.ref("appointment")
    title: str = fields.text(personal=True)
    period: Period = fields.part(Period)
    original: datetime = fields.moment()

"""Events of an appointment."""

from datetime import datetime
from typing import ClassVar

from crmcore.domain.activities.appointments.parts import AppointmentState
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Event, record
from crmcore.domain.kernel.ids import CustomerId


@record
class AppointmentBooked(Event):
    """An appointment was booked."""

    name: ClassVar[str] = "appointment.booked"
    since: datetime = fields.timestamp()
    until: datetime = fields.timestamp()
    customer_id: CustomerId | None = fields.id_of("customer", optional=True, default=None)


@record
class AppointmentRescheduled(Event):
    """An appointment or one occurrence was rescheduled or cancelled.

    Attributes:
        original_start: of the occurrence; None for the whole appointment.
        since: its new start; None when it is cancelled.
    """

    name: ClassVar[str] = "appointment.rescheduled"
    original_start: datetime | None = fields.timestamp(optional=True, default=None)
    since: datetime | None = fields.timestamp(optional=True, default=None)


@record
class AppointmentStatusChanged(Event):
    """An appointment was completed, cancelled or reopened."""

    name: ClassVar[str] = "appointment.status_changed"
    state: AppointmentState = fields.enum(AppointmentState)


@record
class AppointmentAttendeesChanged(Event):
    """The attendees changed."""

    name: ClassVar[str] = "appointment.attendees_changed"
    attendee_count: int = fields.integer()

"""The facts of an appointment's life."""

from datetime import datetime
from typing import ClassVar

from crmcore.domain.activities.appointments.parts import AppointmentState
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Event, record
from crmcore.domain.kernel.ids import CustomerId


@record
class AppointmentBooked(Event):
    """An appointment was made."""

    name: ClassVar[str] = "appointment.booked"
    since: datetime = fields.timestamp()
    until: datetime = fields.timestamp()
    customer_id: CustomerId | None = fields.id_of("customer", optional=True, default=None)


@record
class AppointmentRescheduled(Event):
    """An appointment, or one occurrence of a series, got another time, or none.

    Attributes:
        original_start: which occurrence; None is all of it.
        since: its new beginning; None when it does not take place.
    """

    name: ClassVar[str] = "appointment.rescheduled"
    original_start: datetime | None = fields.timestamp(optional=True, default=None)
    since: datetime | None = fields.timestamp(optional=True, default=None)


@record
class AppointmentStatusChanged(Event):
    """An appointment was held or cancelled, or is on again."""

    name: ClassVar[str] = "appointment.status_changed"
    state: AppointmentState = fields.enum(AppointmentState)


@record
class AppointmentAttendeesChanged(Event):
    """Others of us take part now."""

    name: ClassVar[str] = "appointment.attendees_changed"
    attendee_count: int = fields.integer()

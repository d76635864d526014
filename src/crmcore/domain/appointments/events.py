"""The facts of an appointment's life."""

from datetime import datetime
from typing import ClassVar

from crmcore.domain import fields
from crmcore.domain.appointments.parts import AppointmentState
from crmcore.domain.ids import CustomerId
from crmcore.domain.kernel import Event, record


@record
class AppointmentBooked(Event):
    """An appointment was made."""

    name: ClassVar[str] = "appointment.booked"
    since: datetime = fields.moment()
    until: datetime = fields.moment()
    customer: CustomerId | None = fields.ref("customer", optional=True, default=None)


@record
class AppointmentMoved(Event):
    """An appointment, or one occurrence of a series, got another time, or none.

    Attributes:
        original: which occurrence; None is all of it.
        since: its new beginning; None when it does not take place.
    """

    name: ClassVar[str] = "appointment.moved"
    original: datetime | None = fields.moment(optional=True, default=None)
    since: datetime | None = fields.moment(optional=True, default=None)


@record
class AppointmentClosed(Event):
    """An appointment was held or cancelled, or is on again."""

    name: ClassVar[str] = "appointment.closed"
    state: AppointmentState = fields.one_of(AppointmentState)


@record
class AppointmentHandedOver(Event):
    """Others of us take part now."""

    name: ClassVar[str] = "appointment.handed_over"
    attendees: int = fields.whole()

"""The facts of an appointment's life."""

from datetime import datetime
from typing import ClassVar

from crmcore.domain.appointments.parts import AppointmentState
from crmcore.domain.ids import CustomerId
from crmcore.domain.kernel import Event, moment, one_of, record, ref, whole


@record
class AppointmentBooked(Event):
    """An appointment was made."""

    name: ClassVar[str] = "appointment.booked"
    since: datetime = moment()
    until: datetime = moment()
    customer: CustomerId | None = ref("customer", optional=True, default=None)


@record
class AppointmentMoved(Event):
    """An appointment, or one occurrence of a series, got another time, or none.

    Attributes:
        original: which occurrence; None is all of it.
        since: its new beginning; None when it does not take place.
    """

    name: ClassVar[str] = "appointment.moved"
    original: datetime | None = moment(optional=True, default=None)
    since: datetime | None = moment(optional=True, default=None)


@record
class AppointmentClosed(Event):
    """An appointment was held or cancelled, or is on again."""

    name: ClassVar[str] = "appointment.closed"
    state: AppointmentState = one_of(AppointmentState)


@record
class AppointmentHandedOver(Event):
    """Others of us take part now."""

    name: ClassVar[str] = "appointment.handed_over"
    attendees: int = whole()

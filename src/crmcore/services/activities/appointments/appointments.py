"""The service `crm.appointments`, composed of its parts."""

from attrs import frozen

from crmcore.services.activities.appointments.booking import AppointmentBooking
from crmcore.services.activities.appointments.calendar_import import CalendarImport
from crmcore.services.activities.appointments.queries import AppointmentQueries
from crmcore.services.environment import Environment


@frozen
class Appointments(AppointmentBooking, CalendarImport, AppointmentQueries):
    """Commands and queries for appointments."""

    _environment: Environment

"""Appointments, all of it: `crm.appointments`."""

from attrs import frozen

from crmcore.services.activities.appointments.booking import AppointmentBooking
from crmcore.services.activities.appointments.calendar_import import CalendarImport
from crmcore.services.activities.appointments.queries import AppointmentQueries
from crmcore.services.environment import Environment


@frozen
class Appointments(AppointmentBooking, CalendarImport, AppointmentQueries):
    """Who meets whom, when and where."""

    _environment: Environment

"""Appointments, all of it: `crm.appointments`."""

from attrs import frozen

from crmcore.services.appointments.booking import AppointmentBooking
from crmcore.services.appointments.views import AppointmentQueries
from crmcore.services.house import Environment


@frozen
class Appointments(AppointmentBooking, AppointmentQueries):
    """Who meets whom, when and where."""

    _environment: Environment

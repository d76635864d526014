"""Appointments, all of it: `crm.appointments`."""

from attrs import frozen

from crmcore.services.appointments.booking import Booking
from crmcore.services.appointments.views import AppointmentViews
from crmcore.services.house import House


@frozen
class Appointments(Booking, AppointmentViews):
    """Who meets whom, when and where."""

    house: House

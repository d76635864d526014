"""Looking at appointments: whose day looks how, and when people are free."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crmcore.domain.appointments.appointment import Appointment, busy
from crmcore.domain.appointments.parts import Slot
from crmcore.domain.criteria import All, Criterion, Is
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.fields.part import listed
from crmcore.domain.fields.time import checked_moment, checked_span
from crmcore.domain.ids import AppointmentId, CustomerId, DealId, UserId, check_id
from crmcore.domain.people import User
from crmcore.domain.values.period import Period
from crmcore.services.appointments.availability import booked, free_time
from crmcore.services.house import House, view
from crmcore.services.unit import Unit, check_limit

WINDOW = timedelta(days=366)
"""The longest stretch of time that is looked at."""


class AppointmentViews:
    """What can be read of appointments."""

    __slots__ = ()

    house: House

    @view("appointments.get")
    def get(self, unit: Unit, id: AppointmentId, /) -> Appointment:
        """Read an appointment."""
        return unit.get(Appointment, id)

    @view("appointments.list")
    def list(
        self,
        unit: Unit,
        /,
        *,
        customer: CustomerId | None = None,
        deal: DealId | None = None,
        after: Appointment | None = None,
        limit: int = 100,
    ) -> Sequence[Appointment]:
        """Read appointments, a page at a time, in the order in which they were made."""
        check_limit(limit)
        where: list[Criterion] = []
        for prefix, given in (("customer", customer), ("deal", deal)):
            if given is not None:
                check_id(prefix, given)
                where.append(Is(prefix, given))
        return unit.find(Appointment, All(tuple(where)), after=after, limit=limit)

    @view("appointments.agenda")
    def agenda(self, unit: Unit, users: Sequence[UserId], /, *, since: datetime, until: datetime) -> Sequence[Slot]:
        """Read when some people are booked, in order, with every occurrence of a series.

        Raises:
            OutOfRange: the stretch ends before it begins, or is longer than a year.
        """
        within = _window(since, until)
        theirs = [unit.get(User, user).id for user in listed("users", users)]
        return busy(booked(unit, theirs, within), within) if theirs else ()

    @view("appointments.free")
    def free(
        self,
        unit: Unit,
        users: Sequence[UserId],
        /,
        *,
        since: datetime,
        until: datetime,
        length: timedelta = timedelta(minutes=30),
    ) -> Sequence[Period]:
        """Read when all of some people are free: in their working time, not absent, and not booked.

        Args:
            length: only stretches of that length at least.

        Raises:
            OutOfRange: the stretch ends before it begins, or is longer than a year.
        """
        people = [unit.get(User, user) for user in listed("users", users)]
        return free_time(unit, self.house, people, _window(since, until), checked_span("length", length))

    @view("appointments.between")
    def between(
        self, unit: Unit, users: Sequence[UserId], /, *, since: datetime, until: datetime
    ) -> Sequence[Appointment]:
        """Read the appointments of some people that may lie in a stretch of time, each series once: what a calendar is exported from."""
        theirs = [unit.get(User, user).id for user in listed("users", users)]
        return booked(unit, theirs, _window(since, until)) if theirs else ()


def _window(since: datetime, until: datetime) -> Period:
    window = Period(checked_moment("since", since), checked_moment("until", until))
    if window.length > WINDOW:
        raise OutOfRange("until", f"must not lie more than {WINDOW.days} days after since")
    return window

"""Queries for appointments: lists, agendas and free slots."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crmcore.domain.activities.appointments.appointment import Appointment, occurrences_within
from crmcore.domain.activities.appointments.parts import AppointmentOccurrence
from crmcore.domain.kernel.criteria import And, Criterion, Eq
from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.fields.composite import as_tuple
from crmcore.domain.kernel.fields.time import checked_duration, checked_timestamp
from crmcore.domain.kernel.ids import AppointmentId, CustomerId, DealId, UserId, check_id
from crmcore.domain.kernel.values.period import Period
from crmcore.domain.organization.users import User
from crmcore.services.activities.appointments.availability import find_appointments, find_free_periods
from crmcore.services.commands import query
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork, check_limit

MAX_WINDOW = timedelta(days=366)
"""Maximum length of a queried period."""


class AppointmentQueries:
    """Queries for appointments."""

    __slots__ = ()

    _environment: Environment

    @query("appointments.get")
    def get(self, uow: UnitOfWork, appointment_id: AppointmentId, /) -> Appointment:
        """Return an appointment."""
        return uow.get(Appointment, appointment_id)

    @query("appointments.list")
    def list(
        self,
        uow: UnitOfWork,
        /,
        *,
        customer_id: CustomerId | None = None,
        deal_id: DealId | None = None,
        after: Appointment | None = None,
        limit: int = 100,
    ) -> Sequence[Appointment]:
        """List appointments in the order of their creation, one page at a time."""
        check_limit(limit)
        where: list[Criterion] = []
        for prefix, field, value in (("customer", "customer_id", customer_id), ("deal", "deal_id", deal_id)):
            if value is not None:
                check_id(prefix, value)
                where.append(Eq(field, value))
        return uow.find(Appointment, And(tuple(where)), after=after, limit=limit)

    @query("appointments.agenda")
    def agenda(
        self, uow: UnitOfWork, user_ids: Sequence[UserId], /, *, since: datetime, until: datetime
    ) -> Sequence[AppointmentOccurrence]:
        """Return the booked occurrences of users in a period, in order.

        Raises:
            OutOfRangeError: the period ends before it begins, or is longer than a year.
        """
        window = _window(since, until)
        known_user_ids = [uow.get(User, user).id for user in as_tuple("user_ids", user_ids)]
        return occurrences_within(find_appointments(uow, known_user_ids, window), window) if known_user_ids else ()

    @query("appointments.free_slots")
    def free_slots(
        self,
        uow: UnitOfWork,
        user_ids: Sequence[UserId],
        /,
        *,
        since: datetime,
        until: datetime,
        length: timedelta = timedelta(minutes=30),
    ) -> Sequence[Period]:
        """Return the periods in which all users are free.

        A free user is within business hours, not absent and not booked.

        Args:
            length: the minimum length of a period.

        Raises:
            OutOfRangeError: the queried period ends before it begins, or is longer than a year.
        """
        users = [uow.get(User, user) for user in as_tuple("user_ids", user_ids)]
        return find_free_periods(
            uow, self._environment, users, _window(since, until), checked_duration("length", length)
        )

    @query("appointments.list_between")
    def list_between(
        self, uow: UnitOfWork, user_ids: Sequence[UserId], /, *, since: datetime, until: datetime
    ) -> Sequence[Appointment]:
        """List the appointments that may overlap a period, each series once.

        The result is the input of a calendar export.
        """
        known_user_ids = [uow.get(User, user).id for user in as_tuple("user_ids", user_ids)]
        return find_appointments(uow, known_user_ids, _window(since, until)) if known_user_ids else ()


def _window(since: datetime, until: datetime) -> Period:
    window = Period(checked_timestamp("since", since), checked_timestamp("until", until))
    if window.length > MAX_WINDOW:
        raise OutOfRangeError("until", f"must be at most {MAX_WINDOW.days} days after since")
    return window

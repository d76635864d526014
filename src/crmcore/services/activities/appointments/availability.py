"""Availability: business hours without absences and booked appointments."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from crmcore.domain.activities.appointments.appointment import Appointment, occurrences_within
from crmcore.domain.activities.appointments.booking_lock import BookingLock
from crmcore.domain.activities.appointments.parts import AppointmentOccurrence, AppointmentState
from crmcore.domain.kernel.criteria import Compare, Eq, HasChild, In
from crmcore.domain.kernel.errors.rules import SchedulingConflictError
from crmcore.domain.kernel.ids import UserId
from crmcore.domain.kernel.values.period import Period
from crmcore.domain.organization.users import User
from crmcore.services.environment import Environment
from crmcore.services.shared.business_hours import load_user_hours
from crmcore.services.unit_of_work import UnitOfWork

MAX_CONFLICTS: Final = 20
"""Maximum number of conflicts in one error."""
SERIES_HORIZON: Final = timedelta(days=366)
"""Part of a series that is checked for conflicts when it is booked."""


def find_appointments(uow: UnitOfWork, user_ids: Sequence[UserId], period: Period) -> Sequence[Appointment]:
    """Find the appointments of users that may overlap a period."""
    starts_before_end = Compare("since", "<", period.until) & In(
        "state", (AppointmentState.PLANNED, AppointmentState.COMPLETED)
    )
    ends_after_start = Eq("last_until", None) | Compare("last_until", ">", period.since)
    return uow.find(
        Appointment, HasChild("attendees", In("user_id", tuple(user_ids))) & starts_before_end & ends_after_start
    )


def busy_slots(uow: UnitOfWork, user_ids: Sequence[UserId], period: Period) -> tuple[AppointmentOccurrence, ...]:
    """Return the booked occurrences of users in a period, in order."""
    return occurrences_within(find_appointments(uow, user_ids, period), period)


def find_free_periods(
    uow: UnitOfWork, environment: Environment, users: Iterable[User], period: Period, length: timedelta
) -> tuple[Period, ...]:
    """Find periods of a minimum length in which all users are available."""
    attendees = list(users)
    busy_periods = [slot.period for slot in busy_slots(uow, [user.id for user in attendees], period)]
    shared_periods: tuple[Period, ...] = (period,)
    for user in attendees:
        free_hours = (
            load_user_hours(uow, environment, user).excluding(busy_periods).open_periods(period.since, period.until)
        )
        shared_periods = tuple(_intersect(shared_periods, free_hours))
    return tuple(candidate for candidate in shared_periods if candidate.length >= length)


def check_availability(
    uow: UnitOfWork, environment: Environment, appointment: Appointment, *, require_working_hours: bool
) -> None:
    """Check that all attendees are available, and lock their bookings.

    The version of each attendee's `BookingLock` rejects the second of two concurrent bookings
    (optimistic locking).

    Args:
        require_working_hours: the appointment must be within business hours.

    Raises:
        SchedulingConflictError: an attendee is booked, absent or not working; with the attendees and reasons.
    """
    conflicts: list[tuple[str, str]] = []
    for id in appointment.user_ids:
        _bump_booking_lock(uow, id)
        conflicts += _find_conflicts(
            uow, environment, uow.get(User, id), appointment, require_working_hours=require_working_hours
        )
    if conflicts:
        raise SchedulingConflictError(
            appointment.id, "scheduling_conflict", conflicts=tuple(dict.fromkeys(conflicts))[:MAX_CONFLICTS]
        )


def _find_conflicts(
    uow: UnitOfWork, environment: Environment, user: User, appointment: Appointment, *, require_working_hours: bool
) -> list[tuple[str, str]]:
    """Find the conflicts of one attendee; of a series, in its first year."""
    if not user.is_active:
        return [(user.id, "deactivated")]
    wanted_periods = [slot.period for slot in appointment.occurrences(period_from(appointment.since, SERIES_HORIZON))]
    if not wanted_periods:
        return []
    busy = busy_slots(uow, [user.id], Period(wanted_periods[0].since, max(period.until for period in wanted_periods)))
    conflicts: list[tuple[str, str]] = [
        (user.id, slot.appointment_id)
        for slot in busy
        if slot.appointment_id != appointment.id and any(slot.period.overlaps(period) for period in wanted_periods)
    ]
    business_hours = load_user_hours(uow, environment, user)
    for period in wanted_periods:
        if any(absence.period.overlaps(period) for absence in user.absences):
            conflicts.append((user.id, "absent"))
        elif require_working_hours and business_hours.elapsed(period.since, period.until) < period.length:
            conflicts.append((user.id, "outside_business_hours"))
    return conflicts


def _bump_booking_lock(uow: UnitOfWork, user_id: UserId) -> None:
    lock = uow.first(BookingLock, Eq("user_id", user_id))
    uow.save((lock or BookingLock(id=uow.new_id("bookinglock"), user_id=user_id)).bump())


def _intersect(first: Iterable[Period], second: Sequence[Period]) -> Iterable[Period]:
    for left in first:
        for right in second:
            if left.overlaps(right):
                yield Period(max(left.since, right.since), min(left.until, right.until))


def period_from(since: datetime, length: timedelta) -> Period:
    """Return the period of a length from a start."""
    return Period(since, since + length)

"""Who is free: working time, less absences, less what is booked."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from crmcore.domain.appointments.appointment import Appointment, busy
from crmcore.domain.appointments.diary import Diary
from crmcore.domain.appointments.parts import AppointmentState, Slot
from crmcore.domain.criteria import Compare, Has, Is, OneOf
from crmcore.domain.errors.broken import Occupied
from crmcore.domain.ids import UserId
from crmcore.domain.people import User
from crmcore.domain.values.period import Period
from crmcore.services.house import House
from crmcore.services.steps.worktime import personal_time
from crmcore.services.unit import Unit

CLASHES: Final = 20
"""How many clashes a refusal names."""
YEAR: Final = timedelta(days=366)
"""How far ahead a series is looked at when it is booked."""


def booked(unit: Unit, users: Sequence[UserId], within: Period) -> Sequence[Appointment]:
    """Read the appointments of some people that may lie in a stretch of time."""
    begun = Compare("since", "<", within.until) & OneOf("state", (AppointmentState.PLANNED, AppointmentState.HELD))
    alive = Is("last_until", None) | Compare("last_until", ">", within.since)
    return unit.find(Appointment, Has("attendees", OneOf("user", tuple(users))) & begun & alive)


def slots_of(unit: Unit, users: Sequence[UserId], within: Period) -> tuple[Slot, ...]:
    """When some people are booked, in order."""
    return busy(booked(unit, users, within), within)


def free_time(unit: Unit, house: House, users: Iterable[User], within: Period, length: timedelta) -> tuple[Period, ...]:
    """The stretches of time in which all of some people work and none of them is booked, of a length at least."""
    people = list(users)
    taken = [slot.period for slot in slots_of(unit, [user.id for user in people], within)]
    common: tuple[Period, ...] = (within,)
    for user in people:
        open_hours = personal_time(unit, house, user).without(taken).periods(within.since, within.until)
        common = tuple(_shared(common, open_hours))
    return tuple(period for period in common if period.length >= length)


def check_free(unit: Unit, house: House, appointment: Appointment, *, working: bool) -> None:
    """Refuse an appointment at whose time somebody is booked, absent or not working; and turn their diaries' pages.

    Args:
        working: whether it has to lie in working time.

    Raises:
        Occupied: naming who, and with what.
    """
    clashes: list[tuple[str, str]] = []
    for id in appointment.users:
        _turn_page(unit, id)
        clashes += _clashes(unit, house, unit.get(User, id), appointment, working=working)
    if clashes:
        raise Occupied(appointment.id, "occupied", clashes=tuple(dict.fromkeys(clashes))[:CLASHES])


def _clashes(unit: Unit, house: House, user: User, appointment: Appointment, *, working: bool) -> list[tuple[str, str]]:
    """What keeps somebody from an appointment; of a series in its first year."""
    if not user.active:
        return [(user.id, "left")]
    wanted = [slot.period for slot in appointment.slots(stretch(appointment.since, YEAR))]
    if not wanted:
        return []
    others = slots_of(unit, [user.id], Period(wanted[0].since, max(period.until for period in wanted)))
    found: list[tuple[str, str]] = [
        (user.id, slot.appointment)
        for slot in others
        if slot.appointment != appointment.id and any(slot.period.overlaps(period) for period in wanted)
    ]
    time = personal_time(unit, house, user)
    for period in wanted:
        if any(absence.period.overlaps(period) for absence in user.absences):
            found.append((user.id, "absent"))
        elif working and time.between(period.since, period.until) < period.length:
            found.append((user.id, "outside_working_time"))
    return found


def _turn_page(unit: Unit, user: UserId) -> None:
    diary = unit.one(Diary, Is("user", user))
    unit.save((diary or Diary(id=unit.id("diary"), user=user)).turn())


def _shared(some: Iterable[Period], others: Sequence[Period]) -> Iterable[Period]:
    for one in some:
        for other in others:
            if one.overlaps(other):
                yield Period(max(one.since, other.since), min(one.until, other.until))


def stretch(since: datetime, length: timedelta) -> Period:
    """So much time from an instant on."""
    return Period(since, since + length)

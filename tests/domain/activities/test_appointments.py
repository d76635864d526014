"""Appointments: bookings, series, attendees, agenda."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmcore import Recurrence
from crmcore.adapters.ids import SequentialIds
from crmcore.domain.activities.appointments.appointment import APPOINTMENT_TRANSITIONS, Appointment, occurrences_within
from crmcore.domain.activities.appointments.booking_lock import BookingLock
from crmcore.domain.activities.appointments.parts import AppointmentState
from crmcore.domain.kernel.values.period import Period
from crmcore.errors import BusinessRuleError, InvalidTransitionError, OutOfRangeError

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
IDS = SequentialIds()
YEAR = Period(NINE - DAY, NINE + 366 * DAY)


def book(**details: Any) -> Appointment:
    """An appointment of an hour at nine."""
    fields: dict[str, Any] = {"period": Period(NINE, NINE + HOUR), "at": NINE - DAY, **details}
    return Appointment.book(IDS.new("appointment"), "Measure", **fields)  # type: ignore[arg-type]  # a plain text


def weekly(rule: str = "FREQ=WEEKLY;COUNT=4") -> Appointment:
    """A series on the wall clock of Riga, whose clocks go forward on 29 March."""
    return book(recurrence=Recurrence(rule, "Europe/Riga"))


def occurrence_starts(appointment: Appointment) -> list[datetime]:
    """The starts of its occurrences in a year."""
    return [slot.period.since for slot in appointment.occurrences(YEAR)]


def test_appointment_uid_and_end_are_derived() -> None:
    """The UID is derived from the id unless it is given; the last end is the end."""
    booked = book()

    assert f"{booked.id}@crmcore" == booked.uid
    assert ("abc", NINE + HOUR) == (book(uid="abc").uid, booked.last_until)
    assert [NINE] == occurrence_starts(booked)
    assert () == booked.occurrences(Period(NINE + HOUR, NINE + DAY))


def test_series_follows_wall_clock() -> None:
    """Eleven o'clock in Riga is nine in UTC before the change of clocks, and eight after it."""
    series = weekly("FREQ=WEEKLY;COUNT=5")

    assert [9, 9, 9, 9, 8] == [start.hour for start in occurrence_starts(series)]
    assert datetime(2026, 3, 30, 9, tzinfo=UTC) == series.last_until
    assert None is weekly("FREQ=DAILY").last_until
    assert 366 == len(occurrence_starts(weekly("FREQ=DAILY")))


def test_occurrence_is_rescheduled_or_cancelled() -> None:
    """Other occurrences stay, the last end follows, and a second change replaces the first."""
    series = weekly()
    second = NINE + 7 * DAY
    moved = series.reschedule(Period(second + DAY, second + DAY + HOUR), at=NINE, original_start=second)
    again = moved.reschedule(Period(NINE + 60 * DAY, NINE + 60 * DAY + HOUR), at=NINE, original_start=second)
    less = again.cancel_occurrence(NINE, at=NINE)

    assert [NINE, second + DAY, NINE + 14 * DAY, NINE + 21 * DAY] == occurrence_starts(moved)
    assert (1, NINE + 60 * DAY + HOUR) == (len(again.occurrence_changes), again.last_until)
    assert [NINE + 14 * DAY, NINE + 21 * DAY, NINE + 60 * DAY] == occurrence_starts(less)
    assert second == less.occurrences(YEAR)[-1].original_start
    assert 3 == less.sequence
    for wrong in (NINE + HOUR, NINE + 28 * DAY):
        with pytest.raises(BusinessRuleError, match="no occurrence"):
            series.cancel_occurrence(wrong, at=NINE)
    with pytest.raises(BusinessRuleError, match="no occurrence"):
        book().cancel_occurrence(NINE, at=NINE)


def test_reschedule_series_discards_occurrence_changes() -> None:
    """The series starts at the new time, and changes of single occurrences are discarded."""
    series = weekly().cancel_occurrence(NINE, at=NINE)
    moved = series.reschedule(Period(NINE + DAY, NINE + DAY + 2 * HOUR), at=NINE)

    assert [NINE + DAY, NINE + 8 * DAY, NINE + 15 * DAY] == occurrence_starts(moved)[:3]
    assert () == moved.occurrence_changes


def test_appointment_status_transitions() -> None:
    """Planned, completed or cancelled, and reopened; only a planned one is rescheduled."""
    held, cancelled = book().complete(at=NINE), book().cancel(at=NINE)

    assert (AppointmentState.COMPLETED, False) == (held.state, held.is_planned)
    assert () == cancelled.occurrences(YEAR)
    assert AppointmentState.PLANNED is cancelled.restore(at=NINE).state
    assert set(APPOINTMENT_TRANSITIONS) == set(AppointmentState)
    for closed in (held, cancelled):
        with pytest.raises(BusinessRuleError):
            closed.reschedule(Period(NINE, NINE + HOUR), at=NINE)
        with pytest.raises(BusinessRuleError):
            closed.set_attendees((), at=NINE)
        with pytest.raises(InvalidTransitionError):
            closed.complete(at=NINE)
    with pytest.raises(BusinessRuleError, match="series"):
        weekly().complete(at=NINE)


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=32)])
def test_invalid_duration_is_rejected(length: timedelta) -> None:
    """A length of zero and of more than a month is rejected."""
    with pytest.raises(OutOfRangeError):
        book(period=Period(NINE, NINE + length))
    with pytest.raises(OutOfRangeError):
        book().reschedule(Period(NINE, NINE + length), at=NINE)


def test_attendees_are_unique() -> None:
    """Duplicates are dropped; equal attendees change nothing."""
    anna, berta = IDS.new("user"), IDS.new("user")
    handed = book().set_attendees([anna, berta, anna], at=NINE)  # type: ignore[list-item]  # plain texts

    assert (anna, berta) == handed.user_ids
    assert handed is handed.set_attendees([anna, berta], at=NINE)  # type: ignore[list-item]  # plain texts


def test_import_from_calendar_updates_fields_and_keeps_id() -> None:
    """Text, times and state are taken over; the id stays."""
    ours = book(uid="x", note="old")
    theirs = book(uid="x", note="new", sequence=3).cancel(at=NINE)
    taken = ours.updated_from(theirs)

    assert (ours.id, "new", 4, AppointmentState.CANCELLED) == (taken.id, taken.note, taken.sequence, taken.state)


def test_agenda_merges_occurrences_in_order() -> None:
    """Occurrences of all appointments are listed in order."""
    series, single = weekly(), book(period=Period(NINE + 3 * DAY, NINE + 4 * DAY))
    slots = occurrences_within([series, single], Period(NINE, NINE + 8 * DAY))

    assert [NINE, NINE + 3 * DAY, NINE + 7 * DAY] == [slot.period.since for slot in slots]


def test_booking_lock_version_increases_with_each_booking() -> None:
    """Each booking increments the version of the lock."""
    assert 1 == BookingLock(id=IDS.new("bookinglock"), user_id=IDS.new("user")).bump().counter  # type: ignore[arg-type]  # plain texts


RULES = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=YEARLY",
    ]
)


@given(
    rule=RULES,
    end=st.sampled_from(["", ";COUNT=7", ";UNTIL=20270601", ";UNTIL=20260601T000000Z"]),
    day=st.integers(0, 400),
)
def test_occurrences_equal_single_occurrence_calls(rule: str, end: str, day: int) -> None:
    """`occurrences` lists what `occurrence` returns for each number, and ends where it ends."""
    series = Recurrence(rule + end, "Europe/Riga")
    start = NINE + day * DAY
    occurrences = list(series.occurrences(start=start, max_count=12))

    assert [series.occurrence(number, start=start) for number in range(1, len(occurrences) + 1)] == occurrences
    if len(occurrences) < 12:
        assert None is series.occurrence(len(occurrences) + 1, start=start)
    assert bool(end) is series.is_finite


def test_series_ends_at_last_supported_year() -> None:
    """The recurrence ends with the last year of the calendar."""
    late = datetime(9990, 1, 1, tzinfo=UTC)

    assert 9 == len(list(Recurrence("FREQ=YEARLY").occurrences(start=late, max_count=100)))
    assert 1 == len(list(Recurrence("FREQ=YEARLY;INTERVAL=1000").occurrences(start=late, max_count=100)))
    assert date(9990, 1, 1) == late.date()

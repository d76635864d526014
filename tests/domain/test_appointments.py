"""Appointments keep their times, also when they come again and again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore import Recurrence
from crmcore.adapters.ids import CountingIds
from crmcore.domain.appointments.appointment import APPOINTMENT_LIFE, Appointment, busy
from crmcore.domain.appointments.diary import Diary
from crmcore.domain.appointments.parts import AppointmentState
from crmcore.domain.values.period import Period
from crmcore.errors import IllegalTransition, OutOfRange, RuleBroken

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
IDS = CountingIds()
YEAR = Period(NINE - DAY, NINE + 366 * DAY)


def book(**details: Any) -> Appointment:
    """An appointment of an hour at nine."""
    facts: dict[str, Any] = {"period": Period(NINE, NINE + HOUR), "at": NINE - DAY, **details}
    return Appointment.book(IDS.new("appointment"), "Measure", **facts)  # type: ignore[arg-type]  # a plain text


def weekly(rule: str = "FREQ=WEEKLY;COUNT=4") -> Appointment:
    """A series by the clock of Riga, which leaps on 29 March."""
    return book(repeats=Recurrence(rule, "Europe/Riga"))


def starts(appointment: Appointment) -> list[datetime]:
    """When its occurrences of a year begin."""
    return [slot.period.since for slot in appointment.slots(YEAR)]


def test_an_appointment_has_an_identity_and_an_end() -> None:
    """Its UID is its own unless another calendar gave one; its last end is its end."""
    booked = book()

    assert f"{booked.id}@crmcore" == booked.uid
    assert ("abc", NINE + HOUR) == (book(uid="abc").uid, booked.last_until)
    assert [NINE] == starts(booked)
    assert () == booked.slots(Period(NINE + HOUR, NINE + DAY))


def test_a_series_follows_the_wall_clock() -> None:
    """Four weeks at eleven in Riga are nine, nine, nine, nine and then, after the leap, eight in UTC."""
    series = weekly("FREQ=WEEKLY;COUNT=5")

    assert [9, 9, 9, 9, 8] == [start.hour for start in starts(series)]
    assert datetime(2026, 3, 30, 9, tzinfo=UTC) == series.last_until
    assert None is weekly("FREQ=DAILY").last_until
    assert 366 == len(starts(weekly("FREQ=DAILY")))


def test_one_occurrence_is_moved_or_left_out() -> None:
    """The others stay; the last end follows; what is moved twice is moved once."""
    series = weekly()
    second = NINE + 7 * DAY
    moved = series.move(Period(second + DAY, second + DAY + HOUR), at=NINE, original=second)
    again = moved.move(Period(NINE + 60 * DAY, NINE + 60 * DAY + HOUR), at=NINE, original=second)
    less = again.skip(NINE, at=NINE)

    assert [NINE, second + DAY, NINE + 14 * DAY, NINE + 21 * DAY] == starts(moved)
    assert (1, NINE + 60 * DAY + HOUR) == (len(again.changes), again.last_until)
    assert [NINE + 14 * DAY, NINE + 21 * DAY, NINE + 60 * DAY] == starts(less)
    assert second == less.slots(YEAR)[-1].original
    assert 3 == less.sequence
    for wrong in (NINE + HOUR, NINE + 28 * DAY):
        with pytest.raises(RuleBroken, match="no occurrence"):
            series.skip(wrong, at=NINE)
    with pytest.raises(RuleBroken, match="no occurrence"):
        book().skip(NINE, at=NINE)


def test_all_of_a_series_is_moved() -> None:
    """It begins elsewhere, and what was changed before no longer counts."""
    series = weekly().skip(NINE, at=NINE)
    moved = series.move(Period(NINE + DAY, NINE + DAY + 2 * HOUR), at=NINE)

    assert [NINE + DAY, NINE + 8 * DAY, NINE + 15 * DAY] == starts(moved)[:3]
    assert () == moved.changes


def test_the_life_of_an_appointment() -> None:
    """Planned, held or cancelled, and on again; what is not planned is not moved."""
    held, cancelled = book().hold(at=NINE), book().cancel(at=NINE)

    assert (AppointmentState.HELD, False) == (held.state, held.is_planned)
    assert () == cancelled.slots(YEAR)
    assert AppointmentState.PLANNED is cancelled.restore(at=NINE).state
    assert set(APPOINTMENT_LIFE) == set(AppointmentState)
    for closed in (held, cancelled):
        with pytest.raises(RuleBroken):
            closed.move(Period(NINE, NINE + HOUR), at=NINE)
        with pytest.raises(RuleBroken):
            closed.hand_over((), at=NINE)
        with pytest.raises(IllegalTransition):
            closed.hold(at=NINE)
    with pytest.raises(RuleBroken, match="series"):
        weekly().hold(at=NINE)


@pytest.mark.parametrize("length", [timedelta(0), timedelta(days=32)])
def test_an_appointment_has_a_length(length: timedelta) -> None:
    """Neither none nor more than a month."""
    with pytest.raises(OutOfRange):
        book(period=Period(NINE, NINE + length))
    with pytest.raises(OutOfRange):
        book().move(Period(NINE, NINE + length), at=NINE)


def test_others_take_part() -> None:
    """Each once; the same ones change nothing."""
    anna, berta = IDS.new("user"), IDS.new("user")
    handed = book().hand_over([anna, berta, anna], at=NINE)  # type: ignore[list-item]  # plain texts

    assert (anna, berta) == handed.users
    assert handed is handed.hand_over([anna, berta], at=NINE)  # type: ignore[list-item]  # plain texts


def test_another_calendar_has_its_say() -> None:
    """Words, times and state become those of the other; the identity stays."""
    ours = book(uid="x", note="old")
    theirs = book(uid="x", note="new", sequence=3).cancel(at=NINE)
    taken = ours.taken_over(theirs)

    assert (ours.id, "new", 4, AppointmentState.CANCELLED) == (taken.id, taken.note, taken.sequence, taken.state)


def test_several_calendars_are_one_agenda() -> None:
    """Occurrences of all, in order."""
    series, single = weekly(), book(period=Period(NINE + 3 * DAY, NINE + 4 * DAY))
    slots = busy([series, single], Period(NINE, NINE + 8 * DAY))

    assert [NINE, NINE + 3 * DAY, NINE + 7 * DAY] == [slot.period.since for slot in slots]


def test_a_diary_turns_its_pages() -> None:
    """Each booking is a new version."""
    assert 1 == Diary(id=IDS.new("diary"), user=IDS.new("user")).turn().pages  # type: ignore[arg-type]  # plain texts


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
def test_a_series_told_at_once_is_the_same_as_one_by_one(rule: str, end: str, day: int) -> None:
    """`occurrences` gives what `occurrence` gives for each number, and ends where it ends."""
    series = Recurrence(rule + end, "Europe/Riga")
    start = NINE + day * DAY
    told = list(series.occurrences(start=start, most=12))

    assert [series.occurrence(number, start=start) for number in range(1, len(told) + 1)] == told
    if len(told) < 12:
        assert None is series.occurrence(len(told) + 1, start=start)
    assert bool(end) is series.ends


def test_a_series_ends_with_the_calendar() -> None:
    """There is a last year."""
    late = datetime(9990, 1, 1, tzinfo=UTC)

    assert 9 == len(list(Recurrence("FREQ=YEARLY").occurrences(start=late, most=100)))
    assert 1 == len(list(Recurrence("FREQ=YEARLY;INTERVAL=1000").occurrences(start=late, most=100)))
    assert date(9990, 1, 1) == late.date()

"""Business hours: lunch breaks, nights, clock changes, holidays, overrides, absences."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from crmcore.domain.kernel.values.period import Period
from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN, BusinessHours, cached_business_hours
from crmcore.domain.organization.business_hours.calendar import WorkCalendar
from crmcore.domain.organization.business_hours.hours import DayOverride, Holiday, Hours, Shift
from crmcore.domain.organization.business_hours.month_index import merge_windows, subtract_windows
from crmcore.errors import (
    InvalidChoiceError,
    InvalidInputError,
    InvalidTypeError,
    NaiveDatetimeError,
    OutOfRangeError,
    RequiredError,
)
from crmcore.testing.samples import Samples

HOUR = timedelta(hours=1)
RIGA = ZoneInfo("Europe/Riga")
OFFICE = BusinessHours("Europe/Riga", Shift.parse_week("Mo-Fr 09:00-13:00,14:00-18:00"))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday; 14:00 in Riga


def riga_time(*fields: int) -> datetime:
    """An instant on the wall clock of Riga."""
    return datetime(*fields, tzinfo=RIGA).astimezone(UTC)  # type: ignore[arg-type,misc]  # year, month, day, hour, minute


# --- format of hours ---


def test_opening_hours_syntax_is_parsed() -> None:
    """Ranges of days, several hours a day, several lines."""
    week = Shift.parse_week("Mo-We,Sa 09:00-13:00,14:00-18:00; Th 10:00-24:00")

    assert "Mo 09:00-13:00; Mo 14:00-18:00; Tu 09:00-13:00" == "; ".join(map(str, week))[:46]
    assert "Th 10:00-24:00" in map(str, week)


def test_weekday_range_may_span_weekend() -> None:
    """Sa-Mo is Saturday, Sunday and Monday."""
    assert [0, 5, 6] == [shift.weekday for shift in Shift.parse_week("Sa-Mo 10:00-12:00")]


@pytest.mark.parametrize(
    "written",
    [
        "",
        "Mo",
        "Mo-Fr 9-18",
        "Mo-Fr 09:00-18:60",
        "Xx 09:00-18:00",
        "Mo 25:00-26:00",
        "Mo 09:00-13:00,",
        "Mo 24:00-25:00",
    ],
)
def test_invalid_opening_hours_are_rejected(written: str) -> None:
    """The error shows the format."""
    with pytest.raises(InvalidInputError):
        Shift.parse_week(written)


@pytest.mark.parametrize(
    "written",
    [
        "Mo 09:00-13:00,12:00-18:00",
        "Mo 09:00-13:00; Mo 12:59-14:00",
        "Mo 22:00-06:00; Tu 05:00-12:00",
        "Su 22:00-06:00; Mo 05:00-12:00",
        "Mo 00:00-24:00; Su 23:00-00:30",
    ],
)
def test_overlapping_hours_are_rejected(written: str) -> None:
    """Within a day, over midnight, and over the end of the week."""
    with pytest.raises(InvalidInputError, match="overlap"):
        Shift.parse_week(written)


@pytest.mark.parametrize("make", [Hours.parse, Shift.parse_week])
def test_non_string_hours_are_rejected(make: Callable[[Any], object]) -> None:
    """Other texts are rejected."""
    with pytest.raises(InvalidTypeError):
        make(900)


@pytest.mark.parametrize(("opens", "closes"), [(600, 600), (600, 500), (600, 2041), (-1, 5), (1440, 1500), (0, 0)])
def test_shift_longer_than_a_day_or_empty_is_rejected(opens: int, closes: int) -> None:
    """A length of zero, a negative one, and more than a day are rejected."""
    with pytest.raises(OutOfRangeError):
        Hours(opens, closes)


def test_day_override_with_two_sources_is_rejected() -> None:
    """Hours and `as_weekday` contradict each other."""
    with pytest.raises(InvalidInputError, match="contradict"):
        DayOverride(date(2026, 1, 1), Hours.parse("09:00-12:00"), as_weekday=0)
    with pytest.raises(InvalidInputError, match="overlap"):
        DayOverride(date(2026, 1, 1), (Hours(600, 700), Hours(650, 800)))


def test_unknown_time_zone_is_rejected() -> None:
    """An unknown zone is rejected by name."""
    with pytest.raises(InvalidChoiceError, match="IANA"):
        BusinessHours("Europe/Atlantis", Shift.parse_week("24/7"))


# --- arithmetic ---


def test_lunch_break_is_not_counted() -> None:
    """From 12:00 to 15:00 it is two hours."""
    assert 2 * HOUR == OFFICE.elapsed(riga_time(2026, 3, 2, 12), riga_time(2026, 3, 2, 15))


def test_add_ends_at_closing_time() -> None:
    """Four hours from 14:00 end at 18:00 of the same day."""
    assert riga_time(2026, 3, 2, 18) == OFFICE.add(riga_time(2026, 3, 2, 14), 4 * HOUR)


def test_add_continues_at_next_opening() -> None:
    """One microsecond more ends on the next morning."""
    ended = OFFICE.add(riga_time(2026, 3, 2, 14), 4 * HOUR + timedelta(microseconds=1))

    assert riga_time(2026, 3, 3, 9) + timedelta(microseconds=1) == ended


def test_subtract_mirrors_add() -> None:
    """Four hours before 18:00 is 14:00, and not the start of the lunch break."""
    assert riga_time(2026, 3, 2, 14) == OFFICE.subtract(riga_time(2026, 3, 2, 18), 4 * HOUR)
    assert riga_time(2026, 2, 27, 17) == OFFICE.subtract(riga_time(2026, 3, 2, 10), 2 * HOUR)


def test_add_zero_changes_nothing() -> None:
    """Zero from a closed instant is that instant."""
    night = riga_time(2026, 3, 2, 3)

    assert night == OFFICE.add(night, timedelta(0)) == OFFICE.subtract(night, timedelta(0))


def test_night_shift_spans_midnight_and_weekend() -> None:
    """The night shift of Sunday ends on Monday morning."""
    night = BusinessHours("Asia/Tashkent", Shift.parse_week("Mo-Su 22:00-06:00"))

    assert 8 * HOUR == night.elapsed(datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert night.is_open(datetime(2026, 3, 1, 22, tzinfo=UTC))


def test_night_with_dst_change_is_counted_as_long_as_it_lasts() -> None:
    """A night shift lasts an hour longer when clocks go back."""
    night = BusinessHours("Europe/Riga", Shift.parse_week("Sa 22:00-06:00"))

    assert 7 * HOUR == night.elapsed(riga_time(2026, 3, 28, 12), riga_time(2026, 3, 29, 12))
    assert 9 * HOUR == night.elapsed(riga_time(2026, 10, 24, 12), riga_time(2026, 10, 25, 12))


def test_nonexistent_local_hours_are_not_counted() -> None:
    """There is no open time in the gap, so the day is no working day."""
    early = BusinessHours("Europe/Riga", Shift.parse_week("Su 03:10-03:50"))

    assert not early.open_periods(riga_time(2026, 3, 28, 12), riga_time(2026, 3, 30, 12))
    assert not early.is_working_day(date(2026, 3, 29))
    assert early.is_working_day(date(2026, 4, 5))


def test_repeated_local_hours_are_counted_once() -> None:
    """A shift within the repeated hour lasts forty minutes, not eighty."""
    early = BusinessHours("Europe/Riga", Shift.parse_week("Su 03:10-03:50"))

    assert (
        Period(datetime(2026, 10, 25, 0, 10, tzinfo=UTC), datetime(2026, 10, 25, 0, 50, tzinfo=UTC)),
    ) == early.open_periods(riga_time(2026, 10, 24, 12), riga_time(2026, 10, 26, 12))


def test_skipped_calendar_day_is_not_counted() -> None:
    """Samoa had no 30 December 2011."""
    samoa = BusinessHours("Pacific/Apia", Shift.parse_week("Mo-Su 09:00-17:00"))

    assert not samoa.is_working_day(date(2011, 12, 30))
    assert samoa.is_working_day(date(2011, 12, 29))


def test_always_open_equals_wall_clock() -> None:
    """Always open: open time equals elapsed time."""
    assert NOON + 1000 * HOUR == ALWAYS_OPEN.add(NOON, 1000 * HOUR)
    assert 1000 * HOUR == ALWAYS_OPEN.elapsed(NOON, NOON + 1000 * HOUR)


def test_long_spans_are_counted_by_month_index() -> None:
    """After the year 2200 and before 1900 nothing is counted."""
    later = OFFICE.add(NOON, timedelta(days=5000))

    assert timedelta(days=5000) == OFFICE.elapsed(NOON, later)
    with pytest.raises(OutOfRangeError, match="1900 to 2199"):
        OFFICE.add(NOON, timedelta(days=36_000))
    with pytest.raises(OutOfRangeError, match="1900 to 2199"):
        OFFICE.subtract(NOON, timedelta(days=36_000))


@pytest.mark.parametrize("count", [OFFICE.elapsed, OFFICE.open_periods])
def test_reversed_range_is_rejected(count: Callable[[datetime, datetime], object]) -> None:
    """An end before the start is rejected."""
    with pytest.raises(OutOfRangeError):
        count(NOON, NOON - HOUR)


@pytest.mark.parametrize("count", [OFFICE.add, OFFICE.subtract])
def test_negative_duration_is_rejected(count: Callable[[datetime, timedelta], object]) -> None:
    """A negative duration is rejected; there is one method for each direction."""
    with pytest.raises(OutOfRangeError):
        count(NOON, -HOUR)


def test_naive_datetime_is_rejected() -> None:
    """A naive datetime is rejected."""
    with pytest.raises(NaiveDatetimeError):
        OFFICE.is_open(datetime(2026, 3, 2, 12))  # noqa: DTZ001


def test_aware_datetime_of_any_zone_is_accepted() -> None:
    """An aware datetime in another zone is the same instant."""
    assert OFFICE.is_open(datetime(2026, 3, 2, 9, tzinfo=RIGA))


# --- openings and closings ---


def test_next_opening_and_closing_are_found() -> None:
    """In the lunch break, within hours, and at the minutes of opening and closing."""
    lunch, within = riga_time(2026, 3, 2, 13, 30), riga_time(2026, 3, 2, 15)

    assert not OFFICE.is_open(lunch)
    assert OFFICE.is_open(riga_time(2026, 3, 2, 9))
    assert not OFFICE.is_open(riga_time(2026, 3, 2, 18))
    assert riga_time(2026, 3, 2, 14) == OFFICE.next_opening(lunch)
    assert riga_time(2026, 3, 2, 18) == OFFICE.next_closing(lunch)
    assert riga_time(2026, 3, 2, 9) == OFFICE.previous_opening(lunch)
    assert riga_time(2026, 3, 2, 13) == OFFICE.previous_closing(lunch)
    assert within == OFFICE.next_opening(within) == OFFICE.previous_closing(within)
    assert riga_time(2026, 3, 2, 18) == OFFICE.next_closing(within)
    assert riga_time(2026, 3, 2, 14) == OFFICE.previous_opening(within)


def test_next_opening_beyond_month_is_found() -> None:
    """A shift across the end of a month is one shift."""
    season = BusinessHours("UTC", (), day_overrides=[DayOverride(date(2026, 1, 31), (Hours(1320, 1800),))])

    for at in (datetime(2025, 6, 1, tzinfo=UTC), datetime(2026, 1, 31, 23, tzinfo=UTC)):
        assert datetime(2026, 2, 1, 6, tzinfo=UTC) == season.next_closing(at)
    assert datetime(2026, 1, 31, 22, tzinfo=UTC) == season.next_opening(datetime(2025, 6, 1, tzinfo=UTC))
    for at in (datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 2, 1, 3, tzinfo=UTC)):
        assert datetime(2026, 1, 31, 22, tzinfo=UTC) == season.previous_opening(at)
    assert datetime(2026, 2, 1, 6, tzinfo=UTC) == season.previous_closing(datetime(2026, 6, 1, tzinfo=UTC))


def test_shift_at_month_end_ends_there() -> None:
    """A shift that begins with the month is one shift."""
    season = BusinessHours(
        "UTC",
        (),
        day_overrides=[
            DayOverride(date(2026, 1, 31), (Hours(1200, 1440),)),
            DayOverride(date(2026, 3, 1), (Hours(0, 60),)),
        ],
    )

    assert datetime(2026, 2, 1, tzinfo=UTC) == season.next_closing(datetime(2026, 1, 31, 21, tzinfo=UTC))
    assert datetime(2026, 3, 1, tzinfo=UTC) == season.previous_opening(datetime(2026, 3, 1, 0, 30, tzinfo=UTC))


def test_always_open_or_never_open_has_no_next_change() -> None:
    """Always open has no closing; without hours there is no opening."""
    never = BusinessHours("UTC", ())

    assert ALWAYS_OPEN.next_closing(NOON) is None
    assert ALWAYS_OPEN.previous_opening(NOON) is None
    assert [None] * 4 == [
        look(NOON) for look in (never.next_opening, never.next_closing, never.previous_opening, never.previous_closing)
    ]
    assert never.next_opening(datetime(2199, 12, 1, tzinfo=UTC)) is None
    assert never.previous_closing(datetime(1900, 1, 2, tzinfo=UTC)) is None


def test_windows_are_clipped_to_range() -> None:
    """Adjacent shifts are one opening."""
    assert (
        Period(riga_time(2026, 3, 2, 12), riga_time(2026, 3, 2, 13)),
        Period(riga_time(2026, 3, 2, 14), riga_time(2026, 3, 2, 15)),
    ) == OFFICE.open_periods(riga_time(2026, 3, 2, 12), riga_time(2026, 3, 2, 15))
    assert () == OFFICE.open_periods(NOON, NOON)


# --- working days ---


def test_working_days_are_counted_and_added() -> None:
    """Count between two days, and find the n-th before and after a day."""
    friday = date(2026, 3, 6)

    assert 5 == OFFICE.count_working_days(friday, date(2026, 3, 13))
    assert 0 == OFFICE.count_working_days(friday, friday)
    assert date(2026, 3, 9) == OFFICE.add_working_days(friday, 1)
    assert date(2026, 3, 5) == OFFICE.add_working_days(friday, -1)
    assert friday == OFFICE.add_working_days(friday, 0)
    assert date(2026, 3, 9) == OFFICE.add_working_days(date(2026, 3, 7), 0)


def test_uncountable_working_days_are_rejected() -> None:
    """A reversed range, and a calendar without working days, are rejected."""
    with pytest.raises(OutOfRangeError):
        OFFICE.count_working_days(date(2026, 3, 6), date(2026, 3, 5))
    with pytest.raises(OutOfRangeError, match="1900 to 2199"):
        BusinessHours("UTC", ()).add_working_days(date(2199, 6, 1), 1)
    with pytest.raises(OutOfRangeError, match="1900 to 2199"):
        BusinessHours("UTC", ()).add_working_days(date(1900, 6, 1), -1)


# --- holidays and overrides ---


def test_holiday_removes_shifts_starting_on_it() -> None:
    """The night shift of the evening before is kept; that of the holiday is removed."""
    night = BusinessHours("UTC", Shift.parse_week("Mo-Su 22:00-06:00"), [Holiday(date(2026, 5, 1), "Labour Day")])

    assert night.is_open(datetime(2026, 5, 1, 3, tzinfo=UTC))
    assert not night.is_open(datetime(2026, 5, 1, 23, tzinfo=UTC))
    assert not night.is_working_day(date(2026, 5, 1))


def test_partial_holiday_closes_by_wall_clock() -> None:
    """A partial holiday also closes hours of the night shift before."""
    short = [Holiday(date(2026, 12, 24), "Christmas Eve", Hours.parse("12:00-24:00")[0])]
    office = BusinessHours("UTC", Shift.parse_week("Mo-Fr 09:00-17:00"), short)
    early = BusinessHours("UTC", Shift.parse_week("We 22:00-06:00"), [Holiday(date(2026, 12, 24), "", Hours(0, 240))])

    assert 3 * HOUR == office.elapsed(datetime(2026, 12, 24, tzinfo=UTC), datetime(2026, 12, 25, tzinfo=UTC))
    assert 4 * HOUR == early.elapsed(datetime(2026, 12, 23, tzinfo=UTC), datetime(2026, 12, 25, tzinfo=UTC))
    assert office.is_working_day(date(2026, 12, 24))


def test_unobserved_holiday_is_a_normal_day() -> None:
    """A holiday that is not observed changes nothing."""
    office = BusinessHours("UTC", Shift.parse_week("Mo-Fr 09:00-17:00"), [Holiday(date(2026, 5, 1), is_observed=False)])

    assert office.is_working_day(date(2026, 5, 1))


def test_day_override_wins_over_holidays() -> None:
    """An override replaces the weekly hours and holidays of its day."""
    day = date(2026, 5, 1)
    holidays = [Holiday(day), Holiday(day, "too", Hours(0, 1440))]
    office = BusinessHours(
        "UTC", Shift.parse_week("Mo-Fr 09:00-17:00"), holidays, [DayOverride(day, Hours.parse("10:00-12:00"))]
    )

    assert 2 * HOUR == office.elapsed(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC))


def test_swapped_days_exchange_hours() -> None:
    """Friday is a day off, and Saturday has its hours."""
    office = BusinessHours(
        "UTC",
        Shift.parse_week("Mo-Th 09:00-17:00; Fr 09:00-12:00"),
        day_overrides=[
            DayOverride(date(2026, 5, 8)),
            DayOverride(date(2026, 5, 9), as_weekday=4),
            DayOverride(date(2026, 5, 7), as_weekday=6),
        ],
    )

    assert [False, False, True] == [office.is_working_day(date(2026, 5, n)) for n in (7, 8, 9)]
    assert 3 * HOUR == office.elapsed(datetime(2026, 5, 9, tzinfo=UTC), datetime(2026, 5, 10, tzinfo=UTC))


def test_overlapping_day_override_and_night_shift_count_once() -> None:
    """Overlapping hours count once."""
    both = BusinessHours(
        "UTC",
        Shift.parse_week("Mo 22:00-06:00"),
        day_overrides=[DayOverride(date(2026, 3, 3), Hours.parse("05:00-08:00"))],
    )

    assert 10 * HOUR == both.elapsed(NOON, NOON + 24 * HOUR)


def test_absence_is_subtracted_from_business_hours() -> None:
    """Absences are subtracted, and add up."""
    away = Period(riga_time(2026, 3, 2, 10), riga_time(2026, 3, 2, 12))
    anna = OFFICE.excluding([away]).excluding([Period(riga_time(2026, 3, 2, 15), riga_time(2026, 3, 3, 9))])

    assert 3 * HOUR == anna.elapsed(riga_time(2026, 3, 2, 9), riga_time(2026, 3, 2, 18))
    assert OFFICE is OFFICE.excluding([])


def test_windows_support_union_and_difference() -> None:
    """Empty windows are dropped; a gap in the middle leaves both ends."""
    at = [NOON + n * HOUR for n in range(10)]

    assert [(at[0], at[3]), (at[4], at[5])] == merge_windows(
        [(at[4], at[5]), (at[1], at[3]), (at[0], at[2]), (at[1], at[2]), (at[6], at[6])]
    )
    assert [(at[0], at[1]), (at[2], at[3]), (at[8], at[9])] == subtract_windows(
        [(at[0], at[3]), (at[4], at[5]), (at[6], at[9])], [(at[1], at[2]), (at[4], at[5]), (at[5], at[8])]
    )


# --- laws ---

MINUTE = timedelta(minutes=1)
ZONES = st.sampled_from(
    ["UTC", "Europe/Riga", "Asia/Tashkent", "Asia/Tehran", "Australia/Lord_Howe", "America/New_York"]
)
INSTANTS = st.integers(0, 3 * 365 * 86_400 * 1_000_000).map(
    lambda us: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
)
SPANS = st.integers(1, 60 * 86_400 * 1_000_000).map(lambda us: timedelta(microseconds=us))


@st.composite
def day_hours(draw: st.DrawFn) -> tuple[Hours, ...]:
    """Disjoint hours of a day, the last of which may end after midnight."""
    borders = sorted(draw(st.lists(st.integers(0, 1439), min_size=2, max_size=6, unique=True)))
    pairs = list(zip(borders[::2], borders[1::2], strict=False))
    return tuple(Hours(first, last) for first, last in pairs)


@st.composite
def business_hours(draw: st.DrawFn, zones: st.SearchStrategy[str] = ZONES) -> BusinessHours:
    """Any business hours with at least one shift a week."""
    week = [
        Shift(weekday, one) for weekday in draw(st.sets(st.integers(0, 6), min_size=1)) for one in draw(day_hours())
    ]
    days = st.integers(0, 3 * 365).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
    whole = [Holiday(day) for day in draw(st.sets(days, max_size=20))]
    partial = [Holiday(day, "", one) for day in draw(st.sets(days, max_size=5)) for one in draw(day_hours())]
    own = [DayOverride(day, draw(day_hours())) for day in draw(st.sets(days, max_size=10))]
    return BusinessHours(draw(zones), week, [*whole, *partial], own)


@given(business_hours(), INSTANTS, SPANS)
@settings(max_examples=200, deadline=None)
def test_added_time_is_measured_back(time: BusinessHours, at: datetime, span: timedelta) -> None:
    """Measuring what was added returns it, and not a microsecond earlier; so does subtraction."""
    later, sooner = time.add(at, span), time.subtract(at, span)

    assert span == time.elapsed(at, later) == time.elapsed(sooner, at)
    assert span > time.elapsed(at, later - timedelta(microseconds=1))
    assert span > time.elapsed(sooner + timedelta(microseconds=1), at)
    assert not time.is_open(at) or at == time.subtract(later, span)


@given(business_hours(), INSTANTS, SPANS, SPANS)
@settings(max_examples=100, deadline=None)
def test_elapsed_is_additive(time: BusinessHours, at: datetime, first: timedelta, second: timedelta) -> None:
    """Time is additive over adjacent periods."""
    middle, end = at + first, at + first + second

    assert time.elapsed(at, end) == time.elapsed(at, middle) + time.elapsed(middle, end)
    assert time.elapsed(at, end) == sum((period.length for period in time.open_periods(at, end)), timedelta(0))
    assert time.add(at, first + second) == time.add(time.add(at, first), second)


@given(business_hours(st.just("Asia/Tashkent")), INSTANTS)
@settings(max_examples=60, deadline=None)
def test_is_open_agrees_with_minute_scan(time: BusinessHours, at: datetime) -> None:
    """The index equals a count by the minute over two days, openings and closings included."""
    start = at.replace(second=0, microsecond=0)
    minutes = [start + n * MINUTE for n in range(2 * 1440)]
    walked = [time.is_open(minute) for minute in minutes]

    assert MINUTE * sum(walked) == time.elapsed(start, start + timedelta(days=2))
    if True in walked:
        opening = minutes[walked.index(True)]
        assert opening == time.next_opening(start)
    else:
        assert (time.next_opening(start) or NOON.max.replace(tzinfo=UTC)) >= start + timedelta(days=2)


# --- calendars ---


def work_calendar(**details: Any) -> WorkCalendar:
    """The calendar of an office."""
    return WorkCalendar.create("calendar_" + "0" * 32, "office", "Mo-Fr 09:00-17:00", at=NOON, **details)  # type: ignore[arg-type]  # an id


def test_business_hours_are_cached_by_rules() -> None:
    """Equal calendars share their business hours."""
    assert work_calendar().business_hours is work_calendar().business_hours
    assert cached_business_hours("UTC", work_calendar().week, (), ()) is work_calendar().business_hours


def test_calendar_without_hours_or_zone_is_rejected() -> None:
    """A calendar without hours is rejected."""
    with pytest.raises(RequiredError):
        work_calendar().set_hours([], at=NOON)
    with pytest.raises(InvalidInputError):
        work_calendar().set_hours(["Mo"], at=NOON)  # type: ignore[list-item]  # what is no shift
    with pytest.raises(InvalidChoiceError):
        work_calendar(zone="Mars/Olympus")


def test_set_hours_and_zone_records_event() -> None:
    """Changes record events."""
    changed = work_calendar().set_hours("Sa 10:00-12:00", at=NOON)

    assert ["Sa 10:00-12:00"] == [str(shift) for shift in changed.week]
    assert "Asia/Baku" == changed.set_hours(changed.week, at=NOON, zone="Asia/Baku").zone
    assert ["calendar.created", "calendar.changed"] == [event.name for event in changed.pending_events]


def test_imported_holiday_is_not_duplicated() -> None:
    """A second import changes nothing, also for holidays that are not observed."""
    day = Holiday(date(2026, 5, 1), "Labour Day")
    once = work_calendar().add_holidays([day, day], at=NOON)
    worked = once.set_holiday_observed(day.day, observed=False, at=NOON)

    assert (day,) == once.holidays
    assert once is once.add_holidays([day], at=NOON)
    assert worked is worked.add_holidays([day], at=NOON)
    assert worked.business_hours.is_working_day(day.day)
    assert worked is worked.set_holiday_observed(day.day, observed=False, at=NOON)
    assert not worked.set_holiday_observed(day.day, observed=True, at=NOON).business_hours.is_working_day(day.day)


def test_observing_unknown_holiday_is_rejected() -> None:
    """A swap of a day with itself is rejected."""
    with pytest.raises(InvalidChoiceError):
        work_calendar().set_holiday_observed(date(2026, 5, 1), observed=False, at=NOON)


def test_day_override_replaces_previous_until_removed() -> None:
    """Overrides hold until they are removed."""
    day = date(2026, 5, 9)
    short = work_calendar().override_days([DayOverride(day, Hours.parse("10:00-12:00"))], at=NOON)
    shorter = short.override_days([DayOverride(day, Hours.parse("10:00-11:00"))], at=NOON)

    assert 1 == len(shorter.day_overrides)
    assert shorter is shorter.override_days(shorter.day_overrides, at=NOON)
    assert () == shorter.remove_override(day, at=NOON).day_overrides
    assert shorter is shorter.remove_override(date(2026, 1, 1), at=NOON)


def test_swap_day_with_itself_is_rejected() -> None:
    """The swapped day does not inherit its own override."""
    exchanged = work_calendar().swap_days(date(2026, 5, 8), date(2026, 5, 9), at=NOON, reason="bridge")

    assert exchanged.business_hours.is_working_day(date(2026, 5, 9))
    assert not exchanged.business_hours.is_working_day(date(2026, 5, 8))
    with pytest.raises(InvalidInputError):
        exchanged.swap_days(date(2026, 5, 8), date(2026, 5, 8), at=NOON)
    with pytest.raises(InvalidTypeError):
        exchanged.swap_days(NOON, date(2026, 5, 8), at=NOON)


def test_user_calendar_overrides_company_calendar() -> None:
    """A user may have a calendar or the company's; the same one records no event."""
    anna = Samples().user()
    by = anna.set_calendar(work_calendar().id, at=NOON)

    assert by.calendar_id == work_calendar().id
    assert by.set_calendar(work_calendar().id, at=NOON) is by
    assert by.set_calendar(None, at=NOON).calendar_id is None

"""Working time is counted right: lunch breaks, nights, leaps of the clock, holidays, exchanged days, absences."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmcore.domain.values.period import Period
from crmcore.domain.worktime.calendar import WorkCalendar
from crmcore.domain.worktime.hours import Holiday, Hours, OneOff, Shift
from crmcore.domain.worktime.months import united, without
from crmcore.domain.worktime.time import ALWAYS, WorkTime, worktime
from crmcore.errors import Blank, InvalidInput, NaiveTime, NotAllowed, OutOfRange, WrongType
from crmcore.testing.samples import Samples

HOUR = timedelta(hours=1)
RIGA = ZoneInfo("Europe/Riga")
OFFICE = WorkTime("Europe/Riga", Shift.week("Mo-Fr 09:00-13:00,14:00-18:00"))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday; 14:00 in Riga


def riga(*fields: int) -> datetime:
    """An instant by the clock of Riga."""
    return datetime(*fields, tzinfo=RIGA).astimezone(UTC)  # type: ignore[arg-type,misc]  # year, month, day, hour, minute


# --- how hours are written ---


def test_a_week_is_written_as_openstreetmap_writes_it() -> None:
    """Ranges of days, several hours a day, several lines."""
    week = Shift.week("Mo-We,Sa 09:00-13:00,14:00-18:00; Th 10:00-24:00")

    assert "Mo 09:00-13:00; Mo 14:00-18:00; Tu 09:00-13:00" == "; ".join(map(str, week))[:46]
    assert "Th 10:00-24:00" in map(str, week)


def test_a_range_of_days_may_go_over_the_weekend() -> None:
    """Sa-Mo is Saturday, Sunday and Monday."""
    assert [0, 5, 6] == [shift.weekday for shift in Shift.week("Sa-Mo 10:00-12:00")]


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
def test_a_week_that_cannot_be_read_is_refused(written: str) -> None:
    """The refusal says how it is written."""
    with pytest.raises(InvalidInput):
        Shift.week(written)


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
def test_hours_that_overlap_are_refused(written: str) -> None:
    """Within a day, over midnight, and over the end of the week."""
    with pytest.raises(InvalidInput, match="overlap"):
        Shift.week(written)


@pytest.mark.parametrize("make", [Hours.read, Shift.week])
def test_hours_are_text(make: Callable[[Any], object]) -> None:
    """Anything else is refused."""
    with pytest.raises(WrongType):
        make(900)


@pytest.mark.parametrize(("opens", "closes"), [(600, 600), (600, 500), (600, 2041), (-1, 5), (1440, 1500), (0, 0)])
def test_hours_end_after_they_begin_and_last_a_day_at_most(opens: int, closes: int) -> None:
    """A length of nothing, a negative one, and more than a day are refused."""
    with pytest.raises(OutOfRange):
        Hours(opens, closes)


def test_a_day_has_its_own_hours_or_those_of_another_weekday() -> None:
    """Both would contradict each other."""
    with pytest.raises(InvalidInput, match="contradict"):
        OneOff(date(2026, 1, 1), Hours.read("09:00-12:00"), like=0)
    with pytest.raises(InvalidInput, match="overlap"):
        OneOff(date(2026, 1, 1), (Hours(600, 700), Hours(650, 800)))


def test_a_zone_that_does_not_exist_is_refused() -> None:
    """By name."""
    with pytest.raises(NotAllowed, match="IANA"):
        WorkTime("Europe/Atlantis", Shift.week("24/7"))


# --- counting ---


def test_a_lunch_break_is_no_working_time() -> None:
    """From 12:00 to 15:00 it is two hours."""
    assert 2 * HOUR == OFFICE.between(riga(2026, 3, 2, 12), riga(2026, 3, 2, 15))


def test_work_that_is_added_ends_at_the_closing_and_not_at_the_next_opening() -> None:
    """Four hours from 14:00 are over at 18:00 of the same day."""
    assert riga(2026, 3, 2, 18) == OFFICE.added(riga(2026, 3, 2, 14), 4 * HOUR)


def test_work_goes_on_at_the_next_opening() -> None:
    """One microsecond more ends on the next morning."""
    ended = OFFICE.added(riga(2026, 3, 2, 14), 4 * HOUR + timedelta(microseconds=1))

    assert riga(2026, 3, 3, 9) + timedelta(microseconds=1) == ended


def test_going_back_is_the_mirror_image() -> None:
    """Four hours before 18:00 it was 14:00, and not the end of the lunch break's other side."""
    assert riga(2026, 3, 2, 14) == OFFICE.back(riga(2026, 3, 2, 18), 4 * HOUR)
    assert riga(2026, 2, 27, 17) == OFFICE.back(riga(2026, 3, 2, 10), 2 * HOUR)


def test_nothing_added_changes_nothing() -> None:
    """Even when it is closed."""
    night = riga(2026, 3, 2, 3)

    assert night == OFFICE.added(night, timedelta(0)) == OFFICE.back(night, timedelta(0))


def test_a_night_shift_goes_over_midnight_and_over_the_weekend() -> None:
    """Sunday's night ends on Monday morning."""
    night = WorkTime("Asia/Tashkent", Shift.week("Mo-Su 22:00-06:00"))

    assert 8 * HOUR == night.between(datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC))
    assert night.is_open(datetime(2026, 3, 1, 22, tzinfo=UTC))


def test_a_night_in_which_the_clock_leaps_is_an_hour_shorter() -> None:
    """And one in which it is set back an hour longer: it is counted as long as it lasts."""
    night = WorkTime("Europe/Riga", Shift.week("Sa 22:00-06:00"))

    assert 7 * HOUR == night.between(riga(2026, 3, 28, 12), riga(2026, 3, 29, 12))
    assert 9 * HOUR == night.between(riga(2026, 10, 24, 12), riga(2026, 10, 25, 12))


def test_hours_that_the_clock_leaps_over_do_not_exist() -> None:
    """From 03:10 to 03:50 of that Sunday there is nothing; it is no working day."""
    early = WorkTime("Europe/Riga", Shift.week("Su 03:10-03:50"))

    assert not early.periods(riga(2026, 3, 28, 12), riga(2026, 3, 30, 12))
    assert not early.is_working_day(date(2026, 3, 29))
    assert early.is_working_day(date(2026, 4, 5))


def test_hours_that_the_clock_has_twice_are_the_first_of_them() -> None:
    """From 03:10 to 03:50 of the Sunday on which it is set back there are forty minutes, not eighty."""
    early = WorkTime("Europe/Riga", Shift.week("Su 03:10-03:50"))

    assert (
        Period(datetime(2026, 10, 25, 0, 10, tzinfo=UTC), datetime(2026, 10, 25, 0, 50, tzinfo=UTC)),
    ) == early.periods(riga(2026, 10, 24, 12), riga(2026, 10, 26, 12))


def test_a_day_that_a_country_leapt_over_was_not_worked() -> None:
    """Samoa had no 30 December 2011."""
    samoa = WorkTime("Pacific/Apia", Shift.week("Mo-Su 09:00-17:00"))

    assert not samoa.is_working_day(date(2011, 12, 30))
    assert samoa.is_working_day(date(2011, 12, 29))


def test_round_the_clock_every_hour_counts() -> None:
    """Working time is then the time of the clock."""
    assert NOON + 1000 * HOUR == ALWAYS.added(NOON, 1000 * HOUR)
    assert 1000 * HOUR == ALWAYS.between(NOON, NOON + 1000 * HOUR)


def test_a_hundred_years_are_counted_by_months() -> None:
    """And beyond the year 2200 there is no counting, nor before 1900."""
    later = OFFICE.added(NOON, timedelta(days=5000))

    assert timedelta(days=5000) == OFFICE.between(NOON, later)
    with pytest.raises(OutOfRange, match="1900 to 2199"):
        OFFICE.added(NOON, timedelta(days=36_000))
    with pytest.raises(OutOfRange, match="1900 to 2199"):
        OFFICE.back(NOON, timedelta(days=36_000))


@pytest.mark.parametrize("count", [OFFICE.between, OFFICE.periods])
def test_reversed_ranges_are_refused(count: Callable[[datetime, datetime], object]) -> None:
    """The end lies after the beginning, or it is a mistake."""
    with pytest.raises(OutOfRange):
        count(NOON, NOON - HOUR)


@pytest.mark.parametrize("count", [OFFICE.added, OFFICE.back])
def test_negative_durations_are_refused(count: Callable[[datetime, timedelta], object]) -> None:
    """There are two words for two directions."""
    with pytest.raises(OutOfRange):
        count(NOON, -HOUR)


def test_a_time_without_a_zone_is_refused() -> None:
    """It means another instant on every machine."""
    with pytest.raises(NaiveTime):
        OFFICE.is_open(datetime(2026, 3, 2, 12))  # noqa: DTZ001


def test_times_of_any_zone_are_taken() -> None:
    """An aware time is an instant."""
    assert OFFICE.is_open(datetime(2026, 3, 2, 9, tzinfo=RIGA))


# --- openings and closings ---


def test_openings_and_closings() -> None:
    """In the lunch break, within hours, and at the minutes of opening and closing."""
    lunch, within = riga(2026, 3, 2, 13, 30), riga(2026, 3, 2, 15)

    assert not OFFICE.is_open(lunch)
    assert OFFICE.is_open(riga(2026, 3, 2, 9))
    assert not OFFICE.is_open(riga(2026, 3, 2, 18))
    assert riga(2026, 3, 2, 14) == OFFICE.next_opening(lunch)
    assert riga(2026, 3, 2, 18) == OFFICE.next_closing(lunch)
    assert riga(2026, 3, 2, 9) == OFFICE.previous_opening(lunch)
    assert riga(2026, 3, 2, 13) == OFFICE.previous_closing(lunch)
    assert within == OFFICE.next_opening(within) == OFFICE.previous_closing(within)
    assert riga(2026, 3, 2, 18) == OFFICE.next_closing(within)
    assert riga(2026, 3, 2, 14) == OFFICE.previous_opening(within)


def test_openings_are_found_beyond_the_month() -> None:
    """And a shift over the end of a month is one shift."""
    season = WorkTime("UTC", (), one_offs=[OneOff(date(2026, 1, 31), (Hours(1320, 1800),))])

    for at in (datetime(2025, 6, 1, tzinfo=UTC), datetime(2026, 1, 31, 23, tzinfo=UTC)):
        assert datetime(2026, 2, 1, 6, tzinfo=UTC) == season.next_closing(at)
    assert datetime(2026, 1, 31, 22, tzinfo=UTC) == season.next_opening(datetime(2025, 6, 1, tzinfo=UTC))
    for at in (datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 2, 1, 3, tzinfo=UTC)):
        assert datetime(2026, 1, 31, 22, tzinfo=UTC) == season.previous_opening(at)
    assert datetime(2026, 2, 1, 6, tzinfo=UTC) == season.previous_closing(datetime(2026, 6, 1, tzinfo=UTC))


def test_a_shift_that_ends_with_the_month_ends_there() -> None:
    """So does one that begins with it."""
    season = WorkTime(
        "UTC",
        (),
        one_offs=[OneOff(date(2026, 1, 31), (Hours(1200, 1440),)), OneOff(date(2026, 3, 1), (Hours(0, 60),))],
    )

    assert datetime(2026, 2, 1, tzinfo=UTC) == season.next_closing(datetime(2026, 1, 31, 21, tzinfo=UTC))
    assert datetime(2026, 3, 1, tzinfo=UTC) == season.previous_opening(datetime(2026, 3, 1, 0, 30, tzinfo=UTC))


def test_what_never_opens_or_closes_says_so() -> None:
    """Round the clock there is no closing; with no hours at all no opening."""
    never = WorkTime("UTC", ())

    assert ALWAYS.next_closing(NOON) is None
    assert ALWAYS.previous_opening(NOON) is None
    assert [None] * 4 == [
        look(NOON) for look in (never.next_opening, never.next_closing, never.previous_opening, never.previous_closing)
    ]
    assert never.next_opening(datetime(2199, 12, 1, tzinfo=UTC)) is None
    assert never.previous_closing(datetime(1900, 1, 2, tzinfo=UTC)) is None


def test_periods_are_cut_to_what_is_asked() -> None:
    """And one after the other."""
    assert (
        Period(riga(2026, 3, 2, 12), riga(2026, 3, 2, 13)),
        Period(riga(2026, 3, 2, 14), riga(2026, 3, 2, 15)),
    ) == OFFICE.periods(riga(2026, 3, 2, 12), riga(2026, 3, 2, 15))
    assert () == OFFICE.periods(NOON, NOON)


# --- working days ---


def test_working_days() -> None:
    """Between two days, and the n-th after or before one."""
    friday = date(2026, 3, 6)

    assert 5 == OFFICE.working_days(friday, date(2026, 3, 13))
    assert 0 == OFFICE.working_days(friday, friday)
    assert date(2026, 3, 9) == OFFICE.working_day(friday, 1)
    assert date(2026, 3, 5) == OFFICE.working_day(friday, -1)
    assert friday == OFFICE.working_day(friday, 0)
    assert date(2026, 3, 9) == OFFICE.working_day(date(2026, 3, 7), 0)


def test_working_days_that_cannot_be_counted_are_refused() -> None:
    """A reversed range, and a house that never works."""
    with pytest.raises(OutOfRange):
        OFFICE.working_days(date(2026, 3, 6), date(2026, 3, 5))
    with pytest.raises(OutOfRange, match="1900 to 2199"):
        WorkTime("UTC", ()).working_day(date(2199, 6, 1), 1)
    with pytest.raises(OutOfRange, match="1900 to 2199"):
        WorkTime("UTC", ()).working_day(date(1900, 6, 1), -1)


# --- days that are not like others ---


def test_a_holiday_takes_away_the_shifts_that_begin_on_it() -> None:
    """The night shift of the evening before goes on to its end; that of its own evening does not begin."""
    night = WorkTime("UTC", Shift.week("Mo-Su 22:00-06:00"), [Holiday(date(2026, 5, 1), "Labour Day")])

    assert night.is_open(datetime(2026, 5, 1, 3, tzinfo=UTC))
    assert not night.is_open(datetime(2026, 5, 1, 23, tzinfo=UTC))
    assert not night.is_working_day(date(2026, 5, 1))


def test_a_partial_holiday_closes_by_the_clock() -> None:
    """Also a night shift of the evening before."""
    short = [Holiday(date(2026, 12, 24), "Christmas Eve", Hours.read("12:00-24:00")[0])]
    office = WorkTime("UTC", Shift.week("Mo-Fr 09:00-17:00"), short)
    early = WorkTime("UTC", Shift.week("We 22:00-06:00"), [Holiday(date(2026, 12, 24), "", Hours(0, 240))])

    assert 3 * HOUR == office.between(datetime(2026, 12, 24, tzinfo=UTC), datetime(2026, 12, 25, tzinfo=UTC))
    assert 4 * HOUR == early.between(datetime(2026, 12, 23, tzinfo=UTC), datetime(2026, 12, 25, tzinfo=UTC))
    assert office.is_working_day(date(2026, 12, 24))


def test_a_holiday_that_is_not_kept_is_a_day_like_others() -> None:
    """It stays in the list all the same."""
    office = WorkTime("UTC", Shift.week("Mo-Fr 09:00-17:00"), [Holiday(date(2026, 5, 1), active=False)])

    assert office.is_working_day(date(2026, 5, 1))


def test_a_day_has_its_own_hours_whatever_else_is_said_of_it() -> None:
    """They replace its weekday's, and its holidays, whole and partial."""
    day = date(2026, 5, 1)
    holidays = [Holiday(day), Holiday(day, "too", Hours(0, 1440))]
    office = WorkTime("UTC", Shift.week("Mo-Fr 09:00-17:00"), holidays, [OneOff(day, Hours.read("10:00-12:00"))])

    assert 2 * HOUR == office.between(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC))


def test_working_days_are_exchanged() -> None:
    """Friday is free, and its hours are worked on Saturday; a day like one without hours is free."""
    office = WorkTime(
        "UTC",
        Shift.week("Mo-Th 09:00-17:00; Fr 09:00-12:00"),
        one_offs=[OneOff(date(2026, 5, 8)), OneOff(date(2026, 5, 9), like=4), OneOff(date(2026, 5, 7), like=6)],
    )

    assert [False, False, True] == [office.is_working_day(date(2026, 5, n)) for n in (7, 8, 9)]
    assert 3 * HOUR == office.between(datetime(2026, 5, 9, tzinfo=UTC), datetime(2026, 5, 10, tzinfo=UTC))


def test_own_hours_of_a_day_may_run_into_a_night_shift() -> None:
    """What overlaps counts once."""
    both = WorkTime("UTC", Shift.week("Mo 22:00-06:00"), one_offs=[OneOff(date(2026, 3, 3), Hours.read("05:00-08:00"))])

    assert 10 * HOUR == both.between(NOON, NOON + 24 * HOUR)


def test_somebody_who_is_absent_does_not_work() -> None:
    """An absence is taken out of the house's working time, by the instant; absences add up."""
    away = Period(riga(2026, 3, 2, 10), riga(2026, 3, 2, 12))
    anna = OFFICE.without([away]).without([Period(riga(2026, 3, 2, 15), riga(2026, 3, 3, 9))])

    assert 3 * HOUR == anna.between(riga(2026, 3, 2, 9), riga(2026, 3, 2, 18))
    assert OFFICE is OFFICE.without([])


def test_windows_are_united_and_taken_out() -> None:
    """Empty ones vanish; what is taken out in the middle leaves both ends."""
    at = [NOON + n * HOUR for n in range(10)]

    assert [(at[0], at[3]), (at[4], at[5])] == united(
        [(at[4], at[5]), (at[1], at[3]), (at[0], at[2]), (at[1], at[2]), (at[6], at[6])]
    )
    assert [(at[0], at[1]), (at[2], at[3]), (at[8], at[9])] == without(
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
def hours(draw: st.DrawFn) -> tuple[Hours, ...]:
    """Hours of a day that are apart, the last of which may go over midnight."""
    borders = sorted(draw(st.lists(st.integers(0, 1439), min_size=2, max_size=6, unique=True)))
    pairs = list(zip(borders[::2], borders[1::2], strict=False))
    return tuple(Hours(first, last) for first, last in pairs)


@st.composite
def work_times(draw: st.DrawFn, zones: st.SearchStrategy[str] = ZONES) -> WorkTime:
    """Any working time that opens every week."""
    week = [Shift(weekday, one) for weekday in draw(st.sets(st.integers(0, 6), min_size=1)) for one in draw(hours())]
    days = st.integers(0, 3 * 365).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
    whole = [Holiday(day) for day in draw(st.sets(days, max_size=20))]
    partial = [Holiday(day, "", one) for day in draw(st.sets(days, max_size=5)) for one in draw(hours())]
    own = [OneOff(day, draw(hours())) for day in draw(st.sets(days, max_size=10))]
    return WorkTime(draw(zones), week, [*whole, *partial], own)


@given(work_times(), INSTANTS, SPANS)
@settings(max_examples=200, deadline=None)
def test_what_was_added_is_measured(time: WorkTime, at: datetime, span: timedelta) -> None:
    """Adding then measuring gives back what was added, never a microsecond sooner; so does going back."""
    later, sooner = time.added(at, span), time.back(at, span)

    assert span == time.between(at, later) == time.between(sooner, at)
    assert span > time.between(at, later - timedelta(microseconds=1))
    assert span > time.between(sooner + timedelta(microseconds=1), at)
    assert not time.is_open(at) or at == time.back(later, span)


@given(work_times(), INSTANTS, SPANS, SPANS)
@settings(max_examples=100, deadline=None)
def test_working_time_adds_up(time: WorkTime, at: datetime, first: timedelta, second: timedelta) -> None:
    """Of two spans in a row, and of the periods between."""
    middle, end = at + first, at + first + second

    assert time.between(at, end) == time.between(at, middle) + time.between(middle, end)
    assert time.between(at, end) == sum((period.length for period in time.periods(at, end)), timedelta(0))
    assert time.added(at, first + second) == time.added(time.added(at, first), second)


@given(work_times(st.just("Asia/Tashkent")), INSTANTS)
@settings(max_examples=60, deadline=None)
def test_it_is_open_minute_by_minute(time: WorkTime, at: datetime) -> None:
    """The index agrees with a walk of two days by the minute, openings and closings included."""
    start = at.replace(second=0, microsecond=0)
    minutes = [start + n * MINUTE for n in range(2 * 1440)]
    walked = [time.is_open(minute) for minute in minutes]

    assert MINUTE * sum(walked) == time.between(start, start + timedelta(days=2))
    if True in walked:
        opening = minutes[walked.index(True)]
        assert opening == time.next_opening(start)
    else:
        assert (time.next_opening(start) or NOON.max.replace(tzinfo=UTC)) >= start + timedelta(days=2)


# --- the calendar ---


def calendar(**details: Any) -> WorkCalendar:
    """A calendar of an office."""
    return WorkCalendar.create("calendar_" + "0" * 32, "office", "Mo-Fr 09:00-17:00", at=NOON, **details)  # type: ignore[arg-type]  # an id


def test_a_calendar_remembers_its_working_time() -> None:
    """Two of the same rules share it."""
    assert calendar().time is calendar().time
    assert worktime("UTC", calendar().week, (), ()) is calendar().time


def test_a_calendar_has_hours_and_a_zone() -> None:
    """None without."""
    with pytest.raises(Blank):
        calendar().change_hours([], at=NOON)
    with pytest.raises(InvalidInput):
        calendar().change_hours(["Mo"], at=NOON)  # type: ignore[list-item]  # what is no shift
    with pytest.raises(NotAllowed):
        calendar(zone="Mars/Olympus")


def test_hours_and_zone_change() -> None:
    """And the facts say so."""
    changed = calendar().change_hours("Sa 10:00-12:00", at=NOON)

    assert ["Sa 10:00-12:00"] == [str(shift) for shift in changed.week]
    assert "Asia/Baku" == changed.change_hours(changed.week, at=NOON, zone="Asia/Baku").zone
    assert ["calendar.created", "calendar.changed"] == [event.name for event in changed.pending]


def test_a_holiday_that_is_brought_twice_is_in_the_list_once() -> None:
    """And what the house does not keep is not kept again by bringing it."""
    day = Holiday(date(2026, 5, 1), "Labour Day")
    once = calendar().add_holidays([day, day], at=NOON)
    worked = once.keep_holiday(day.day, kept=False, at=NOON)

    assert (day,) == once.holidays
    assert once is once.add_holidays([day], at=NOON)
    assert worked is worked.add_holidays([day], at=NOON)
    assert worked.time.is_working_day(day.day)
    assert worked is worked.keep_holiday(day.day, kept=False, at=NOON)
    assert not worked.keep_holiday(day.day, kept=True, at=NOON).time.is_working_day(day.day)


def test_there_must_be_a_holiday_to_be_worked_on() -> None:
    """A day like others is refused."""
    with pytest.raises(NotAllowed):
        calendar().keep_holiday(date(2026, 5, 1), kept=False, at=NOON)


def test_days_of_their_own_replace_those_before() -> None:
    """Until they are cleared."""
    day = date(2026, 5, 9)
    short = calendar().set_days([OneOff(day, Hours.read("10:00-12:00"))], at=NOON)
    shorter = short.set_days([OneOff(day, Hours.read("10:00-11:00"))], at=NOON)

    assert 1 == len(shorter.one_offs)
    assert shorter is shorter.set_days(shorter.one_offs, at=NOON)
    assert () == shorter.clear_day(day, at=NOON).one_offs
    assert shorter is shorter.clear_day(date(2026, 1, 1), at=NOON)


def test_a_working_day_is_exchanged_for_another() -> None:
    """But not for itself."""
    exchanged = calendar().exchange(date(2026, 5, 8), date(2026, 5, 9), at=NOON, reason="bridge")

    assert exchanged.time.is_working_day(date(2026, 5, 9))
    assert not exchanged.time.is_working_day(date(2026, 5, 8))
    with pytest.raises(InvalidInput):
        exchanged.exchange(date(2026, 5, 8), date(2026, 5, 8), at=NOON)
    with pytest.raises(WrongType):
        exchanged.exchange(NOON, date(2026, 5, 8), at=NOON)


def test_a_person_may_work_by_another_calendar() -> None:
    """And by the house's again; the same one changes nothing."""
    anna = Samples().user()
    by = anna.work_by(calendar().id, at=NOON)

    assert by.calendar == calendar().id
    assert by.work_by(calendar().id, at=NOON) is by
    assert by.work_by(None, at=NOON).calendar is None

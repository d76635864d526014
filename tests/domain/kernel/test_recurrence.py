"""Recurrence rules follow the wall clock of their zone and do not drift."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from crmcore import Recurrence
from crmcore.domain.kernel.zones import instant, zone_of
from crmcore.errors import InvalidChoiceError, InvalidInputError, OutOfRangeError

RIGA = ZoneInfo("Europe/Riga")


def first_occurrences(rule: str, start: datetime, count: int, zone: str = "Europe/Riga") -> list[str]:
    """The first occurrences, on the wall clock."""
    series = Recurrence(rule, zone)
    found = [series.occurrence(n, start=start) for n in range(1, count + 1)]
    return [at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") for at in found if at is not None]


def test_monthly_rule_uses_last_day_of_short_month() -> None:
    """The 31st becomes the end of a short month, and the 31st again in the next long one."""
    start = datetime(2027, 10, 31, 9, tzinfo=RIGA)

    assert first_occurrences("FREQ=MONTHLY", start, 6) == [
        "2027-10-31 09:00",
        "2027-11-30 09:00",
        "2027-12-31 09:00",
        "2028-01-31 09:00",
        "2028-02-29 09:00",
        "2028-03-31 09:00",
    ]


def test_leap_day_rule_uses_february_28_in_other_years() -> None:
    """The 29th of February becomes the 28th, and the 29th again in the next leap year."""
    start = datetime(2028, 2, 29, 9, tzinfo=RIGA)

    assert [day[:10] for day in first_occurrences("FREQ=YEARLY", start, 5)] == [
        "2028-02-29",
        "2029-02-28",
        "2030-02-28",
        "2031-02-28",
        "2032-02-29",
    ]


def test_recurrence_keeps_wall_clock_time() -> None:
    """Nine o'clock is the same wall clock time in summer and in winter."""
    start = datetime(2026, 3, 27, 9, tzinfo=RIGA)

    assert first_occurrences("FREQ=DAILY", start, 4) == [f"2026-03-{day} 09:00" for day in (27, 28, 29, 30)]
    series = Recurrence("FREQ=DAILY", "Europe/Riga")
    assert [series.occurrence(n, start=start).astimezone(UTC).hour for n in (2, 3)] == [7, 6]  # type: ignore[union-attr]


def test_nonexistent_local_time_moves_after_gap() -> None:
    """A time in the gap becomes the end of the gap; the next day has its own time."""
    start = datetime(2026, 3, 28, 3, 30, tzinfo=RIGA)

    assert first_occurrences("FREQ=DAILY", start, 3) == ["2026-03-28 03:30", "2026-03-29 04:00", "2026-03-30 03:30"]


def test_ambiguous_local_time_uses_first() -> None:
    """When clocks go back, the series has one occurrence."""
    start = datetime(2026, 10, 24, 3, 30, tzinfo=RIGA)
    second = Recurrence("FREQ=DAILY", "Europe/Riga").occurrence(2, start=start)

    assert second == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,TH", ["2026-03-02", "2026-03-05", "2026-03-09", "2026-03-12"]),
        ("FREQ=WEEKLY;INTERVAL=2", ["2026-03-02", "2026-03-16", "2026-03-30", "2026-04-13"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1", ["2026-03-02", "2026-03-27", "2026-04-24", "2026-05-29"]),
        ("FREQ=MONTHLY;INTERVAL=3", ["2026-03-02", "2026-06-02", "2026-09-02", "2026-12-02"]),
        ("FREQ=DAILY;COUNT=2", ["2026-03-02", "2026-03-03"]),
        ("FREQ=DAILY;UNTIL=20260304", ["2026-03-02", "2026-03-03", "2026-03-04"]),
        ("FREQ=DAILY;UNTIL=20260304T065959Z", ["2026-03-02", "2026-03-03"]),
        ("FREQ=DAILY;UNTIL=20260304T070000Z", ["2026-03-02", "2026-03-03", "2026-03-04"]),
    ],
)
def test_rules_follow_rfc_5545(rule: str, expected: list[str]) -> None:
    """Weekdays, intervals, counts and ends; an end without a time includes its day."""
    assert [day[:10] for day in first_occurrences(rule, datetime(2026, 3, 2, 9, tzinfo=RIGA), 4)] == expected


@given(
    st.sampled_from(
        ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=MONTHLY", "FREQ=YEARLY", "FREQ=MONTHLY;BYMONTHDAY=-1"]
    ),
    st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # bounds of Hypothesis
    st.sampled_from(["Europe/Riga", "Asia/Tehran", "Asia/Tashkent", "America/Havana", "UTC"]),
)
def test_occurrences_increase_and_are_independent_of_start(rule: str, start: datetime, zone: str) -> None:
    """Occurrences are increasing, and do not depend on earlier calls."""
    series = Recurrence(rule, zone)
    found = [at for n in range(1, 8) if (at := series.occurrence(n, start=start)) is not None]

    assert found[0] == start
    assert found == sorted(set(found))
    assert found == [series.occurrence(n, start=start) for n in range(1, len(found) + 1)]


def test_recurrence_ends_at_last_supported_year() -> None:
    """After the last year the rule ends without an error."""
    late = datetime(9998, 6, 1, tzinfo=UTC)

    assert Recurrence("FREQ=YEARLY").occurrence(3, start=late) is None
    assert Recurrence("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30").occurrence(2, start=late) is None
    assert Recurrence("FREQ=YEARLY;INTERVAL=1000").occurrence(2, start=late) is None
    assert Recurrence("FREQ=DAILY;INTERVAL=1000").occurrence(5, start=late) is None
    assert [late] == list(Recurrence("FREQ=DAILY;INTERVAL=1000").occurrences(start=late, max_count=5))
    assert [late] == list(Recurrence("FREQ=YEARLY;INTERVAL=1000").occurrences(start=late, max_count=5))
    assert Recurrence("FREQ=WEEKLY;BYDAY=MO").occurrence(2, start=late) == datetime(9998, 6, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        ("FREQ=SECONDLY", InvalidChoiceError),
        ("FREQ=HOURLY;COUNT=5", InvalidChoiceError),
        ("COUNT=5", InvalidChoiceError),
        ("", InvalidChoiceError),
        ("FREQ=DAILY;BYHOUR=9", InvalidChoiceError),
        ("FREQ=DAILY;COUNT=0", OutOfRangeError),
        ("FREQ=DAILY;COUNT=10001", OutOfRangeError),
        ("FREQ=DAILY;INTERVAL=0", OutOfRangeError),
        ("FREQ=DAILY;INTERVAL=x", OutOfRangeError),
        ("FREQ=DAILY;INTERVAL=1001", OutOfRangeError),
        ("FREQ=WEEKLY;BYDAY=XX", InvalidInputError),
        ("FREQ=DAILY;UNTIL=tomorrow", InvalidInputError),
        ("FREQ=DAILY;" * 30, InvalidInputError),
        (5, InvalidInputError),
    ],
)
def test_invalid_rule_is_rejected(rule: Any, refusal: type[InvalidInputError]) -> None:
    """An unbounded frequency or an invalid rule is rejected."""
    with pytest.raises(refusal) as refused:
        Recurrence(rule)

    assert refused.value.field.startswith("recurrence.rule")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "\x00", 5, None])
def test_unknown_time_zone_is_rejected(zone: Any) -> None:
    """An unknown zone is rejected."""
    with pytest.raises(InvalidChoiceError) as refused:
        Recurrence("FREQ=DAILY", zone)

    assert refused.value.field == "recurrence.zone"


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001  # bounds of Hypothesis
    st.sampled_from(
        ["Europe/Riga", "Asia/Tehran", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Baku"]
    ),
)
def test_local_time_maps_to_one_instant(wall: datetime, name: str) -> None:
    """The instant has the same wall clock time or lies after a gap; of two the first is used."""
    zone = zone_of(name)
    at = instant(wall, zone)
    back = at.astimezone(zone).replace(tzinfo=None)

    assert back >= wall
    if back == wall:
        assert at == min(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    else:
        before = (at - timedelta(microseconds=1)).astimezone(zone).replace(tzinfo=None)
        assert before < wall

"""Periods include their start and exclude their end."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from crmcore import Period
from crmcore.errors import NaiveDatetimeError, OutOfRangeError

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
hours = st.integers(0, 20)


def period(since: int, length: int) -> Period:
    """A period of some hours."""
    return Period(NOON + timedelta(hours=since), NOON + timedelta(hours=since + length))


@given(hours, hours, hours, hours)
def test_overlap_requires_common_instant(a: int, m: int, b: int, n: int) -> None:
    """Overlap follows from the hours and is symmetric."""
    one, two = period(a, m), period(b, n)
    shared = {*range(a, a + m)} & {*range(b, b + n)}

    if m and n:
        assert bool(shared) is one.overlaps(two) is two.overlaps(one)
    assert {h for h in range(50) if NOON + timedelta(hours=h) in one} == {*range(a, a + m)}
    assert one.length == timedelta(hours=m)


def test_reversed_or_naive_period_is_rejected() -> None:
    """An end before the start is rejected; both need a zone and are stored in UTC."""
    there = timezone(timedelta(hours=5))

    assert Period(NOON.astimezone(there), NOON) == period(0, 0)
    with pytest.raises(OutOfRangeError):
        period(0, -1)
    with pytest.raises(NaiveDatetimeError):
        Period(NOON, NOON.replace(tzinfo=None))

"""Arithmetic on open windows: add, subtract and measure open time.

Invariants:
    1. Windows are in UTC, so gaps and overlaps of the wall clock count with their real duration.
    2. Adding and measuring agree: after ``add(at, duration)``, exactly `duration` has elapsed since `at`, and not a microsecond earlier.
       `subtract` mirrors it.
    3. The windows of a month are computed once.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.fields.time import checked_timestamp
from crmcore.domain.organization.business_hours.month_index import (
    END_YEAR,
    FIRST_YEAR,
    ZERO,
    MonthIndex,
    Window,
    index_month,
    month_bounds,
)

_DAY: Final = timedelta(days=1)


class WindowArithmetic:
    """Arithmetic on the open windows of a calendar.

    Args:
        windows: the open windows of a range of days.
    """

    __slots__ = ("_month_indexes", "_windows_between")

    def __init__(self, windows: Callable[[date, date], list[Window]]) -> None:
        self._windows_between = windows
        self._month_indexes: dict[int, MonthIndex] = {}

    def elapsed(self, since: datetime, until: datetime) -> timedelta:
        """Return the open time between two instants.

        Raises:
            OutOfRangeError: the second lies before the first.
        """
        since, until = checked_instant(since), checked_instant(until)
        if until < since:
            raise OutOfRangeError("until", "must not lie before since")
        month_number, last_month_number = month_number_of(since), month_number_of(until)
        month = self._month_indexes.get(month_number) or self._month_index(month_number)
        if month_number == last_month_number:
            return month.open_time_before(until) - month.open_time_before(since)
        total = month.total - month.open_time_before(since)
        for middle_month in range(month_number + 1, last_month_number):
            total += (self._month_indexes.get(middle_month) or self._month_index(middle_month)).total
        return total + (
            self._month_indexes.get(last_month_number) or self._month_index(last_month_number)
        ).open_time_before(until)

    def add(self, at: datetime, duration: timedelta) -> datetime:
        """Return the first instant at which so much open time has elapsed.

        Raises:
            OutOfRangeError: the duration is negative, or there is not so much open time until the year 2200.
        """
        at = checked_instant(at)
        if duration <= ZERO:
            return _unchanged(at, duration)
        month_number = month_number_of(at)
        month = self._month_indexes.get(month_number) or self._month_index(month_number)
        target = month.open_time_before(at) + duration
        while target > month.total:
            target -= month.total
            month_number += 1
            month = self._month_indexes.get(month_number) or self._month_index(month_number)
        return month.first_instant(target)

    def subtract(self, at: datetime, duration: timedelta) -> datetime:
        """Return the last instant since which so much open time has elapsed.

        Raises:
            OutOfRangeError: the duration is negative, or there was not so much open time since the year 1900.
        """
        at = checked_instant(at)
        if duration <= ZERO:
            return _unchanged(at, duration)
        month_number = month_number_of(at)
        month = self._month_index(month_number)
        target = month.open_time_before(at) - duration
        while target < ZERO:
            month_number -= 1
            month = self._month_index(month_number)
            target += month.total
        return month.last_instant(target)

    def _month_index(self, month_number: int) -> MonthIndex:
        month = self._month_indexes.get(month_number)
        if month is None:
            if not FIRST_YEAR * 12 <= month_number < END_YEAR * 12:
                raise unsupported_year_error()
            since, until = month_bounds(month_number)
            # A local day may begin half a day before the UTC day, and its night shift may end a day after it.
            windows = self._windows_between(since.date() - 2 * _DAY, until.date() + _DAY)
            month = self._month_indexes[month_number] = index_month(since, until, windows)
        return month


def checked_instant(at: datetime) -> datetime:
    """Return a checked instant in UTC."""
    return at if type(at) is datetime and at.tzinfo is UTC else checked_timestamp("at", at)


def month_number_of(at: datetime) -> int:
    """Return the number of an instant's month."""
    return at.year * 12 + at.month - 1


def _unchanged(at: datetime, duration: timedelta) -> datetime:
    if duration < ZERO:
        raise OutOfRangeError("duration", "must not be negative")
    return at


def unsupported_year_error() -> OutOfRangeError:
    """Return the error for an instant outside the supported years."""
    return OutOfRangeError(
        "businessHours", f"is counted in the years {FIRST_YEAR:,} to {END_YEAR - 1:,}".replace(",", "")
    )

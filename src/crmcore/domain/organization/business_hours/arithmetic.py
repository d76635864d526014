"""Counting time over windows: how much lies between two instants, when will so much have passed, since when has it.

Rule 1: everything is counted over windows in UTC, so that the clock's leaps and repetitions are counted as long as they last.
Rule 2: adding and measuring agree: after `sum_column(at, duration)`, exactly `duration` has passed since `at`, and never a microsecond sooner. `back` is
its mirror image.
Rule 3: what is open in a month is put together once.
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
    """Time that is counted over windows.

    Args:
        windows: what is open of the days of the clock from one to another.
    """

    __slots__ = ("_month_indexes", "_windows_between")

    def __init__(self, windows: Callable[[date, date], list[Window]]) -> None:
        self._windows_between = windows
        self._month_indexes: dict[int, MonthIndex] = {}

    def elapsed(self, since: datetime, until: datetime) -> timedelta:
        """How much working time lies between two instants.

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
        """The first instant at which so much working time has passed since another.

        Raises:
            OutOfRangeError: the span is negative, or there is not so much working time until the year 2200.
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
        """The last instant since which so much working time has passed until another.

        Raises:
            OutOfRangeError: the span is negative, or there was not so much working time since the year 1900.
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
            # A day of some zone's clock may begin half a day before UTC's, and its night shift end a day after it.
            windows = self._windows_between(since.date() - 2 * _DAY, until.date() + _DAY)
            month = self._month_indexes[month_number] = index_month(since, until, windows)
        return month


def checked_instant(at: datetime) -> datetime:
    """An instant in UTC, checked."""
    return at if type(at) is datetime and at.tzinfo is UTC else checked_timestamp("at", at)


def month_number_of(at: datetime) -> int:
    """The number of an instant's month."""
    return at.year * 12 + at.month - 1


def _unchanged(at: datetime, duration: timedelta) -> datetime:
    if duration < ZERO:
        raise OutOfRangeError("duration", "must not be negative")
    return at


def unsupported_year_error() -> OutOfRangeError:
    """The refusal of what lies beyond the years that are counted."""
    return OutOfRangeError(
        "businessHours", f"is counted in the years {FIRST_YEAR:,} to {END_YEAR - 1:,}".replace(",", "")
    )

"""Counting time over windows: how much lies between two instants, when will so much have passed, since when has it.

Rule 1: everything is counted over windows in UTC, so that the clock's leaps and repetitions are counted as long as they last.
Rule 2: adding and measuring agree: after `added(at, span)`, exactly `span` has passed since `at`, and never a microsecond sooner. `back` is
its mirror image.
Rule 3: what is open in a month is put together once.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.fields.time import checked_moment
from crmcore.domain.worktime.months import FIRST, LAST, ZERO, Month, Window, borders, month_of

_DAY: Final = timedelta(days=1)


class Counting:
    """Time that is counted over windows.

    Args:
        windows: what is open of the days of the clock from one to another.
    """

    __slots__ = ("_months", "_windows")

    def __init__(self, windows: Callable[[date, date], list[Window]]) -> None:
        self._windows = windows
        self._months: dict[int, Month] = {}

    def between(self, since: datetime, until: datetime) -> timedelta:
        """How much working time lies between two instants.

        Raises:
            OutOfRange: the second lies before the first.
        """
        since, until = moment_of(since), moment_of(until)
        if until < since:
            raise OutOfRange("until", "must not lie before since")
        number, last = number_of(since), number_of(until)
        month = self._months.get(number) or self._month(number)
        if number == last:
            return month.worked(until) - month.worked(since)
        passed = month.total - month.worked(since)
        for between in range(number + 1, last):
            passed += (self._months.get(between) or self._month(between)).total
        return passed + (self._months.get(last) or self._month(last)).worked(until)

    def added(self, at: datetime, span: timedelta) -> datetime:
        """The first instant at which so much working time has passed since another.

        Raises:
            OutOfRange: the span is negative, or there is not so much working time until the year 2200.
        """
        at = moment_of(at)
        if span <= ZERO:
            return _same(at, span)
        number = number_of(at)
        month = self._months.get(number) or self._month(number)
        wanted = month.worked(at) + span
        while wanted > month.total:
            wanted -= month.total
            number += 1
            month = self._months.get(number) or self._month(number)
        return month.first(wanted)

    def back(self, at: datetime, span: timedelta) -> datetime:
        """The last instant since which so much working time has passed until another.

        Raises:
            OutOfRange: the span is negative, or there was not so much working time since the year 1900.
        """
        at = moment_of(at)
        if span <= ZERO:
            return _same(at, span)
        number = number_of(at)
        month = self._month(number)
        wanted = month.worked(at) - span
        while wanted < ZERO:
            number -= 1
            month = self._month(number)
            wanted += month.total
        return month.last(wanted)

    def _month(self, number: int) -> Month:
        found = self._months.get(number)
        if found is None:
            if not FIRST * 12 <= number < LAST * 12:
                raise beyond()
            since, until = borders(number)
            # A day of some zone's clock may begin half a day before UTC's, and its night shift end a day after it.
            windows = self._windows(since.date() - 2 * _DAY, until.date() + _DAY)
            found = self._months[number] = month_of(since, until, windows)
        return found


def moment_of(at: datetime) -> datetime:
    """An instant in UTC, checked."""
    return at if type(at) is datetime and at.tzinfo is UTC else checked_moment("at", at)


def number_of(at: datetime) -> int:
    """The number of an instant's month."""
    return at.year * 12 + at.month - 1


def _same(at: datetime, span: timedelta) -> datetime:
    if span < ZERO:
        raise OutOfRange("span", "must not be negative")
    return at


def beyond() -> OutOfRange:
    """The refusal of what lies beyond the years that are counted."""
    return OutOfRange("workTime", f"is counted in the years {FIRST:,} to {LAST - 1:,}".replace(",", ""))

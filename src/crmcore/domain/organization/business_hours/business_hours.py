"""Working time: is it open, how much lies between two instants, when will so much have passed.

Rule 1: hours are told by the clock of the zone; where it leaps or repeats itself, they begin and end as `zones` says.
Rule 2: time is counted over windows in UTC, as `counting` says.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Self

from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.values.period import Period
from crmcore.domain.organization.business_hours.arithmetic import (
    WindowArithmetic,
    checked_instant,
    month_number_of,
    unsupported_year_error,
)
from crmcore.domain.organization.business_hours.hours import DayOverride, Holiday, Shift
from crmcore.domain.organization.business_hours.month_index import (
    END_YEAR,
    FIRST_YEAR,
    MonthIndex,
    Window,
    merge_windows,
)
from crmcore.domain.organization.business_hours.open_windows import OpenWindows

_DAY: Final = timedelta(days=1)
_MAX_MONTHS_SEARCHED: Final = 120
"""How many months are looked through for an opening or a closing."""


class BusinessHours(WindowArithmetic):
    """A working calendar that counts.

    Args:
        zone: the IANA zone whose clock the hours are told by.
        week: the shifts of every week.
        holidays: days off, and hours.
        day_overrides: days that are not like others.
        closed: further times in which nothing is open, such as somebody's absences.

    Example:
        >>> from datetime import UTC
        >>> office = BusinessHours("Europe/Riga", Shift.parse_week("Mo-Fr 09:00-13:00,14:00-18:00"))
        >>> friday = datetime(2026, 3, 27, 15, tzinfo=UTC)  # 17:00 in Riga; on Sunday the clock leaps
        >>> office.add(friday, timedelta(hours=2)).isoformat()
        '2026-03-30T07:00:00+00:00'
        >>> office.elapsed(friday, datetime(2026, 3, 30, 7, tzinfo=UTC))
        datetime.timedelta(seconds=7200)
    """

    __slots__ = ("_definition", "_open_windows", "_whole_days", "zone")

    def __init__(
        self,
        zone: str,
        week: Sequence[Shift],
        holidays: Sequence[Holiday] = (),
        day_overrides: Sequence[DayOverride] = (),
        closed: Iterable[Period] = (),
    ) -> None:
        self._definition = (zone, week, holidays, day_overrides)
        self._open_windows = OpenWindows(*self._definition, closed)
        self._whole_days: WindowArithmetic | None = None
        self.zone = self._open_windows.zone
        super().__init__(self._open_windows.windows)

    @property
    def whole_days(self) -> WindowArithmetic:
        """Its working days as time: each day that is worked counts as a whole, from midnight to midnight, and no other counts at all."""
        if self._whole_days is None:
            self._whole_days = WindowArithmetic(self._open_windows.day_windows)
        return self._whole_days

    def excluding(self, closed: Iterable[Period]) -> Self:
        """The same working time with some times taken out, such as a person's absences."""
        periods = self._open_windows.closed_periods(closed)
        return type(self)(*self._definition, periods) if periods else self

    def is_open(self, at: datetime) -> bool:
        """Tell whether it is open at an instant. At the minute of closing it is closed."""
        at = checked_instant(at)
        month = self._month_index(month_number_of(at))
        position = bisect_right(month.starts, at) - 1
        return position >= 0 and at < month.ends[position]

    def next_opening(self, at: datetime) -> datetime | None:
        """When it is open next: the instant itself when it is open. None when that is not so within ten years."""
        at = checked_instant(at)
        for month in self._months_from(at):
            position = bisect_right(month.ends, at)
            if position < len(month.starts):
                return max(at, month.starts[position])
        return None

    def next_closing(self, at: datetime) -> datetime | None:
        """When it closes that is open then, or opens next. None when that is not so within ten years."""
        closing: datetime | None = None
        for month in self._months_from(checked_instant(at)):
            if closing is not None:  # it was open at the end of the month before
                if not month.starts or month.starts[0] > month.since:
                    return closing
                position = 0
            else:
                position = bisect_right(month.ends, at)
                if position == len(month.ends):
                    continue
            closing = month.ends[position]
            if closing < month.until:
                return closing
        return None

    def previous_opening(self, at: datetime) -> datetime | None:
        """When it opened that was open just before, or was open last. None when that is not so within ten years."""
        opening: datetime | None = None
        for month in self._months_back_from(checked_instant(at)):
            if opening is not None:  # it was open at the beginning of the month after
                if not month.ends or month.ends[-1] < month.until:
                    return opening
                position = len(month.starts) - 1
            else:
                position = bisect_left(month.starts, at) - 1
                if position < 0:
                    continue
            opening = month.starts[position]
            if opening > month.since:
                return opening
        return None

    def previous_closing(self, at: datetime) -> datetime | None:
        """Until when it was open last: the instant itself when it was open just before. None as in `next_opening`."""
        at = checked_instant(at)
        for month in self._months_back_from(at):
            position = bisect_left(month.starts, at) - 1
            if position >= 0:
                return min(at, month.ends[position])
        return None

    def open_periods(self, since: datetime, until: datetime) -> tuple[Period, ...]:
        """The times in which it is open between two instants.

        Raises:
            OutOfRangeError: the second lies before the first.
        """
        requested = Period(since, until)
        windows: list[Window] = []
        for month_number in range(month_number_of(requested.since), month_number_of(requested.until) + 1):
            month = self._month_index(month_number)
            windows += zip(month.starts, month.ends, strict=True)
        clipped = ((max(start, requested.since), min(end, requested.until)) for start, end in windows)
        return tuple(
            Period(start, end) for start, end in merge_windows(window for window in clipped if window[0] < window[1])
        )

    def is_working_day(self, day: date) -> bool:
        """Tell whether there is working time that begins on that day of the clock."""
        return bool(self._open_windows.windows(day, day))

    def count_working_days(self, since: date, until: date) -> int:
        """How many working days there are from one day up to, and not including, another.

        Raises:
            OutOfRangeError: the second lies before the first.
        """
        if until < since:
            raise OutOfRangeError("until", "must not lie before since")
        return sum(self.is_working_day(since + n * _DAY) for n in range((until - since).days))

    def add_working_days(self, day: date, count: int) -> date:
        """The n-th working day after a day, or before it when n is negative; the 0th is the day itself, or the next one.

        Raises:
            OutOfRangeError: there are not so many until the year 2200, or since the year 1900.
        """
        step = -_DAY if count < 0 else _DAY
        remaining = abs(count)
        if not remaining:
            day, remaining = day - _DAY, 1
        while remaining:
            day += step
            if not FIRST_YEAR <= day.year < END_YEAR:
                raise unsupported_year_error()
            remaining -= self.is_working_day(day)
        return day

    def _months_from(self, at: datetime) -> Iterable[MonthIndex]:
        first = month_number_of(at)
        return (self._month_index(number) for number in range(first, min(first + _MAX_MONTHS_SEARCHED, END_YEAR * 12)))

    def _months_back_from(self, at: datetime) -> Iterable[MonthIndex]:
        last = month_number_of(at)
        return (
            self._month_index(number)
            for number in range(last, max(last - _MAX_MONTHS_SEARCHED, FIRST_YEAR * 12 - 1), -1)
        )


@lru_cache(maxsize=256)
def cached_business_hours(
    zone: str, week: tuple[Shift, ...], holidays: tuple[Holiday, ...], day_overrides: tuple[DayOverride, ...]
) -> BusinessHours:
    """Make a working time, or remember the one that was made of the same."""
    return BusinessHours(zone, week, holidays, day_overrides)


ALWAYS_OPEN: Final = BusinessHours("UTC", Shift.parse_week("24/7"))
"""Round the clock: the working time of a house that has declared none."""

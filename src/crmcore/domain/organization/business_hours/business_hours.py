"""Business hours: open or closed, open time between instants, deadlines.

Invariants:
    1. Hours are on the wall clock of the zone. Gaps and overlaps are resolved as in `zones`.
    2. Time is counted over windows in UTC, as in `arithmetic`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Self
from zoneinfo import ZoneInfo

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
"""The maximum number of months that are searched for an opening or a closing."""


class BusinessHours(WindowArithmetic):
    """The business hours of a calendar, for calculations.

    Args:
        zone: the IANA time zone.
        week: the shifts of every week.
        holidays: whole or partial days off.
        day_overrides: days with other hours than their weekday.
        closed: periods without open time, such as a user's absences.

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
        self.zone: ZoneInfo = self._open_windows.zone
        super().__init__(self._open_windows.windows)

    @property
    def whole_days(self) -> WindowArithmetic:
        """The working days as time: each counts from midnight to midnight."""
        if self._whole_days is None:
            self._whole_days = WindowArithmetic(self._open_windows.day_windows)
        return self._whole_days

    def excluding(self, closed: Iterable[Period]) -> Self:
        """Return these business hours without some periods, such as absences."""
        periods = self._open_windows.closed_periods(closed)
        return type(self)(*self._definition, periods) if periods else self

    def is_open(self, at: datetime) -> bool:
        """Return whether an instant is open. The instant of closing is closed."""
        at = checked_instant(at)
        month = self._month_index(month_number_of(at))
        position = bisect_right(month.starts, at) - 1
        return position >= 0 and at < month.ends[position]

    def next_opening(self, at: datetime) -> datetime | None:
        """Return the next open instant; the instant itself if it is open.

        None if there is none within ten years.
        """
        at = checked_instant(at)
        for month in self._months_from(at):
            position = bisect_right(month.ends, at)
            if position < len(month.starts):
                return max(at, month.starts[position])
        return None

    def next_closing(self, at: datetime) -> datetime | None:
        """Return the end of the present or next opening.

        None if there is none within ten years.
        """
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
        """Return the start of the opening before an instant.

        None if there is none within ten years.
        """
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
        """Return the last open instant before an instant, or the instant itself.

        None as in `next_opening`.
        """
        at = checked_instant(at)
        for month in self._months_back_from(at):
            position = bisect_left(month.starts, at) - 1
            if position >= 0:
                return min(at, month.ends[position])
        return None

    def open_periods(self, since: datetime, until: datetime) -> tuple[Period, ...]:
        """List the open windows between two instants.

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
        """Return whether a shift begins on that day."""
        return bool(self._open_windows.windows(day, day))

    def count_working_days(self, since: date, until: date) -> int:
        """Count the working days from one day up to, and not including, another.

        Raises:
            OutOfRangeError: the second lies before the first.
        """
        if until < since:
            raise OutOfRangeError("until", "must not lie before since")
        return sum(self.is_working_day(since + n * _DAY) for n in range((until - since).days))

    def add_working_days(self, day: date, count: int) -> date:
        """Return the n-th working day after a day, or before it if n is negative.

        The 0th is the day itself, or the next working day.

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
    """Return business hours, cached by their arguments."""
    return BusinessHours(zone, week, holidays, day_overrides)


ALWAYS_OPEN: Final = BusinessHours("UTC", Shift.parse_week("24/7"))
"""Always open: the business hours of a company without a calendar."""

"""The month index: open windows of a month, with cumulative open time.

Calculations use binary search in a month and the totals of the months between, and never iterate over minutes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

Window = tuple[datetime, datetime]

ZERO: Final = timedelta(0)
FIRST_YEAR: Final = 1900
END_YEAR: Final = 2200
"""The years that are supported."""


@frozen(eq=False)
class MonthIndex:
    """The open windows of one month in UTC, sorted and disjoint.

    Attributes:
        open_before: for each window, the open time of the month before it.
        total: the open time of the month.
    """

    since: datetime
    until: datetime
    starts: Sequence[datetime]
    ends: Sequence[datetime]
    open_before: Sequence[timedelta]
    total: timedelta

    def open_time_before(self, at: datetime) -> timedelta:
        """Return the open time of the month before an instant."""
        position = bisect_right(self.starts, at) - 1
        if position < 0:
            return ZERO
        end = self.ends[position]
        return self.open_before[position] + ((end if end < at else at) - self.starts[position])  # noqa: FURB136  # half the time of min

    def first_instant(self, open_time: timedelta) -> datetime:
        """Return the first instant after so much open time: more than zero."""
        position = bisect_left(self.open_before, open_time) - 1
        return self.starts[position] + (open_time - self.open_before[position])

    def last_instant(self, open_time: timedelta) -> datetime:
        """Return the last instant after so much open time: less than all."""
        position = bisect_right(self.open_before, open_time) - 1
        return self.starts[position] + (open_time - self.open_before[position])


def index_month(since: datetime, until: datetime, windows: Iterable[Window]) -> MonthIndex:
    """Build the index of a month from sorted, disjoint windows.

    The windows may reach beyond the month.
    """
    starts, ends, open_before = [], [], []
    total = ZERO
    for start, end in windows:
        start, end = max(start, since), min(end, until)  # noqa: PLW2901  # cut to the month
        if start < end:
            starts.append(start)
            ends.append(end)
            open_before.append(total)
            total += end - start
    return MonthIndex(since, until, starts, ends, open_before, total)


def merge_windows(windows: Iterable[Window]) -> list[Window]:
    """Sort windows, and join those that overlap or touch."""
    merged: list[Window] = []
    for start, end in sorted(windows):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        elif start < end:
            merged.append((start, end))
    return merged


def subtract_windows(windows: Sequence[Window], closed: Sequence[Window]) -> list[Window]:
    """Remove closed periods from windows; both are sorted and disjoint."""
    remaining: list[Window] = []
    first_closed = 0
    for start, end in windows:
        while first_closed < len(closed) and closed[first_closed][1] <= start:
            first_closed += 1
        next_closed = first_closed
        while start < end and next_closed < len(closed) and closed[next_closed][0] < end:
            if start < closed[next_closed][0]:
                remaining.append((start, closed[next_closed][0]))
            start = closed[next_closed][1]  # noqa: PLW2901  # what is left of the window
            next_closed += 1
        if start < end:
            remaining.append((start, end))
    return remaining


def month_bounds(month_number: int) -> Window:
    """Return the start and the end of a month, counted from January of year 0."""
    return _month_start(month_number), _month_start(month_number + 1)


def _month_start(month_number: int) -> datetime:
    return datetime(month_number // 12, month_number % 12 + 1, 1, tzinfo=UTC)

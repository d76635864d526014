"""The index of working time: the windows of one month, in UTC, with the time that was open before each of them.

Whatever is asked of working time is answered by a binary search in a month and by whole months around it: nobody walks minutes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

Window = tuple[datetime, datetime]

ZERO: Final = timedelta(0)
FIRST: Final = 1900
LAST: Final = 2200
"""The years in which working time is counted."""


@frozen(eq=False)
class Month:
    """The windows of one month of UTC, in order and apart.

    Attributes:
        before: for each window, how much of the month was open before it.
        total: how much of it is open.
    """

    since: datetime
    until: datetime
    starts: Sequence[datetime]
    ends: Sequence[datetime]
    before: Sequence[timedelta]
    total: timedelta

    def worked(self, at: datetime) -> timedelta:
        """How much of the month was open before an instant of it."""
        place = bisect_right(self.starts, at) - 1
        if place < 0:
            return ZERO
        end = self.ends[place]
        return self.before[place] + ((end if end < at else at) - self.starts[place])  # noqa: FURB136  # half the time of min

    def first(self, worked: timedelta) -> datetime:
        """The first instant at which so much of the month was open: more than nothing, no more than all."""
        place = bisect_left(self.before, worked) - 1
        return self.starts[place] + (worked - self.before[place])

    def last(self, worked: timedelta) -> datetime:
        """The last instant at which so much of the month was open: less than all."""
        place = bisect_right(self.before, worked) - 1
        return self.starts[place] + (worked - self.before[place])


def month_of(since: datetime, until: datetime, windows: Iterable[Window]) -> Month:
    """Make the index of a month from windows that are in order and apart, and may reach over its borders."""
    starts, ends, before = [], [], []
    total = ZERO
    for start, end in windows:
        start, end = max(start, since), min(end, until)  # noqa: PLW2901  # cut to the month
        if start < end:
            starts.append(start)
            ends.append(end)
            before.append(total)
            total += end - start
    return Month(since, until, starts, ends, before, total)


def united(windows: Iterable[Window]) -> list[Window]:
    """Bring windows in order, and make one of those that overlap or touch."""
    joined: list[Window] = []
    for start, end in sorted(windows):
        if joined and start <= joined[-1][1]:
            if end > joined[-1][1]:
                joined[-1] = (joined[-1][0], end)
        elif start < end:
            joined.append((start, end))
    return joined


def without(windows: Sequence[Window], closed: Sequence[Window]) -> list[Window]:
    """Take closed times out of windows; both are in order and apart."""
    left: list[Window] = []
    place = 0
    for start, end in windows:
        while place < len(closed) and closed[place][1] <= start:
            place += 1
        here = place
        while start < end and here < len(closed) and closed[here][0] < end:
            if start < closed[here][0]:
                left.append((start, closed[here][0]))
            start = closed[here][1]  # noqa: PLW2901  # what is left of the window
            here += 1
        if start < end:
            left.append((start, end))
    return left


def borders(number: int) -> Window:
    """When a month of UTC begins and ends; months are numbered from January of the year 0."""
    return _first(number), _first(number + 1)


def _first(number: int) -> datetime:
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC)

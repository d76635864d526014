"""Working time: is it open, how much lies between two instants, when will so much have passed.

Rule 1: hours are told by the clock of the zone; where it leaps or repeats itself, they begin and end as `zones` says.
Rule 2: time is counted over windows in UTC, as `counting` says.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Self

from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.values.period import Period
from crmcore.domain.worktime.counting import Counting, beyond, moment_of, number_of
from crmcore.domain.worktime.hours import Holiday, OneOff, Shift
from crmcore.domain.worktime.months import FIRST, LAST, Month, Window, united
from crmcore.domain.worktime.openings import Openings

_DAY: Final = timedelta(days=1)
_SOON: Final = 120
"""How many months are looked through for an opening or a closing."""


class WorkTime(Counting):
    """A working calendar that counts.

    Args:
        zone: the IANA zone whose clock the hours are told by.
        week: the shifts of every week.
        holidays: days off, and hours.
        one_offs: days that are not like others.
        closed: further times in which nothing is open, such as somebody's absences.

    Example:
        >>> from datetime import UTC
        >>> office = WorkTime("Europe/Riga", Shift.week("Mo-Fr 09:00-13:00,14:00-18:00"))
        >>> friday = datetime(2026, 3, 27, 15, tzinfo=UTC)  # 17:00 in Riga; on Sunday the clock leaps
        >>> office.added(friday, timedelta(hours=2)).isoformat()
        '2026-03-30T07:00:00+00:00'
        >>> office.between(friday, datetime(2026, 3, 30, 7, tzinfo=UTC))
        datetime.timedelta(seconds=7200)
    """

    __slots__ = ("_days", "_given", "_openings", "zone")

    def __init__(
        self,
        zone: str,
        week: Sequence[Shift],
        holidays: Sequence[Holiday] = (),
        one_offs: Sequence[OneOff] = (),
        closed: Iterable[Period] = (),
    ) -> None:
        self._given = (zone, week, holidays, one_offs)
        self._openings = Openings(*self._given, closed)
        self._days: Counting | None = None
        self.zone = self._openings.zone
        super().__init__(self._openings.windows)

    @property
    def days(self) -> Counting:
        """Its working days as time: each day that is worked counts as a whole, from midnight to midnight, and no other counts at all."""
        if self._days is None:
            self._days = Counting(self._openings.days)
        return self._days

    def without(self, closed: Iterable[Period]) -> Self:
        """The same working time with some times taken out, such as a person's absences."""
        periods = self._openings.closed(closed)
        return type(self)(*self._given, periods) if periods else self

    def is_open(self, at: datetime) -> bool:
        """Tell whether it is open at an instant. At the minute of closing it is closed."""
        at = moment_of(at)
        month = self._month(number_of(at))
        place = bisect_right(month.starts, at) - 1
        return place >= 0 and at < month.ends[place]

    def next_opening(self, at: datetime) -> datetime | None:
        """When it is open next: the instant itself when it is open. None when that is not so within ten years."""
        at = moment_of(at)
        for month in self._ahead(at):
            place = bisect_right(month.ends, at)
            if place < len(month.starts):
                return max(at, month.starts[place])
        return None

    def next_closing(self, at: datetime) -> datetime | None:
        """When it closes that is open then, or opens next. None when that is not so within ten years."""
        closing: datetime | None = None
        for month in self._ahead(moment_of(at)):
            if closing is not None:  # it was open at the end of the month before
                if not month.starts or month.starts[0] > month.since:
                    return closing
                place = 0
            else:
                place = bisect_right(month.ends, at)
                if place == len(month.ends):
                    continue
            closing = month.ends[place]
            if closing < month.until:
                return closing
        return None

    def previous_opening(self, at: datetime) -> datetime | None:
        """When it opened that was open just before, or was open last. None when that is not so within ten years."""
        opening: datetime | None = None
        for month in self._behind(moment_of(at)):
            if opening is not None:  # it was open at the beginning of the month after
                if not month.ends or month.ends[-1] < month.until:
                    return opening
                place = len(month.starts) - 1
            else:
                place = bisect_left(month.starts, at) - 1
                if place < 0:
                    continue
            opening = month.starts[place]
            if opening > month.since:
                return opening
        return None

    def previous_closing(self, at: datetime) -> datetime | None:
        """Until when it was open last: the instant itself when it was open just before. None as in `next_opening`."""
        at = moment_of(at)
        for month in self._behind(at):
            place = bisect_left(month.starts, at) - 1
            if place >= 0:
                return min(at, month.ends[place])
        return None

    def periods(self, since: datetime, until: datetime) -> tuple[Period, ...]:
        """The times in which it is open between two instants.

        Raises:
            OutOfRange: the second lies before the first.
        """
        asked = Period(since, until)
        windows: list[Window] = []
        for number in range(number_of(asked.since), number_of(asked.until) + 1):
            month = self._month(number)
            windows += zip(month.starts, month.ends, strict=True)
        cut = ((max(start, asked.since), min(end, asked.until)) for start, end in windows)
        return tuple(Period(start, end) for start, end in united(window for window in cut if window[0] < window[1]))

    def is_working_day(self, day: date) -> bool:
        """Tell whether there is working time that begins on that day of the clock."""
        return bool(self._openings.windows(day, day))

    def working_days(self, since: date, until: date) -> int:
        """How many working days there are from one day up to, and not including, another.

        Raises:
            OutOfRange: the second lies before the first.
        """
        if until < since:
            raise OutOfRange("until", "must not lie before since")
        return sum(self.is_working_day(since + n * _DAY) for n in range((until - since).days))

    def working_day(self, day: date, number: int) -> date:
        """The n-th working day after a day, or before it when n is negative; the 0th is the day itself, or the next one.

        Raises:
            OutOfRange: there are not so many until the year 2200, or since the year 1900.
        """
        step = -_DAY if number < 0 else _DAY
        left = abs(number)
        if not left:
            day, left = day - _DAY, 1
        while left:
            day += step
            if not FIRST <= day.year < LAST:
                raise beyond()
            left -= self.is_working_day(day)
        return day

    def _ahead(self, at: datetime) -> Iterable[Month]:
        first = number_of(at)
        return (self._month(number) for number in range(first, min(first + _SOON, LAST * 12)))

    def _behind(self, at: datetime) -> Iterable[Month]:
        last = number_of(at)
        return (self._month(number) for number in range(last, max(last - _SOON, FIRST * 12 - 1), -1))


@lru_cache(maxsize=256)
def worktime(
    zone: str, week: tuple[Shift, ...], holidays: tuple[Holiday, ...], one_offs: tuple[OneOff, ...]
) -> WorkTime:
    """Make a working time, or remember the one that was made of the same."""
    return WorkTime(zone, week, holidays, one_offs)


ALWAYS: Final = WorkTime("UTC", Shift.week("24/7"))
"""Round the clock: the working time of a house that has declared none."""

"""What is open of a week, with its holidays and the days that are not like others: the windows that working time is counted over.

Rule 1: windows stand in UTC, in order and apart; those of a month are put together once.
Rule 2: a shift belongs to the day of the clock on which it begins, however late in the night it ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.values.period import Period
from crmcore.domain.worktime.hours import Holiday, Hours, OneOff, Shift
from crmcore.domain.worktime.months import FIRST, LAST, Month, Window, borders, month_of, united, without
from crmcore.domain.zones import instant, zone_of

_DAY: Final = timedelta(days=1)


class Openings:
    """The windows of a working calendar.

    Args:
        (all): as those of `crmcore.domain.worktime.time.WorkTime`.

    Attributes:
        months: those that were asked for, by their numbers.
    """

    __slots__ = ("_closed", "_holidays", "_one_offs", "_partial", "_week", "months", "zone")

    def __init__(
        self,
        zone: str,
        week: Sequence[Shift],
        holidays: Sequence[Holiday],
        one_offs: Sequence[OneOff],
        closed: Iterable[Period],
    ) -> None:
        self.zone = zone_of(zone)
        self._week: Mapping[int, tuple[Hours, ...]] = {
            weekday: tuple(shift.hours for shift in shifts)
            for weekday, shifts in groupby(sorted(week, key=lambda s: s.weekday), key=lambda s: s.weekday)
        }
        self._one_offs = {one.day: one for one in one_offs}
        kept = [holiday for holiday in holidays if holiday.active and holiday.day not in self._one_offs]
        self._holidays = {holiday.day for holiday in kept if holiday.hours is None}
        self._partial = [(holiday.day, holiday.hours) for holiday in kept if holiday.hours is not None]
        self._closed = united((period.since, period.until) for period in closed)
        self.months: dict[int, Month] = {}

    def closed(self, more: Iterable[Period]) -> tuple[Period, ...]:
        """The further times in which nothing is open, with some more."""
        return (*(Period(since, until) for since, until in self._closed), *more)

    def month(self, number: int) -> Month:
        """The windows of a month of UTC, put together once.

        Raises:
            OutOfRange: it lies beyond the years that are counted.
        """
        found = self.months.get(number)
        if found is None:
            if not FIRST * 12 <= number < LAST * 12:
                raise beyond()
            since, until = borders(number)
            # A day of some zone's clock may begin half a day before UTC's, and its night shift end a day after it.
            windows = self.windows(since.date() - 2 * _DAY, until.date() + _DAY)
            found = self.months[number] = month_of(since, until, windows)
        return found

    def windows(self, first: date, last: date) -> list[Window]:
        """What is open of the shifts that begin on some days of the clock."""
        windows = united(
            self._on(first + n * _DAY, hours)
            for n in range((last - first).days + 1)
            for hours in self._hours(first + n * _DAY)
        )
        if not windows:
            return windows
        partial = (self._on(day, hours) for day, hours in self._partial if first - _DAY <= day <= last + _DAY)
        start, end = windows[0][0], windows[-1][1]
        closed = (window for window in self._closed if window[0] < end and start < window[1])
        return without(windows, united((*partial, *closed)))

    def _hours(self, day: date) -> tuple[Hours, ...]:
        one = self._one_offs.get(day)
        if one is not None:
            return one.hours if one.like is None else self._week.get(one.like, ())
        return () if day in self._holidays else self._week.get(day.weekday(), ())

    def _on(self, day: date, hours: Hours) -> Window:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # by the clock of the zone
        opens, closes = midnight + timedelta(minutes=hours.opens), midnight + timedelta(minutes=hours.closes)
        return instant(opens, self.zone), instant(closes, self.zone)


def beyond() -> OutOfRange:
    """The refusal of what lies beyond the years that are counted."""
    return OutOfRange("workTime", f"is counted in the years {FIRST:,} to {LAST - 1:,}".replace(",", ""))

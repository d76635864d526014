"""Open windows: shifts, holidays and day overrides as windows in UTC.

Invariants:
    1. Windows are in UTC, sorted and disjoint.
    2. A shift belongs to the local day on which it begins. A working day is a day on which a shift begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from crmcore.domain.kernel.values.period import Period
from crmcore.domain.kernel.zones import instant, zone_of
from crmcore.domain.organization.business_hours.hours import DayOverride, Holiday, Hours, Shift
from crmcore.domain.organization.business_hours.month_index import Window, merge_windows, subtract_windows

_DAY: Final = timedelta(days=1)
_WHOLE_DAY: Final = Hours(0, 24 * 60)


class OpenWindows:
    """The open windows of a calendar.

    Args:
        (all): as those of `crmcore.domain.organization.business_hours.business_hours.BusinessHours`.
    """

    __slots__ = ("_closed", "_holidays", "_overrides", "_partial_holidays", "_week", "zone")

    def __init__(
        self,
        zone: str,
        week: Sequence[Shift],
        holidays: Sequence[Holiday],
        day_overrides: Sequence[DayOverride],
        closed: Iterable[Period],
    ) -> None:
        self.zone: ZoneInfo = zone_of(zone)
        self._week: Mapping[int, tuple[Hours, ...]] = {
            weekday: tuple(shift.hours for shift in shifts)
            for weekday, shifts in groupby(sorted(week, key=lambda s: s.weekday), key=lambda s: s.weekday)
        }
        self._overrides = {override.day: override for override in day_overrides}
        observed = [holiday for holiday in holidays if holiday.is_observed and holiday.day not in self._overrides]
        self._holidays = {holiday.day for holiday in observed if holiday.hours is None}
        self._partial_holidays = [(holiday.day, holiday.hours) for holiday in observed if holiday.hours is not None]
        self._closed = merge_windows((period.since, period.until) for period in closed)

    def closed_periods(self, additional: Iterable[Period]) -> tuple[Period, ...]:
        """Return the open windows with more closed periods."""
        return (*(Period(since, until) for since, until in self._closed), *additional)

    def windows(self, first: date, last: date) -> list[Window]:
        """Return the windows of the shifts that begin on some local days."""
        windows = merge_windows(
            self._window(first + n * _DAY, hours)
            for n in range((last - first).days + 1)
            for hours in self._hours_of(first + n * _DAY)
        )
        if not windows:
            return windows
        partial = (
            self._window(day, hours) for day, hours in self._partial_holidays if first - _DAY <= day <= last + _DAY
        )
        start, end = windows[0][0], windows[-1][1]
        closed = (window for window in self._closed if window[0] < end and start < window[1])
        return subtract_windows(windows, merge_windows((*partial, *closed)))

    def day_windows(self, first: date, last: date) -> list[Window]:
        """Return the working days among some local days, as whole-day windows."""
        days = (first + n * _DAY for n in range((last - first).days + 1))
        return merge_windows(self._window(day, _WHOLE_DAY) for day in days if self.windows(day, day))

    def _hours_of(self, day: date) -> tuple[Hours, ...]:
        override = self._overrides.get(day)
        if override is not None:
            return override.hours if override.as_weekday is None else self._week.get(override.as_weekday, ())
        return () if day in self._holidays else self._week.get(day.weekday(), ())

    def _window(self, day: date, hours: Hours) -> Window:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # by the clock of the zone
        opens, closes = midnight + timedelta(minutes=hours.opens), midnight + timedelta(minutes=hours.closes)
        return instant(opens, self.zone), instant(closes, self.zone)

"""TIME: working time is counted right at every leap of the clock, in every zone of the world.

Every zone of IANA, and every leap of its clock in ten years. Round each of them a week of shifts, some over midnight, is compared by
quarter-hours with a walk along the clock, and what is added is measured.

From a checkout: ``python -m tests.reliability.dst_changes --seed 1 --n 3``; n is the number of spans that are added and measured at each leap.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.organization.business_hours.hours import Hours, Shift
from crmcore.domain.organization.business_hours.month_index import Window
from crmcore.domain.organization.business_hours.open_windows import OpenWindows
from tests.reliability.harness import Verdict, run

YEARS: Final = (2017, 2027)
QUARTER: Final = timedelta(minutes=15)
DAY: Final = timedelta(days=1)
MINUTES_CHECKED: Final = range(144, 288)
"""The quarter-hours from half a day before a leap to a day after it, counted from two days before it."""
MUTATIONS: Final = {
    "naive": "local times are taken as the library gives them, without a rule for those that do not exist",
    "wall": "what lies between two instants is read off the wall clock",
}


class _NaiveOpenWindows(OpenWindows):
    def _window(self, day: date, hours: Hours) -> Window:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        opens, closes = (midnight + timedelta(minutes=m) for m in (hours.opens, hours.closes))
        return opens.astimezone(UTC), closes.astimezone(UTC)


class _NaiveBusinessHours(BusinessHours):
    def __init__(self, zone: str, week: Sequence[Shift]) -> None:
        super().__init__(zone, week)
        self._open_windows = _NaiveOpenWindows(zone, week, (), (), ())
        self._windows_between = self._open_windows.windows


class _WallClockBusinessHours(BusinessHours):
    def elapsed(self, since: datetime, until: datetime) -> timedelta:
        leap = (until.astimezone(self.zone).utcoffset() or DAY) - (since.astimezone(self.zone).utcoffset() or DAY)
        return super().elapsed(since, until) + leap


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Count working time round every leap of the clock of every zone in ten years."""
    verdict = Verdict()
    kind = {"naive": _NaiveBusinessHours, "wall": _WallClockBusinessHours}.get(mutation, BusinessHours)
    zones = sorted(available_timezones())
    for name in zones[::10] if mutation else zones:  # a planted bug shows in every tenth
        verdict.count("zones")
        week = _random_week(rng)
        time = kind(name, week)
        zone = ZoneInfo(name)
        for leap in _offset_changes(zone):
            verdict.count("leaps of the clock")
            _compare(verdict, time, week, zone, leap)
            for _ in range(n):
                _check_elapsed(verdict, time, leap, rng)
    return verdict


def _random_week(rng: random.Random) -> tuple[Shift, ...]:
    """A shift for every day, most of them by night, when clocks leap."""
    shifts = []
    for weekday in range(7):
        opens = 15 * rng.randrange(80, 96) if rng.random() < 0.6 else 15 * rng.randrange(0, 16)
        shifts.append(Shift(weekday, Hours(opens, opens + 15 * rng.randrange(1, 16))))
    return tuple(shifts)


def _offset_changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The instants at which the offset of a zone changes, to the second."""
    at, end = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[1], 1, 1, tzinfo=UTC)
    while at < end:
        after = at + DAY
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = at, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                if middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
                    low = middle
                else:
                    high = middle
            yield high.replace(microsecond=0)
        at = after


def _compare(
    verdict: Verdict, time: BusinessHours, week: tuple[Shift, ...], zone: ZoneInfo, change_at: datetime
) -> None:
    """Compare with a walk: a shift has begun when the clock first shows its beginning or more, and is over likewise."""
    start = (change_at - 2 * DAY).replace(minute=0, second=0, microsecond=0)
    shown = [(start + n * QUARTER).astimezone(zone).replace(tzinfo=None) for n in range(5 * 96)]
    walked = [False] * len(shown)
    for day in sorted({moment.date() for moment in shown[96:]}):
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # as the clock shows it
        for hours in (shift.hours for shift in week if shift.weekday == day.weekday()):
            opens, closes = (
                next((n for n, s in enumerate(shown) if s >= midnight + timedelta(minutes=m)), len(shown))
                for m in (hours.opens, hours.closes)
            )
            walked[opens:closes] = [True] * (closes - opens)
    for n in MINUTES_CHECKED:
        at = start + n * QUARTER
        verdict.check("open as the clock says", time.is_open(at) == walked[n], f"{zone.key} {at.isoformat()}")
    verdict.count("quarter-hours compared", len(MINUTES_CHECKED))


def _check_elapsed(verdict: Verdict, time: BusinessHours, change_at: datetime, rng: random.Random) -> None:
    at = change_at + timedelta(microseconds=rng.randrange(-172_800_000_000, 86_400_000_000))
    span = timedelta(microseconds=rng.randrange(1, 400_000_000_000))
    note = f"{time.zone.key} {at.isoformat()} {span}"
    verdict.count("spans added and measured")
    verdict.check("what was added is measured", span == time.elapsed(at, time.add(at, span)), note)
    verdict.check("what was taken back is measured", span == time.elapsed(time.subtract(at, span), at), note)
    verdict.check(
        "back is the mirror image", not time.is_open(at) or at == time.subtract(time.add(at, span), span), note
    )


if __name__ == "__main__":
    sys.exit(run("TIME", check, n=3, mutations=MUTATIONS))

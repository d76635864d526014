"""When the company is open, and when somebody gets round to something."""

from datetime import datetime, time, timedelta
from typing import Final

from crmcore.demo.company import ZONE
from crmcore.domain.kernel.zones import instant, zone_of

OPENS: Final = time(8, 30)
CLOSES: Final = time(19)
SUNDAY: Final = 6
_ZONE: Final = zone_of(ZONE)


def next_opening(at: datetime) -> datetime:
    """The moment itself if the company is open then, or else when it opens next."""
    local = at.astimezone(_ZONE)
    if local.weekday() != SUNDAY and OPENS <= local.time() < CLOSES:
        return at
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    if day.weekday() == SUNDAY:
        day += timedelta(days=1)
    return instant(datetime.combine(day, OPENS), _ZONE)


def add_minutes(at: datetime, minutes: float) -> datetime:
    """When somebody who takes that long from opening time gets round to it."""
    return next_opening(next_opening(at) + timedelta(minutes=minutes))


def working_day_at(at: datetime, days: int, hour: int) -> datetime:
    """The hour of a working day, so many days later."""
    day = at.astimezone(_ZONE).date() + timedelta(days=days)
    if day.weekday() == SUNDAY:
        day += timedelta(days=1)
    return instant(datetime.combine(day, time(hour)), _ZONE)

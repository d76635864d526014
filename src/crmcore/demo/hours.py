"""Business hours of the demo company, and delays that respect them."""

from datetime import datetime, time, timedelta
from typing import Final

from crmcore.demo.company import ZONE
from crmcore.domain.kernel.zones import instant, zone_of

OPENS: Final = time(8, 30)
CLOSES: Final = time(19)
SUNDAY: Final = 6
_ZONE: Final = zone_of(ZONE)


def next_opening(at: datetime) -> datetime:
    """Return the time itself during business hours, else the next opening."""
    local = at.astimezone(_ZONE)
    if local.weekday() != SUNDAY and OPENS <= local.time() < CLOSES:
        return at
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    if day.weekday() == SUNDAY:
        day += timedelta(days=1)
    return instant(datetime.combine(day, OPENS), _ZONE)


def add_minutes(at: datetime, minutes: float) -> datetime:
    """Return the time after a delay that is counted from the next opening."""
    return next_opening(next_opening(at) + timedelta(minutes=minutes))


def working_day_at(at: datetime, days: int, hour: int) -> datetime:
    """Return an hour of the working day that is some days later."""
    day = at.astimezone(_ZONE).date() + timedelta(days=days)
    if day.weekday() == SUNDAY:
        day += timedelta(days=1)
    return instant(datetime.combine(day, time(hour)), _ZONE)

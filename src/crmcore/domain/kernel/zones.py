"""Wall clocks: from a local date and time in a zone to the one instant that is meant.

Rule 1: a local time that the zone leaps over means the first instant after the leap.
Rule 2: a local time that the zone has twice means the first of the two.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crmcore.domain.kernel.errors.validation import InvalidChoiceError


def zone_of(name: str, *, field: str = "zone") -> ZoneInfo:
    """Find a time zone by its IANA name.

    Raises:
        InvalidChoiceError: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, TypeError, AttributeError, ZoneInfoNotFoundError):
        raise InvalidChoiceError(field, allowed=("an IANA zone such as Asia/Tashkent",)) from None


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant of a naive local time, in UTC.

    Example:
        >>> leapt = instant(datetime(2026, 3, 29, 3, 30), ZoneInfo("Europe/Riga"))
        >>> leapt.astimezone(ZoneInfo("Europe/Riga")).isoformat()
        '2026-03-29T04:00:00+03:00'
    """
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local:
        return first
    # Leapt over. The leap lies between what the two offsets make of the time; halve the way to it.
    earlier, later = local.replace(tzinfo=zone, fold=1).astimezone(UTC), first
    offset = earlier.astimezone(zone).utcoffset()
    while later - earlier > timedelta(microseconds=1):
        middle = earlier + (later - earlier) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            earlier = middle
        else:
            later = middle
    return later

"""Time zones: from a local date and time to the instant.

Invariants:
    1. A local time in a gap of the wall clock means the first instant after the gap.
    2. A local time that occurs twice means the first of the two.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crmcore.domain.kernel.errors.validation import InvalidChoiceError


def zone_of(name: str, *, field: str = "zone") -> ZoneInfo:
    """Return the time zone of an IANA name.

    Raises:
        InvalidChoiceError: the name is unknown.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, TypeError, AttributeError, ZoneInfoNotFoundError):
        raise InvalidChoiceError(field, allowed=("an IANA zone such as Asia/Tashkent",)) from None


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a naive local time, in UTC.

    Example:
        >>> leapt = instant(datetime(2026, 3, 29, 3, 30), ZoneInfo("Europe/Riga"))
        >>> leapt.astimezone(ZoneInfo("Europe/Riga")).isoformat()
        '2026-03-29T04:00:00+03:00'
    """
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local:
        return first
    # In a gap. The gap lies between the two offsets' results; bisect it.
    earlier, later = local.replace(tzinfo=zone, fold=1).astimezone(UTC), first
    offset = earlier.astimezone(zone).utcoffset()
    while later - earlier > timedelta(microseconds=1):
        middle = earlier + (later - earlier) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            earlier = middle
        else:
            later = middle
    return later

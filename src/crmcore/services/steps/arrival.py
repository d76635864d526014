"""When something came to us: mostly now, now and then before, when it waited elsewhere or its history is taken in."""

from datetime import datetime, timedelta
from typing import Final

from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.fields.time import checked_moment
from crmcore.domain.worktime.months import FIRST
from crmcore.services.unit import Unit

NEWS: Final = timedelta(hours=24)
"""How old a request may be when it is taken in; an older one is history."""


def arrival(unit: Unit, at: datetime | None, field: str) -> datetime:
    """When something came: now, or when we are told.

    Raises:
        NaiveTime: a time without a zone.
        OutOfRange: it lies in the future, or before the years that are counted.
    """
    if at is None:
        return unit.now
    at = checked_moment(field, at)
    if at > unit.now:
        raise OutOfRange(field, "must not lie in the future")
    if at.year < FIRST:
        raise OutOfRange(field, f"must not lie before the year {FIRST}")
    return at


def is_news(unit: Unit, at: datetime) -> bool:
    """Tell whether something is still to be done about a request that came then."""
    return unit.now - at <= NEWS

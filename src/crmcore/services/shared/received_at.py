"""When something came to us: mostly now, now and then before, when it waited elsewhere or its history is taken in."""

from datetime import datetime, timedelta
from typing import Final

from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.fields.time import checked_timestamp
from crmcore.domain.organization.business_hours.month_index import FIRST_YEAR
from crmcore.services.unit_of_work import UnitOfWork

RECENT_WINDOW: Final = timedelta(hours=24)
"""How old a request may be when it is taken in; an older one is history."""


def resolve_received_at(uow: UnitOfWork, at: datetime | None, field: str) -> datetime:
    """When something came: now, or when we are told.

    Raises:
        NaiveDatetimeError: a time without a zone.
        OutOfRangeError: it lies in the future, or before the years that are counted.
    """
    if at is None:
        return uow.now
    at = checked_timestamp(field, at)
    if at > uow.now:
        raise OutOfRangeError(field, "must not lie in the future")
    if at.year < FIRST_YEAR:
        raise OutOfRangeError(field, f"must not lie before the year {FIRST_YEAR}")
    return at


def is_recent(uow: UnitOfWork, at: datetime) -> bool:
    """Tell whether something is still to be done about a request that came then."""
    return uow.now - at <= RECENT_WINDOW

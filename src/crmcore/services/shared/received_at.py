"""`received_at`: defaults to now; in the past for imported history."""

from datetime import datetime, timedelta
from typing import Final

from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.fields.time import checked_timestamp
from crmcore.domain.organization.business_hours.month_index import FIRST_YEAR
from crmcore.services.unit_of_work import UnitOfWork

RECENT_WINDOW: Final = timedelta(hours=24)
"""Maximum age of a recent request; an older one is imported history."""


def resolve_received_at(uow: UnitOfWork, at: datetime | None, field: str) -> datetime:
    """Return the time of receipt: the given time, or now.

    Raises:
        NaiveDatetimeError: the time has no time zone.
        OutOfRangeError: the time is in the future, or before the years that calendars cover.
    """
    if at is None:
        return uow.now
    at = checked_timestamp(field, at)
    if at > uow.now:
        raise OutOfRangeError(field, "must not be in the future")
    if at.year < FIRST_YEAR:
        raise OutOfRangeError(field, f"must not be before the year {FIRST_YEAR}")
    return at


def is_recent(uow: UnitOfWork, at: datetime) -> bool:
    """Check whether a request is recent, so that work on it starts now."""
    return uow.now - at <= RECENT_WINDOW

"""Stage age. A deal past the age limit of its stage is stuck (rotting).

Invariants:
    1. Whether a deal is stuck is computed from the deal, its stage, business hours and now. No job is needed.
    2. A deal is stuck when its age starts at or before the stage's cutoff, so that a store can search by it.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.organization.business_hours.arithmetic import WindowArithmetic
from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN, BusinessHours

_MICROSECOND: Final = timedelta(microseconds=1)


class AgeFrom(Enum):
    """Where the stage age starts: at the entry, or at the last activity."""

    ENTERED = "entered"
    LAST_ACTIVITY = "last_activity"


@record
class StageAgePolicy:
    """How the stage age is counted.

    Attributes:
        counts_from: the entry into the stage, or the last activity.
        counts_working_days: whether only working days count, from midnight to midnight.
        paused_by_next_step: whether a deal with a next step ahead is not stuck.
    """

    counts_from: AgeFrom = fields.enum(AgeFrom, default=AgeFrom.ENTERED)
    counts_working_days: bool = fields.boolean(default=False)
    paused_by_next_step: bool = fields.boolean(default=False)

    def exceeded_at(self, since: datetime, limit: timedelta, *, business_hours: BusinessHours) -> datetime | None:
        """Return the last instant within the limit.

        None if it lies outside the supported years.
        """
        try:
            return self._arithmetic(business_hours).add(since, limit)
        except OutOfRangeError:
            return None

    def cutoff(self, limit: timedelta, *, business_hours: BusinessHours, now: datetime) -> datetime | None:
        """Return the last instant whose age exceeds the limit by now.

        None if it lies outside the supported years.
        """
        try:
            return self._arithmetic(business_hours).subtract(now - _MICROSECOND, limit)
        except OutOfRangeError:
            return None

    def age(self, since: datetime, *, business_hours: BusinessHours, now: datetime) -> timedelta:
        """Return the stage age of a deal."""
        return self._arithmetic(business_hours).elapsed(since, max(since, now))

    def _arithmetic(self, business_hours: BusinessHours) -> WindowArithmetic:
        return business_hours.whole_days if self.counts_working_days else ALWAYS_OPEN


DEFAULT_STAGE_AGE_POLICY: Final = StageAgePolicy()
"""The default: from the entry, all days count."""

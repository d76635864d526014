"""How the time that a deal spends in a stage is counted. A deal that stays for longer than the stage allows is stuck; others say that it rots.

Rule 1: whether a deal is stuck follows from the deal, its stage, the working time and now. Nothing marks it, and no job has to run.
Rule 2: a deal is stuck when what its age counts from lies at or before the stage's cutoff, so that a store can search by it.
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
    """From what the age of a deal in its stage counts: its entry, or the last time that anything was done for it."""

    ENTERED = "entered"
    LAST_ACTIVITY = "last_activity"


@record
class StageAgePolicy:
    """How the age of a deal in its stage is counted.

    Attributes:
        counts_from: its entry into the stage, or the last time that anything was done for it.
        counts_working_days: whether only days count on which the house works, each of them from midnight to midnight.
        paused_by_next_step: whether a deal whose next step lies ahead is not stuck.
    """

    counts_from: AgeFrom = fields.enum(AgeFrom, default=AgeFrom.ENTERED)
    counts_working_days: bool = fields.boolean(default=False)
    paused_by_next_step: bool = fields.boolean(default=False)

    def exceeded_at(self, since: datetime, limit: timedelta, *, business_hours: BusinessHours) -> datetime | None:
        """The last instant at which the limit is not exceeded; None when that lies beyond the years that are counted."""
        try:
            return self._arithmetic(business_hours).add(since, limit)
        except OutOfRangeError:
            return None

    def cutoff(self, limit: timedelta, *, business_hours: BusinessHours, now: datetime) -> datetime | None:
        """The last instant since which more than the limit has passed by now; None when there was none in the years that are counted."""
        try:
            return self._arithmetic(business_hours).subtract(now - _MICROSECOND, limit)
        except OutOfRangeError:
            return None

    def age(self, since: datetime, *, business_hours: BusinessHours, now: datetime) -> timedelta:
        """How long a deal has been in its stage."""
        return self._arithmetic(business_hours).elapsed(since, max(since, now))

    def _arithmetic(self, business_hours: BusinessHours) -> WindowArithmetic:
        return business_hours.whole_days if self.counts_working_days else ALWAYS_OPEN


DEFAULT_STAGE_AGE_POLICY: Final = StageAgePolicy()
"""From the entry, all days alike: how the age is counted where a stage says nothing else."""

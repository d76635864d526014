"""How the time that a deal spends in a stage is counted. A deal that stays for longer than the stage allows is stuck; others say that it rots.

Rule 1: whether a deal is stuck follows from the deal, its stage, the working time and now. Nothing marks it, and no job has to run.
Rule 2: a deal is stuck when what its age counts from lies at or before the stage's cutoff, so that a store can search by it.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from crmcore.domain import fields
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.kernel import record
from crmcore.domain.worktime.counting import Counting
from crmcore.domain.worktime.time import ALWAYS, WorkTime

_MOMENT: Final = timedelta(microseconds=1)


class AgeFrom(Enum):
    """From what the age of a deal in its stage counts: its entry, or the last time that anything was done for it."""

    ENTRY = "entry"
    TOUCH = "touch"


@record
class Aging:
    """How the age of a deal in its stage is counted.

    Attributes:
        counts_from: its entry into the stage, or the last time that anything was done for it.
        in_working_days: whether only days count on which the house works, each of them from midnight to midnight.
        held_by_next_step: whether a deal whose next step lies ahead is not stuck.
    """

    counts_from: AgeFrom = fields.one_of(AgeFrom, default=AgeFrom.ENTRY)
    in_working_days: bool = fields.flag(default=False)
    held_by_next_step: bool = fields.flag(default=False)

    def over_at(self, since: datetime, limit: timedelta, *, time: WorkTime) -> datetime | None:
        """The last instant at which the limit is not exceeded; None when that lies beyond the years that are counted."""
        try:
            return self._counting(time).added(since, limit)
        except OutOfRange:
            return None

    def cutoff(self, limit: timedelta, *, time: WorkTime, now: datetime) -> datetime | None:
        """The last instant since which more than the limit has passed by now; None when there was none in the years that are counted."""
        try:
            return self._counting(time).back(now - _MOMENT, limit)
        except OutOfRange:
            return None

    def age(self, since: datetime, *, time: WorkTime, now: datetime) -> timedelta:
        """How long a deal has been in its stage."""
        return self._counting(time).between(since, max(since, now))

    def _counting(self, time: WorkTime) -> Counting:
        return time.days if self.in_working_days else ALWAYS


BY_THE_CALENDAR: Final = Aging()
"""From the entry, all days alike: how the age is counted where a stage says nothing else."""

"""Occurrences: work that comes due by itself, such as a reminder, an escalation, the next of a series.

Rule 1: an occurrence is written by the story that causes it, in its transaction. No two of a kind, subject and instant exist.
Rule 2: its effect and its being done are one transaction, so it happens once, however many workers there are.
Rule 3: it is a reason to look, not an order: whoever handles it looks at the subject as it is now.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.backoff import add_clamped, backoff
from crmcore.domain.kernel.entity import Entity, EntityMeta, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.fields.text import printable_line
from crmcore.domain.kernel.ids import ScheduledJobId

MAX_ATTEMPTS: Final = 25
"""How often an occurrence is tried before it is dead."""
FIRST_WAIT: Final = timedelta(seconds=2)
"""How long to wait after the first failed attempt; doubled with each further one."""
LONGEST_WAIT: Final = timedelta(hours=6)
"""The longest wait between two attempts."""


class JobState(Enum):
    """Where an occurrence stands."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


@record
class ScheduledJob(Entity):
    """Something to look at, at a certain time.

    Attributes:
        kind: what to do, as a word: ``task.reminder``.
        subject_id: the id of the record that it is about.
        scheduled_at: when it comes due.
        due_at: when it is tried next.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "job", "scheduled_jobs", unique_keys=(("subject_id", "kind", "scheduled_at"),), indexes=(("state", "due_at"),)
    )

    id: ScheduledJobId = fields.id_of("job")
    kind: str = fields.text(personal=False, max_length=60)
    subject_id: str = fields.text(personal=False, max_length=64)
    scheduled_at: datetime = fields.timestamp()
    due_at: datetime = fields.timestamp()
    state: JobState = fields.enum(JobState, default=JobState.PENDING)
    attempts: int = fields.integer(default=0)
    done_at: datetime | None = fields.timestamp(optional=True, default=None)
    last_error: str = fields.text(personal=False, max_length=500, default="", allow_blank=True)

    @classmethod
    def schedule(cls, id: ScheduledJobId, kind: str, subject_id: str, *, at: datetime) -> Self:
        """Note that something comes due at that time."""
        return cls(id=id, kind=kind, subject_id=subject_id, scheduled_at=at, due_at=at)

    def mark_done(self, *, at: datetime) -> Self:
        """Note that it was looked at."""
        return self._record(state=JobState.DONE, done_at=at, attempts=self.attempts + 1, last_error="")

    def mark_failed(self, error: str, *, at: datetime) -> Self:
        """Note that it could not be handled: try again in twice the time, at last give up."""
        attempts = self.attempts + 1
        state = JobState.DEAD if attempts >= MAX_ATTEMPTS else JobState.PENDING
        due_at = add_clamped(at, backoff(self.attempts, initial_delay=FIRST_WAIT, max_delay=LONGEST_WAIT))
        return self._record(state=state, attempts=attempts, due_at=due_at, last_error=printable_line(error, limit=500))

    def reschedule(self) -> Self:
        """Let it come due once more: its subject returned to an instant that it had been moved away from."""
        if self.state is JobState.PENDING:
            return self
        return self._record(state=JobState.PENDING, due_at=self.scheduled_at, attempts=0, done_at=None, last_error="")

    def retry(self, *, at: datetime) -> Self:
        """Try a dead one anew.

        Raises:
            BusinessRuleError: it is not dead.
        """
        if self.state is not JobState.DEAD:
            raise BusinessRuleError(self.id, "job_not_dead", f"is {self.state.value}; only a dead one can be replayed")
        return self._record(state=JobState.PENDING, attempts=0, due_at=at, last_error="")

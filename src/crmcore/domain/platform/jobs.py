"""Scheduled jobs: reminders, escalations, recurrences, with retries.

Invariants:
    1. A job is stored in the transaction of the command that causes it. Kind, subject and time are unique.
    2. The effect of a job and its completion are one transaction, so it runs once, with any number of workers.
    3. A handler loads the subject and decides by its present state.
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
"""The number of attempts before a job is dead."""
FIRST_WAIT: Final = timedelta(seconds=2)
"""The delay after the first failed attempt. It doubles with each further one."""
LONGEST_WAIT: Final = timedelta(hours=6)
"""The longest delay between two attempts."""


class JobState(Enum):
    """The state of a job."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


@record
class ScheduledJob(Entity):
    """Work that is due at a certain time.

    Attributes:
        kind: what to do, as in ``task.reminder``.
        subject_id: the id of the record.
        scheduled_at: when it is due.
        due_at: when the next attempt is due.
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
        """Schedule a job."""
        return cls(id=id, kind=kind, subject_id=subject_id, scheduled_at=at, due_at=at)

    def mark_done(self, *, at: datetime) -> Self:
        """Record that the job was done."""
        return self._record(state=JobState.DONE, done_at=at, attempts=self.attempts + 1, last_error="")

    def mark_failed(self, error: str, *, at: datetime) -> Self:
        """Record a failed attempt: retry after a backoff delay, or give up."""
        attempts = self.attempts + 1
        state = JobState.DEAD if attempts >= MAX_ATTEMPTS else JobState.PENDING
        due_at = add_clamped(at, backoff(self.attempts, initial_delay=FIRST_WAIT, max_delay=LONGEST_WAIT))
        return self._record(state=state, attempts=attempts, due_at=due_at, last_error=printable_line(error, limit=500))

    def reschedule(self) -> Self:
        """Schedule the job again, after its subject returned to that time."""
        if self.state is JobState.PENDING:
            return self
        return self._record(state=JobState.PENDING, due_at=self.scheduled_at, attempts=0, done_at=None, last_error="")

    def retry(self, *, at: datetime) -> Self:
        """Retry a dead job.

        Raises:
            BusinessRuleError: it is not dead.
        """
        if self.state is not JobState.DEAD:
            raise BusinessRuleError(self.id, "job_not_dead", f"is {self.state.value}; only a dead one can be replayed")
        return self._record(state=JobState.PENDING, attempts=0, due_at=at, last_error="")

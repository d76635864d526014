"""Occurrences: work that comes due by itself, such as a reminder, an escalation, the next of a series.

Rule 1: an occurrence is written by the story that causes it, in its transaction. No two of a kind, subject and instant exist.
Rule 2: its effect and its being done are one transaction, so it happens once, however many workers there are.
Rule 3: it is a reason to look, not an order: whoever handles it looks at the subject as it is now.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.backoff import backoff, later
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.fields.text import printable_line
from crmcore.domain.ids import OccurrenceId
from crmcore.domain.kernel import Entity, Shape, record

ATTEMPTS: Final = 25
"""How often an occurrence is tried before it is dead."""
FIRST_WAIT: Final = timedelta(seconds=2)
"""How long to wait after the first failed attempt; doubled with each further one."""
LONGEST_WAIT: Final = timedelta(hours=6)
"""The longest wait between two attempts."""


class OccurrenceState(Enum):
    """Where an occurrence stands."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


@record
class Occurrence(Entity):
    """Something to look at, at a certain time.

    Attributes:
        kind: what to do, as a word: ``task.reminder``.
        subject: the id of the record that it is about.
        occurs_at: when it comes due.
        due_at: when it is tried next.
    """

    shape: ClassVar[Shape] = Shape(
        "occurrence", "occurrences", unique=(("subject", "kind", "occurs_at"),), indexes=(("state", "due_at"),)
    )

    id: OccurrenceId = fields.ref("occurrence")
    kind: str = fields.text(personal=False, limit=60)
    subject: str = fields.text(personal=False, limit=64)
    occurs_at: datetime = fields.moment()
    due_at: datetime = fields.moment()
    state: OccurrenceState = fields.one_of(OccurrenceState, default=OccurrenceState.PENDING)
    attempts: int = fields.whole(default=0)
    done_at: datetime | None = fields.moment(optional=True, default=None)
    problem: str = fields.text(personal=False, limit=500, default="", blank=True)

    @classmethod
    def schedule(cls, id: OccurrenceId, kind: str, subject: str, *, at: datetime) -> Self:
        """Note that something comes due at that time."""
        return cls(id=id, kind=kind, subject=subject, occurs_at=at, due_at=at)

    def done(self, *, at: datetime) -> Self:
        """Note that it was looked at."""
        return self._after(state=OccurrenceState.DONE, done_at=at, attempts=self.attempts + 1, problem="")

    def failed(self, problem: str, *, at: datetime) -> Self:
        """Note that it could not be handled: try again in twice the time, at last give up."""
        attempts = self.attempts + 1
        state = OccurrenceState.DEAD if attempts >= ATTEMPTS else OccurrenceState.PENDING
        due_at = later(at, backoff(self.attempts, first=FIRST_WAIT, most=LONGEST_WAIT))
        return self._after(state=state, attempts=attempts, due_at=due_at, problem=printable_line(problem, limit=500))

    def arm(self) -> Self:
        """Let it come due once more: its subject returned to an instant that it had been moved away from."""
        if self.state is OccurrenceState.PENDING:
            return self
        return self._after(state=OccurrenceState.PENDING, due_at=self.occurs_at, attempts=0, done_at=None, problem="")

    def replay(self, *, at: datetime) -> Self:
        """Try a dead one anew.

        Raises:
            RuleBroken: it is not dead.
        """
        if self.state is not OccurrenceState.DEAD:
            raise RuleBroken(self.id, "occurrence_not_dead", f"is {self.state.value}; only a dead one can be replayed")
        return self._after(state=OccurrenceState.PENDING, attempts=0, due_at=at, problem="")

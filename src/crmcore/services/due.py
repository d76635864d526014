"""Due work: what comes due by itself is looked at, once, by whoever asks first.

Any scheduler may call `run`, from as many processes as it likes. Each occurrence is one transaction: its effect and its being done
are stored together, so nothing happens twice, and nothing is forgotten after an outage.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import frozen

from crmcore.domain.commitments import Commitment
from crmcore.domain.complaints import Complaint
from crmcore.domain.criteria import Compare, Is, OneOf
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.conflicts import Conflict
from crmcore.domain.errors.root import CrmError
from crmcore.domain.escalation import climb
from crmcore.domain.ids import OccurrenceId, UserId
from crmcore.domain.kernel import record
from crmcore.domain.occurrences import Occurrence, OccurrenceState
from crmcore.domain.people import User
from crmcore.domain.receipts import Receipt
from crmcore.domain.tasks import Task, TaskState
from crmcore.services.house import House, story, view
from crmcore.services.steps.agenda import (
    COMMITMENT_OVERDUE,
    COMPLAINT_OVERDUE,
    TASK_OVERDUE,
    TASK_REMINDER,
    schedule,
)
from crmcore.services.steps.messages import tell
from crmcore.services.steps.papers import written
from crmcore.services.steps.people import line_of
from crmcore.services.unit import Unit, check_limit

_log = logging.getLogger("crmcore.due")


@record
class DueReport:
    """What a run did.

    Attributes:
        done: how many occurrences were looked at.
        failed: how many could not be handled and are tried again later, or are dead.
        missed: how many somebody else had taken up meanwhile.
    """

    done: int = 0
    failed: int = 0
    missed: int = 0


@frozen
class Due:
    """Work that comes due by itself."""

    house: House

    def run(self, *, limit: int = 100) -> DueReport:
        """Look at what is due, the longest due first.

        Args:
            limit: how many at most, up to 1,000; call again while `DueReport.done` comes back full.
        """
        check_limit(limit)
        counts = {"done": 0, "failed": 0, "missed": 0}
        for waiting in self._waiting(limit):
            counts[self._attend(waiting)] += 1
        return DueReport(**counts)

    @story("due.replay")
    def replay(self, unit: Unit, id: OccurrenceId, /, *, key: str | None = None) -> Occurrence:
        """Try a dead occurrence anew.

        Raises:
            RuleBroken: it is not dead.
        """
        return unit.save(unit.get(Occurrence, id).replay(at=unit.now))

    @view("due.dead")
    def dead(self, unit: Unit, /, *, limit: int = 100) -> Sequence[Occurrence]:
        """Read the occurrences that were given up, the oldest first."""
        check_limit(limit)
        return unit.find(Occurrence, Is("state", OccurrenceState.DEAD), limit=limit)

    @story("due.tidy")
    def tidy(self, unit: Unit, /, *, limit: int = 1000) -> int:
        """Forget receipts of idempotency keys that have expired; tells how many."""
        check_limit(limit)
        expired = unit.find(Receipt, Compare("expires_at", "<=", unit.now), limit=limit)
        for receipt in expired:
            unit.remove(receipt)
        return len(expired)

    @view("due.waiting")
    def _waiting(self, unit: Unit, limit: int, /) -> Sequence[Occurrence]:
        return unit.find(
            Occurrence,
            # A kind that this release does not know is left for a newer one.
            Is("state", OccurrenceState.PENDING) & Compare("due_at", "<=", unit.now) & OneOf("kind", tuple(HANDLERS)),
            order="due_at",
            limit=limit,
        )

    def _attend(self, waiting: Occurrence) -> str:
        try:
            return self.house.run("due.run", lambda unit: self._handle(unit, waiting))
        except Conflict:  # somebody else handled it, or changed its subject; if it is still due, the next run sees it
            return "missed"
        except Exception as error:  # noqa: BLE001  # one that cannot be handled must not keep the others waiting
            problem = f"{error.code}: {error}" if isinstance(error, CrmError) else type(error).__name__
            _log.warning("due work failed", extra={"crm_occurrence": waiting.id, "crm_error": type(error).__name__})
            self.house.insist("due.run", lambda unit: _note_failure(unit, waiting, problem))
            return "failed"

    def _handle(self, unit: Unit, waiting: Occurrence) -> str:
        claim = Is("id", waiting.id) & Is("state", OccurrenceState.PENDING) & Is("version", waiting.version)
        occurrence = next(iter(unit.find(Occurrence, claim, limit=1, lock=True)), None)
        if occurrence is None:
            return "missed"
        HANDLERS[occurrence.kind](unit, self.house, occurrence)
        unit.save(occurrence.done(at=unit.now))
        return "done"


def _note_failure(unit: Unit, waiting: Occurrence, problem: str) -> None:
    occurrence = unit.peek(Occurrence, waiting.id)
    if occurrence is not None and occurrence.version == waiting.version:
        unit.save(occurrence.failed(problem, at=unit.now))


def _task_overdue(unit: Unit, house: House, occurrence: Occurrence) -> None:
    """Tell the next one up the line that a task is late, and note when the one after is to hear of it."""
    task = unit.peek(Task, occurrence.subject)
    if task is None or task.state is not TaskState.OPEN or task.due_at is None or task.due_at > unit.now:
        return
    if house.ladder.rung(task.level + 1, task.due_at) != occurrence.occurs_at:
        return  # it was moved since
    step = climb(task.level + 1, _above(unit, task), told=task.told, at=unit.now)
    if step.to is not None:
        facts = {"title": task.title, "due": written(task.due_at, house), "assignee": _name(unit, task.assignee)}
        tell(unit, step.to, "task.overdue", about=task.id, **facts)
    escalated = unit.save(task.escalate(to=step.to, at=unit.now))
    schedule(unit, TASK_OVERDUE, task.id, at=house.ladder.rung(escalated.level + 1, task.due_at))


def _task_reminder(unit: Unit, house: House, occurrence: Occurrence) -> None:
    """Remind the assignee of a task that is still open."""
    task = unit.peek(Task, occurrence.subject)
    if task is None or task.state is not TaskState.OPEN or task.remind_at != occurrence.occurs_at:
        return
    if task.assignee is not None:
        tell(unit, task.assignee, "task.reminder", about=task.id, title=task.title, due=written(task.due_at, house))


def _commitment_overdue(unit: Unit, house: House, occurrence: Occurrence) -> None:
    """Tell whoever sees to a promise that it is late."""
    promise = unit.peek(Commitment, occurrence.subject)
    if promise is None or promise.due_at != occurrence.occurs_at or promise.owner is None:
        return
    if promise.is_overdue(unit.now) or promise.due_at == unit.now:
        facts = {"what": promise.what[:500], "due": written(promise.due_at, house), "side": promise.side.value}
        tell(unit, promise.owner, "commitment.overdue", about=promise.id, **facts)


def _complaint_overdue(unit: Unit, house: House, occurrence: Occurrence) -> None:
    """Tell the next one up the line that a complaint is late."""
    complaint = unit.peek(Complaint, occurrence.subject)
    if complaint is None or not complaint.state.is_open:
        return
    if house.ladder.rung(complaint.level + 1, complaint.due_at) != occurrence.occurs_at:
        return
    step = climb(complaint.level + 1, line_of(unit, complaint.responsible), told=complaint.told, at=unit.now)
    if step.to is not None:
        facts = {
            "subject": complaint.subject,
            "type": complaint.type,
            "due": written(complaint.due_at, house),
            "responsible": _name(unit, complaint.responsible),
        }
        tell(unit, step.to, "complaint.overdue", about=complaint.id, **facts)
    escalated = unit.save(complaint.escalate(to=step.to, at=unit.now))
    schedule(unit, COMPLAINT_OVERDUE, complaint.id, at=house.ladder.rung(escalated.level + 1, complaint.due_at))


def _above(unit: Unit, task: Task) -> Sequence[User]:
    """Who stands above a task: the line of whoever has it; when nobody has, the deal's owner and the line from there."""
    if task.assignee is not None:
        return line_of(unit, task.assignee)
    deal = unit.peek(Deal, task.deal)
    owner = unit.peek(User, deal.owner) if deal else None
    return (owner, *line_of(unit, owner.id)) if owner else ()


def _name(unit: Unit, user: UserId | None) -> str:
    person = unit.peek(User, user)
    return person.name if person else ""


HANDLERS: Final[Mapping[str, Callable[[Unit, House, Occurrence], None]]] = {
    TASK_OVERDUE: _task_overdue,
    TASK_REMINDER: _task_reminder,
    COMMITMENT_OVERDUE: _commitment_overdue,
    COMPLAINT_OVERDUE: _complaint_overdue,
}
"""What is done with each kind of occurrence."""

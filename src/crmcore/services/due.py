"""Due work: what comes due by itself is looked at, once, by whoever asks first.

Any scheduler may call `run`, from as many processes as it likes. Each occurrence is one transaction: its effect and its being done
are stored together, so nothing happens twice, and nothing is forgotten after an outage.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from attrs import evolve, frozen

from crmcore.domain.appointments.appointment import Appointment
from crmcore.domain.commitments import Commitment, CommitmentState
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.criteria import Compare, Criterion, Is, OneOf
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.broken import Forbidden
from crmcore.domain.errors.conflicts import Conflict
from crmcore.domain.errors.root import CrmError
from crmcore.domain.ids import OccurrenceId, kind_of
from crmcore.domain.inquiries import Inquiry
from crmcore.domain.kernel import Entity, record
from crmcore.domain.occurrences import Occurrence, OccurrenceState
from crmcore.domain.people import User
from crmcore.domain.receipts import Receipt
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.maintenance import Maintenance
from crmcore.domain.tasks import Task, TaskState
from crmcore.domain.worktime.calendar import WorkCalendar
from crmcore.services.house import House, story, view
from crmcore.services.steps.agenda import (
    APPOINTMENT_REMINDER,
    CALENDAR_CHANGED,
    ESCALATION,
    MAINTENANCE_DUE,
    TASK_REMINDER,
    USER_LEFT,
)
from crmcore.services.steps.cases import keep_case, open_states, pass_on
from crmcore.services.steps.ladders import Watched, next_step, take_step, watch
from crmcore.services.steps.messages import tell
from crmcore.services.steps.papers import written
from crmcore.services.steps.visits import give_visit
from crmcore.services.steps.watching import watched_case, watched_commitment, watched_request, watched_task
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

        An error that is no `Exception`, such as `SystemExit`, counts as a failed attempt of its occurrence and is then raised: the next
        call goes on with the others.

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
            try:
                self.house.insist("due.run", lambda unit: _note_failure(unit, waiting, problem))
            except (Conflict, Forbidden):  # it stays due, and the others have their turn first
                _log.warning("failure not recorded", extra={"crm_occurrence": waiting.id})
            return "failed"
        except (
            BaseException
        ) as error:  # it ends the process, but counts before: else it would end every run at this occurrence
            problem = type(error).__name__
            with suppress(Exception):
                evolve(self.house, tracer=None).insist("due.run", lambda unit: _note_failure(unit, waiting, problem))
            raise

    def _handle(self, unit: Unit, waiting: Occurrence) -> str:
        claim = Is("id", waiting.id) & Is("state", OccurrenceState.PENDING) & Is("version", waiting.version)
        claim &= Compare("due_at", "<=", unit.now)  # a clock may have been put back since it was read
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


def _escalate(unit: Unit, house: House, occurrence: Occurrence) -> None:
    """Tell the next one up the line that something is late or about to be, and note when the one after is to hear of it."""
    for watched in _watched(unit, house, occurrence.subject):
        while (step := next_step(unit, watched)) is not None and step.at <= unit.now:
            climbed = take_step(unit, watched, step)
            subject = _peek(unit, occurrence.subject)
            if isinstance(subject, (Task, Commitment, Complaint, Inquiry)):
                unit.save(subject.escalate(level=step.level, to=climbed.to, at=unit.now))
    watch(unit, _watched(unit, house, occurrence.subject))


def _watched(unit: Unit, house: House, id: str) -> tuple[Watched, ...]:
    match _peek(unit, id):
        case Task() as task:
            return watched_task(unit, house, task)
        case Commitment() as promise:
            return watched_commitment(unit, house, promise)
        case Complaint() | Inquiry() as case:
            return watched_case(unit, house, case)
        case Deal() as deal:
            return watched_request(unit, house, deal)
    return ()


def _peek(unit: Unit, id: str) -> Entity | None:
    kind = SUBJECTS.get(kind_of(id))
    return None if kind is None else unit.peek(kind, id)


def _task_reminder(unit: Unit, house: House, occurrence: Occurrence) -> None:
    """Remind the assignee of a task that is still open."""
    task = unit.peek(Task, occurrence.subject)
    if task is None or task.state is not TaskState.OPEN or task.remind_at != occurrence.occurs_at:
        return
    if task.assignee is not None:
        tell(unit, task.assignee, "task.reminder", about=task.id, title=task.title, due=written(task.due_at, house))


def _user_left(unit: Unit, house: House, occurrence: Occurrence) -> None:
    """Give the open cases of somebody who left to others, so that none of them is nobody's."""
    gone = unit.peek(User, occurrence.subject)
    if gone is not None and not gone.active:
        for case in _open_cases(unit, Is("responsible", gone.id)):
            pass_on(unit, house, case, gone)


def _calendar_changed(unit: Unit, house: House, occurrence: Occurrence) -> None:
    """Set the deadlines anew that are counted by a calendar, and look anew when who is to hear of late work."""
    calendar = unit.peek(WorkCalendar, occurrence.subject)
    if calendar is None:
        return
    counted: Criterion = Is("calendar", calendar.id)
    if calendar.name == house.calendar:
        counted |= Is("calendar", None)
    for case in _open_cases(unit, counted):
        keep_case(unit, house, case.recounted(time=calendar.time, at=unit.now))
    if calendar.name == house.calendar:
        for subject in _climbing(unit, house):
            watch(unit, _watched(unit, house, subject))


def _climbing(unit: Unit, house: House) -> Sequence[str]:
    """The tasks, promises and requests whose next rung hangs on the house's working time.

    A ladder that begins at the deadline hangs on it from the deadline on, so that a house with many open tasks looks at the late ones.
    """
    late, timed = Compare("due_at", "<=", unit.now), ~Is("due_at", None)
    tasks = Is("state", TaskState.OPEN) & (late if house.ladder.begins_at_the_deadline else timed)
    promises = Is("state", CommitmentState.OPEN) & late
    waiting = Is("state", OccurrenceState.PENDING) & Is("kind", ESCALATION)
    requests = waiting & Compare("subject", ">=", "deal_") & Compare("subject", "<", "deal`")  # the sign after the dash
    return (
        *(task.id for task in unit.every(Task, tasks)),
        *(promise.id for promise in unit.every(Commitment, promises)),
        *dict.fromkeys(occurrence.subject for occurrence in unit.every(Occurrence, requests)),
    )


def _open_cases(unit: Unit, where: Criterion) -> Iterator[Complaint | Inquiry]:
    yield from list(unit.every(Complaint, where & OneOf("state", open_states(Complaint))))
    yield from list(unit.every(Inquiry, where & OneOf("state", open_states(Inquiry))))


def _maintenance_due(unit: Unit, house: House, occurrence: Occurrence) -> None:
    """Give somebody the visit that a plan has due by the calendar."""
    plan = unit.peek(Maintenance, occurrence.subject)
    piece = unit.peek(Equipment, plan.equipment) if plan is not None else None
    if plan is not None and piece is not None:
        give_visit(unit, house, plan, piece)


def _appointment_reminder(unit: Unit, house: House, occurrence: Occurrence) -> None:
    """Remind those who take part in an appointment that is still to come."""
    appointment = unit.peek(Appointment, occurrence.subject)
    if appointment is None or not appointment.is_planned or appointment.since < unit.now:
        return
    for user in appointment.users:
        facts = {"title": appointment.title, "since": written(appointment.since, house), "place": appointment.place}
        tell(unit, user, "appointment.reminder", about=appointment.id, **facts)


SUBJECTS: Final[Mapping[str, type[Entity]]] = {
    kind.shape.kind: kind for kind in (Task, Commitment, Complaint, Inquiry, Deal)
}
"""Whose ladders there are."""

HANDLERS: Final[Mapping[str, Callable[[Unit, House, Occurrence], None]]] = {
    ESCALATION: _escalate,
    TASK_REMINDER: _task_reminder,
    USER_LEFT: _user_left,
    CALENDAR_CHANGED: _calendar_changed,
    MAINTENANCE_DUE: _maintenance_due,
    APPOINTMENT_REMINDER: _appointment_reminder,
}
"""What is done with each kind of occurrence."""

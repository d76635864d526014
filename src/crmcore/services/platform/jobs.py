"""Due work: what comes due by itself is looked at, once, by whoever asks first.

Any scheduler may call `run`, from as many processes as it likes. Each occurrence is one transaction: its effect and its being done
are stored together, so nothing happens twice, and nothing is forgotten after an outage.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from attrs import evolve, frozen

from crmcore.domain.activities.appointments.appointment import Appointment
from crmcore.domain.activities.commitments import Commitment, CommitmentState
from crmcore.domain.activities.tasks import Task, TaskState
from crmcore.domain.kernel.criteria import Compare, Criterion, Eq, In
from crmcore.domain.kernel.entity import Entity, record
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import ConflictError
from crmcore.domain.kernel.errors.rules import PermissionDeniedError
from crmcore.domain.kernel.ids import ScheduledJobId, prefix_of
from crmcore.domain.organization.business_hours.calendar import WorkCalendar
from crmcore.domain.organization.users import User
from crmcore.domain.platform.idempotency import IdempotencyRecord
from crmcore.domain.platform.jobs import JobState, ScheduledJob
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.inquiry import Inquiry
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.maintenance import MaintenancePlan
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.shared.case_ownership import open_states, save_case, transfer_case
from crmcore.services.shared.deadlines import case_deadlines, commitment_deadlines, response_deadlines, task_deadlines
from crmcore.services.shared.document_rendering import format_local_time
from crmcore.services.shared.escalation.escalate import TrackedDeadline, escalate, next_escalation, schedule_escalations
from crmcore.services.shared.job_scheduling import (
    APPOINTMENT_REMINDER,
    CALENDAR_CHANGED,
    ESCALATION,
    MAINTENANCE_DUE,
    TASK_REMINDER,
    USER_DEACTIVATED,
)
from crmcore.services.shared.maintenance_visits import create_visit
from crmcore.services.shared.notifications import notify_user
from crmcore.services.unit_of_work import UnitOfWork, check_limit

_log = logging.getLogger("crmcore.jobs")


@record
class JobsReport:
    """What a run did.

    Attributes:
        done: how many occurrences were looked at.
        failed: how many could not be handled and are tried again later, or are dead.
        skipped: how many somebody else had taken up meanwhile.
    """

    done: int = 0
    failed: int = 0
    skipped: int = 0


@frozen
class Jobs:
    """Work that comes due by itself."""

    _environment: Environment

    def run(self, *, limit: int = 100) -> JobsReport:
        """Look at what is due, the longest due first.

        An error that is no `Exception`, such as `SystemExit`, counts as a failed attempt of its occurrence and is then raised: the next
        call goes on with the others.

        Args:
            limit: how many at most, up to 1,000; call again while `JobsReport.done` comes back full.
        """
        check_limit(limit)
        counts = {"done": 0, "failed": 0, "skipped": 0}
        for job in self._list_due(limit):
            counts[self._run_job(job)] += 1
        return JobsReport(**counts)

    @command("jobs.retry")
    def retry(self, uow: UnitOfWork, job_id: ScheduledJobId, /, *, idempotency_key: str | None = None) -> ScheduledJob:
        """Try a dead occurrence anew.

        Raises:
            BusinessRuleError: it is not dead.
        """
        return uow.save(uow.get(ScheduledJob, job_id).retry(at=uow.now))

    @query("jobs.list_dead")
    def list_dead(self, uow: UnitOfWork, /, *, limit: int = 100) -> Sequence[ScheduledJob]:
        """Read the occurrences that were given up, the oldest first."""
        check_limit(limit)
        return uow.find(ScheduledJob, Eq("state", JobState.DEAD), limit=limit)

    @command("jobs.purge_expired")
    def purge_expired(self, uow: UnitOfWork, /, *, limit: int = 1000) -> int:
        """Forget receipts of idempotency keys that have expired; tells how many."""
        check_limit(limit)
        expired = uow.find(IdempotencyRecord, Compare("expires_at", "<=", uow.now), limit=limit)
        for idempotency_record in expired:
            uow.delete(idempotency_record)
        return len(expired)

    @query("jobs.list_due")
    def _list_due(self, uow: UnitOfWork, limit: int, /) -> Sequence[ScheduledJob]:
        return uow.find(
            ScheduledJob,
            # A kind that this release does not know is left for a newer one.
            Eq("state", JobState.PENDING) & Compare("due_at", "<=", uow.now) & In("kind", tuple(HANDLERS)),
            order="due_at",
            limit=limit,
        )

    def _run_job(self, job: ScheduledJob) -> str:
        try:
            return self._environment.execute("jobs.run", lambda uow: self._handle_job(uow, job))
        except (
            ConflictError
        ):  # somebody else handled it, or changed its subject; if it is still due, the next run sees it
            return "skipped"
        except Exception as error:  # noqa: BLE001  # one that cannot be handled must not keep the others waiting
            error_text = f"{error.code}: {error}" if isinstance(error, CrmError) else type(error).__name__
            _log.warning("job failed", extra={"crm_job": job.id, "crm_error": type(error).__name__})
            try:
                self._environment.execute_with_retry("jobs.run", lambda uow: _record_failure(uow, job, error_text))
            except (ConflictError, PermissionDeniedError):  # it stays due, and the others have their turn first
                _log.warning("failure not recorded", extra={"crm_job": job.id})
            return "failed"
        except (
            BaseException
        ) as error:  # it ends the process, but counts before: else it would end every run at this occurrence
            error_text = type(error).__name__
            with suppress(Exception):
                evolve(self._environment, tracer=None).execute_with_retry(
                    "jobs.run", lambda uow: _record_failure(uow, job, error_text)
                )
            raise

    def _handle_job(self, uow: UnitOfWork, job: ScheduledJob) -> str:
        is_unchanged = Eq("id", job.id) & Eq("state", JobState.PENDING) & Eq("version", job.version)
        is_unchanged &= Compare("due_at", "<=", uow.now)  # a clock may have been put back since it was read
        claimed = next(iter(uow.find(ScheduledJob, is_unchanged, limit=1, skip_locked=True)), None)
        if claimed is None:
            return "skipped"
        HANDLERS[claimed.kind](uow, self._environment, claimed)
        uow.save(claimed.mark_done(at=uow.now))
        return "done"


def _record_failure(uow: UnitOfWork, job: ScheduledJob, error_text: str) -> None:
    current = uow.get_or_none(ScheduledJob, job.id)
    if current is not None and current.version == job.version:
        uow.save(current.mark_failed(error_text, at=uow.now))


def _run_escalation(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Tell the next one up the line that something is late or about to be, and note when the one after is to hear of it."""
    for deadline in _deadlines_of(uow, environment, job.subject_id):
        while (escalation := next_escalation(uow, deadline)) is not None and escalation.at <= uow.now:
            decision = escalate(uow, deadline, escalation)
            record = _find_subject(uow, job.subject_id)
            if isinstance(record, (Task, Commitment, Complaint, Inquiry)):
                uow.save(record.escalate(level=escalation.level, recipient_id=decision.recipient_id, at=uow.now))
    schedule_escalations(uow, _deadlines_of(uow, environment, job.subject_id))


def _deadlines_of(uow: UnitOfWork, environment: Environment, subject_id: str) -> tuple[TrackedDeadline, ...]:
    match _find_subject(uow, subject_id):
        case Task() as task:
            return task_deadlines(uow, environment, task)
        case Commitment() as commitment:
            return commitment_deadlines(uow, environment, commitment)
        case Complaint() | Inquiry() as case:
            return case_deadlines(uow, environment, case)
        case Deal() as deal:
            return response_deadlines(uow, environment, deal)
    return ()


def _find_subject(uow: UnitOfWork, subject_id: str) -> Entity | None:
    entity_type = ESCALATABLE_TYPES.get(prefix_of(subject_id))
    return None if entity_type is None else uow.get_or_none(entity_type, subject_id)


def _send_task_reminder(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Remind the assignee of a task that is still open."""
    task = uow.get_or_none(Task, job.subject_id)
    if task is None or task.state is not TaskState.OPEN or task.remind_at != job.scheduled_at:
        return
    if task.assignee_id is not None:
        notify_user(
            uow,
            task.assignee_id,
            "task.reminder",
            about_id=task.id,
            title=task.title,
            due=format_local_time(task.due_at, environment),
        )


def _transfer_cases_of_user(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Give the open cases of somebody who left to others, so that none of them is nobody's."""
    user = uow.get_or_none(User, job.subject_id)
    if user is not None and not user.is_active:
        for case in _iterate_open_cases(uow, Eq("owner_id", user.id)):
            transfer_case(uow, environment, case, user)


def _recalculate_deadlines(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Set the deadlines anew that are counted by a calendar, and look anew when who is to hear of late work."""
    calendar = uow.get_or_none(WorkCalendar, job.subject_id)
    if calendar is None:
        return
    uses_calendar: Criterion = Eq("calendar_id", calendar.id)
    if calendar.name == environment.calendar:
        uses_calendar |= Eq("calendar_id", None)
    for case in _iterate_open_cases(uow, uses_calendar):
        save_case(uow, environment, case.recalculated(business_hours=calendar.business_hours, at=uow.now))
    if calendar.name == environment.calendar:
        for subject_id in _subjects_to_reschedule(uow, environment):
            schedule_escalations(uow, _deadlines_of(uow, environment, subject_id))


def _subjects_to_reschedule(uow: UnitOfWork, environment: Environment) -> Sequence[str]:
    """The tasks, promises and requests whose next rung hangs on the house's working time.

    A ladder that begins at the deadline hangs on it from the deadline on, so that a house with many open tasks looks at the late ones.
    """
    is_overdue, has_due_time = Compare("due_at", "<=", uow.now), ~Eq("due_at", None)
    open_tasks = Eq("state", TaskState.OPEN) & (
        is_overdue if environment.escalation_policy.is_first_step_at_deadline else has_due_time
    )
    open_commitments = Eq("state", CommitmentState.OPEN) & is_overdue
    is_pending = Eq("state", JobState.PENDING) & Eq("kind", ESCALATION)
    pending_responses = (
        is_pending & Compare("subject_id", ">=", "deal_") & Compare("subject_id", "<", "deal`")
    )  # the sign after the dash
    return (
        *(task.id for task in uow.iterate(Task, open_tasks)),
        *(commitment.id for commitment in uow.iterate(Commitment, open_commitments)),
        *dict.fromkeys(job.subject_id for job in uow.iterate(ScheduledJob, pending_responses)),
    )


def _iterate_open_cases(uow: UnitOfWork, where: Criterion) -> Iterator[Complaint | Inquiry]:
    yield from list(uow.iterate(Complaint, where & In("state", open_states(Complaint))))
    yield from list(uow.iterate(Inquiry, where & In("state", open_states(Inquiry))))


def _create_due_visit(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Give somebody the visit that a plan has due by the calendar."""
    plan = uow.get_or_none(MaintenancePlan, job.subject_id)
    equipment = uow.get_or_none(Equipment, plan.equipment_id) if plan is not None else None
    if plan is not None and equipment is not None:
        create_visit(uow, environment, plan, equipment)


def _send_appointment_reminder(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Remind those who take part in an appointment that is still to come."""
    appointment = uow.get_or_none(Appointment, job.subject_id)
    if appointment is None or not appointment.is_planned or appointment.since < uow.now:
        return
    for user_id in appointment.user_ids:
        variables = {
            "title": appointment.title,
            "since": format_local_time(appointment.since, environment),
            "place": appointment.location,
        }
        notify_user(uow, user_id, "appointment.reminder", about_id=appointment.id, **variables)


ESCALATABLE_TYPES: Final[Mapping[str, type[Entity]]] = {
    kind.meta.prefix: kind for kind in (Task, Commitment, Complaint, Inquiry, Deal)
}
"""Whose ladders there are."""

HANDLERS: Final[Mapping[str, Callable[[UnitOfWork, Environment, ScheduledJob], None]]] = {
    ESCALATION: _run_escalation,
    TASK_REMINDER: _send_task_reminder,
    USER_DEACTIVATED: _transfer_cases_of_user,
    CALENDAR_CHANGED: _recalculate_deadlines,
    MAINTENANCE_DUE: _create_due_visit,
    APPOINTMENT_REMINDER: _send_appointment_reminder,
}
"""What is done with each kind of occurrence."""

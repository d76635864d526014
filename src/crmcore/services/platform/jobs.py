"""Scheduled jobs: run due jobs once, with retries and backoff.

Any scheduler may call `run`, from any number of processes. Each job is one transaction: its effect and its completion are committed
together. A job therefore takes effect once, and runs late after an outage.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from attrs import evolve, frozen

from crmcore.domain.activities.appointments.appointment import Appointment
from crmcore.domain.activities.tasks import Task, TaskState
from crmcore.domain.kernel.criteria import Compare, Criterion, Eq, In
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import ConflictError
from crmcore.domain.kernel.errors.rules import PermissionDeniedError
from crmcore.domain.kernel.ids import ScheduledJobId
from crmcore.domain.organization.business_hours.calendar import WorkCalendar
from crmcore.domain.organization.users import User
from crmcore.domain.platform.idempotency import IdempotencyRecord
from crmcore.domain.platform.jobs import JobState, ScheduledJob
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.inquiry import Inquiry
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.maintenance import MaintenancePlan
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.shared.case_ownership import open_states, save_case, transfer_case
from crmcore.services.shared.escalation.escalate import schedule_escalations
from crmcore.services.shared.escalation.handlers import deadlines_of, run_escalation, subjects_to_reschedule
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
from crmcore.services.shared.template_variables import format_local_time
from crmcore.services.unit_of_work import UnitOfWork, check_limit

_log = logging.getLogger("crmcore.jobs")


@record
class JobsReport:
    """Result of a run of due jobs.

    Attributes:
        done: the number of jobs that succeeded.
        failed: the number of jobs that failed; they are retried later, or are dead.
        skipped: the number of jobs that another process took.
    """

    done: int = 0
    failed: int = 0
    skipped: int = 0


@frozen
class Jobs:
    """Commands and queries for scheduled jobs."""

    _environment: Environment

    def run(self, *, limit: int = 100) -> JobsReport:
        """Run due jobs, longest due first.

        An error that is not an `Exception`, such as `SystemExit`, counts as a failed attempt of its job and is then raised. The next call
        continues with the other jobs.

        Args:
            limit: the maximum number of jobs, up to 1,000; call again while `JobsReport.done` equals it.
        """
        check_limit(limit)
        counts = {"done": 0, "failed": 0, "skipped": 0}
        for job in self._list_due(limit):
            counts[self._run_job(job)] += 1
        return JobsReport(**counts)

    @command("jobs.retry")
    def retry(self, uow: UnitOfWork, job_id: ScheduledJobId, /, *, idempotency_key: str | None = None) -> ScheduledJob:
        """Retry a dead job.

        Raises:
            BusinessRuleError: the job is not dead.
        """
        return uow.save(uow.get(ScheduledJob, job_id).retry(at=uow.now))

    @query("jobs.list_dead")
    def list_dead(self, uow: UnitOfWork, /, *, limit: int = 100) -> Sequence[ScheduledJob]:
        """List dead jobs, oldest first."""
        check_limit(limit)
        return uow.find(ScheduledJob, Eq("state", JobState.DEAD), limit=limit)

    @command("jobs.purge_expired")
    def purge_expired(self, uow: UnitOfWork, /, *, limit: int = 1000) -> int:
        """Delete expired idempotency records, and return how many."""
        check_limit(limit)
        expired = uow.find(IdempotencyRecord, Compare("expires_at", "<=", uow.now), limit=limit)
        for idempotency_record in expired:
            uow.delete(idempotency_record)
        return len(expired)

    @query("jobs.list_due")
    def _list_due(self, uow: UnitOfWork, limit: int, /) -> Sequence[ScheduledJob]:
        return uow.find(
            ScheduledJob,
            # A newer release runs the kinds that are unknown here.
            Eq("state", JobState.PENDING) & Compare("due_at", "<=", uow.now) & In("kind", tuple(HANDLERS)),
            order="due_at",
            limit=limit,
        )

    def _run_job(self, job: ScheduledJob) -> str:
        try:
            return self._environment.execute("jobs.run", lambda uow: self._handle_job(uow, job))
        except ConflictError:
            # Another process ran it or changed its subject. If it is still due, the next run takes it.
            return "skipped"
        except Exception as error:  # noqa: BLE001  # a failing job must not block the others
            error_text = f"{error.code}: {error}" if isinstance(error, CrmError) else type(error).__name__
            _log.warning("job failed", extra={"crm_job": job.id, "crm_error": type(error).__name__})
            try:
                self._environment.execute_with_retry("jobs.run", lambda uow: _record_failure(uow, job, error_text))
            except (ConflictError, PermissionDeniedError):  # it stays due; the other jobs run first
                _log.warning("failure not recorded", extra={"crm_job": job.id})
            return "failed"
        except BaseException as error:  # count the attempt first, else every run would end at this job
            error_text = type(error).__name__
            with suppress(Exception):
                evolve(self._environment, tracer=None).execute_with_retry(
                    "jobs.run", lambda uow: _record_failure(uow, job, error_text)
                )
            raise

    def _handle_job(self, uow: UnitOfWork, job: ScheduledJob) -> str:
        is_unchanged = Eq("id", job.id) & Eq("state", JobState.PENDING) & Eq("version", job.version)
        is_unchanged &= Compare("due_at", "<=", uow.now)  # the clock may have been set back since the job was read
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


def _send_task_reminder(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Remind the assignee of an open task."""
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
    """Transfer the open cases of a deactivated user to other users."""
    user = uow.get_or_none(User, job.subject_id)
    if user is not None and not user.is_active:
        for case in _iterate_open_cases(uow, Eq("owner_id", user.id)):
            transfer_case(uow, environment, case, user)


def _recalculate_deadlines(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Recalculate the deadlines that depend on a work calendar."""
    calendar = uow.get_or_none(WorkCalendar, job.subject_id)
    if calendar is None:
        return
    uses_calendar: Criterion = Eq("calendar_id", calendar.id)
    if calendar.name == environment.calendar:
        uses_calendar |= Eq("calendar_id", None)
    for case in _iterate_open_cases(uow, uses_calendar):
        save_case(uow, environment, case.recalculated(business_hours=calendar.business_hours, at=uow.now))
    if calendar.name == environment.calendar:
        for subject_id in subjects_to_reschedule(uow, environment):
            schedule_escalations(uow, deadlines_of(uow, environment, subject_id))


def _iterate_open_cases(uow: UnitOfWork, where: Criterion) -> Iterator[Complaint | Inquiry]:
    yield from list(uow.iterate(Complaint, where & In("state", open_states(Complaint))))
    yield from list(uow.iterate(Inquiry, where & In("state", open_states(Inquiry))))


def _create_due_visit(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Create the visit of a maintenance plan that is due by date."""
    plan = uow.get_or_none(MaintenancePlan, job.subject_id)
    equipment = uow.get_or_none(Equipment, plan.equipment_id) if plan is not None else None
    if plan is not None and equipment is not None:
        create_visit(uow, environment, plan, equipment)


def _send_appointment_reminder(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Remind the attendees of a future appointment."""
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


HANDLERS: Final[Mapping[str, Callable[[UnitOfWork, Environment, ScheduledJob], None]]] = {
    ESCALATION: run_escalation,
    TASK_REMINDER: _send_task_reminder,
    USER_DEACTIVATED: _transfer_cases_of_user,
    CALENDAR_CHANGED: _recalculate_deadlines,
    MAINTENANCE_DUE: _create_due_visit,
    APPOINTMENT_REMINDER: _send_appointment_reminder,
}
"""The handler of each kind of job."""

"""Job handler of escalations: run due steps and find what to reschedule."""

from collections.abc import Mapping, Sequence
from typing import Final

from crmcore.domain.activities.commitments import Commitment, CommitmentState
from crmcore.domain.activities.tasks import Task, TaskState
from crmcore.domain.kernel.criteria import Compare, Eq
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.ids import prefix_of
from crmcore.domain.platform.jobs import JobState, ScheduledJob
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.inquiry import Inquiry
from crmcore.services.environment import Environment
from crmcore.services.shared.escalation.deadlines import (
    case_deadlines,
    commitment_deadlines,
    response_deadlines,
    task_deadlines,
)
from crmcore.services.shared.escalation.escalate import TrackedDeadline, escalate, next_escalation, schedule_escalations
from crmcore.services.shared.job_scheduling import ESCALATION
from crmcore.services.unit_of_work import UnitOfWork

ESCALATABLE_TYPES: Final[Mapping[str, type[Entity]]] = {
    entity_type.meta.prefix: entity_type for entity_type in (Task, Commitment, Complaint, Inquiry, Deal)
}
"""Entity types that escalate, by id prefix."""


def run_escalation(uow: UnitOfWork, environment: Environment, job: ScheduledJob) -> None:
    """Run the due escalations of a record, and schedule the next ones."""
    for deadline in deadlines_of(uow, environment, job.subject_id):
        while (escalation := next_escalation(uow, deadline)) is not None and escalation.at <= uow.now:
            decision = escalate(uow, deadline, escalation)
            record = _find_subject(uow, job.subject_id)
            if isinstance(record, (Task, Commitment, Complaint, Inquiry)):
                uow.save(record.escalate(level=escalation.level, recipient_id=decision.recipient_id, at=uow.now))
    schedule_escalations(uow, deadlines_of(uow, environment, job.subject_id))


def deadlines_of(uow: UnitOfWork, environment: Environment, subject_id: str) -> tuple[TrackedDeadline, ...]:
    """Return the tracked deadlines of a record, if it exists."""
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


def subjects_to_reschedule(uow: UnitOfWork, environment: Environment) -> Sequence[str]:
    """Return the ids of records whose escalations depend on business hours.

    A policy whose first step is at the deadline depends on them only after the deadline, so only overdue records are read.
    """
    is_overdue, has_due_time = Compare("due_at", "<=", uow.now), ~Eq("due_at", None)
    open_tasks = Eq("state", TaskState.OPEN) & (
        is_overdue if environment.escalation_policy.is_first_step_at_deadline else has_due_time
    )
    open_commitments = Eq("state", CommitmentState.OPEN) & is_overdue
    is_pending = Eq("state", JobState.PENDING) & Eq("kind", ESCALATION)
    # "`" follows "_", so this is the prefix "deal_".
    pending_responses = is_pending & Compare("subject_id", ">=", "deal_") & Compare("subject_id", "<", "deal`")
    return (
        *(task.id for task in uow.iterate(Task, open_tasks)),
        *(commitment.id for commitment in uow.iterate(Commitment, open_commitments)),
        *dict.fromkeys(job.subject_id for job in uow.iterate(ScheduledJob, pending_responses)),
    )

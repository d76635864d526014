"""Escalation: find the next escalation step of a deadline, and run it.

All entity types with deadlines escalate in the same way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.ids import UserId
from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.organization.users import User
from crmcore.domain.sla.escalation import Escalation, EscalationDecision, choose_recipient
from crmcore.domain.sla.escalation_policy import FULL, EscalationPolicy, EscalationStep
from crmcore.services.shared.assignment import management_chain
from crmcore.services.shared.job_scheduling import ESCALATION, schedule_job
from crmcore.services.shared.notifications import notify_user
from crmcore.services.unit_of_work import UnitOfWork

SINGLE: Final = "due"
"""Metric of a record with a single deadline."""
WAITING: Final = "waiting"
"""Metric of a case that waits for its customer."""
NOTIFY_OWNER_FIRST: Final = EscalationStep(recipient=OWNER)
"""First step that notifies the owner at the deadline."""


@frozen(kw_only=True)
class TrackedDeadline:
    """A deadline of a record that escalates when it is missed.

    Attributes:
        subject_id: the id of the record.
        metric: the SLA metric, `SINGLE` or `WAITING`.
        target_started_at: the start of the target, or the deadline itself; identifies the target.
        due_at: the deadline.
        step_time: returns when an escalation step fires; None if the time is unknown.
        policy: the escalation policy.
        owner_id: the responsible user.
        find_managers: returns the managers to notify; defaults to the managers above the owner.
        topic: the topic of the message.
        variables: builds the variables of the message when they are needed.
    """

    subject_id: str
    metric: str
    target_started_at: datetime
    due_at: datetime
    step_time: Callable[[EscalationStep], datetime | None]
    policy: EscalationPolicy
    owner_id: UserId | None
    find_managers: Callable[[], Sequence[User]] | None = None
    topic: str
    variables: Callable[[], Mapping[str, str]]


@frozen
class NextEscalation:
    """The next escalation: level, step, time and the users notified before."""

    level: int
    step: EscalationStep
    at: datetime
    notified_user_ids: frozenset[str]


def schedule_escalations(uow: UnitOfWork, deadlines: Iterable[TrackedDeadline], *, is_new: bool = False) -> None:
    """Schedule the next escalation of each deadline.

    Args:
        is_new: the record is new, so it has no escalations and no jobs yet.
    """
    escalations = ((deadline.subject_id, next_escalation(uow, deadline, is_new=is_new)) for deadline in deadlines)
    for subject_id, at in dict.fromkeys(
        (subject_id, escalation.at) for subject_id, escalation in escalations if escalation is not None
    ):
        schedule_job(uow, ESCALATION, subject_id, at=at, is_new=is_new)


def next_escalation(uow: UnitOfWork, deadline: TrackedDeadline, *, is_new: bool = False) -> NextEscalation | None:
    """Return the next escalation of a deadline.

    None if the policy has no further step, the clock is paused, or an escalation was acknowledged.
    """
    escalations: Sequence[Escalation] = ()
    if not is_new:
        of_deadline = (
            Eq("subject_id", deadline.subject_id)
            & Eq("metric", deadline.metric)
            & Eq("target_started_at", deadline.target_started_at)
        )
        escalations = uow.find(Escalation, of_deadline)
    step = deadline.policy.step(len(escalations) + 1)
    at = None if step is None else deadline.step_time(step)
    if step is None or at is None or any(escalation.acknowledged_at is not None for escalation in escalations):
        return None
    return NextEscalation(
        len(escalations) + 1,
        step,
        at,
        frozenset(escalation.recipient_id for escalation in escalations if escalation.recipient_id is not None),
    )


def escalate(uow: UnitOfWork, deadline: TrackedDeadline, due_escalation: NextEscalation) -> EscalationDecision:
    """Notify the recipient of a due escalation, and record the decision."""
    owner = uow.get_or_none(User, deadline.owner_id) if due_escalation.step.recipient == OWNER else None
    chain = management_chain(uow, deadline.owner_id) if deadline.find_managers is None else deadline.find_managers()
    decision = choose_recipient(
        due_escalation.level, chain, already_notified=due_escalation.notified_user_ids, at=uow.now, owner=owner
    )
    if decision.recipient_id is not None:
        topic = deadline.topic if due_escalation.step.elapsed_bp >= FULL else "escalation.at_risk"
        notify_user(uow, decision.recipient_id, topic, about_id=deadline.subject_id, **deadline.variables())
    uow.save(
        Escalation.create(
            uow.new_id("escalation"),
            decision,
            due_escalation.step,
            subject_id=deadline.subject_id,
            metric=deadline.metric,
            target_started_at=deadline.target_started_at,
            due_at=deadline.due_at,
            at=uow.now,
        )
    )
    return decision


def escalation_time(
    step: EscalationStep, due_at: datetime, *, since: datetime, load_hours: Callable[[], BusinessHours]
) -> datetime:
    """Return when an escalation step fires for a plain deadline.

    Loads the business hours only if the step needs them.
    """
    if step.elapsed_bp == FULL and not step.after:
        return due_at
    business_hours = load_hours()
    at = due_at
    if step.elapsed_bp != FULL:
        since = min(since, due_at)
        at = business_hours.add(since, business_hours.elapsed(since, due_at) * step.elapsed_bp // FULL)
    return business_hours.add(at, step.after)


def with_owner_first(policy: EscalationPolicy) -> EscalationPolicy:
    """Return the policy with a first step for the owner, at the deadline."""
    return EscalationPolicy((NOTIFY_OWNER_FIRST, *(step for step in policy.steps if step.after)))

"""Ladders: what of a record may run late, when each level hears of it, and the step that is due now. One way for every kind of record."""

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
"""The clock of a record that has only one deadline."""
WAITING: Final = "waiting"
"""The clock of a case that waits for its customer."""
NOTIFY_OWNER_FIRST: Final = EscalationStep(recipient=OWNER)
"""Whoever is responsible hears of it first, at the deadline."""


@frozen(kw_only=True)
class TrackedDeadline:
    """Something of a record that may run late.

    Attributes:
        subject_id: the record's id.
        metric: which of its clocks.
        promised_at: what tells one promise from the next: since when the clock counts, or its only deadline.
        due_at: the deadline.
        step_time: when a rung is reached; None when nobody can know.
        owner_id: whose work it is.
        find_managers: who stands above, if that is not the line of whoever is responsible.
        topic: of the message.
        variables: what the message says, made when it is needed.
    """

    subject_id: str
    metric: str
    promised_at: datetime
    due_at: datetime
    step_time: Callable[[EscalationStep], datetime | None]
    policy: EscalationPolicy
    owner_id: UserId | None
    find_managers: Callable[[], Sequence[User]] | None = None
    topic: str
    variables: Callable[[], Mapping[str, str]]


@frozen
class NextEscalation:
    """The next step of a ladder: its level, its rung, when it is due, and who has heard before."""

    level: int
    step: EscalationStep
    at: datetime
    notified_user_ids: frozenset[str]


def schedule_escalations(uow: UnitOfWork, deadlines: Iterable[TrackedDeadline], *, is_new: bool = False) -> None:
    """Note when the next level is to hear of each.

    Args:
        is_new: whether the record is new, so that nothing can have been noted for it yet.
    """
    escalations = ((deadline.subject_id, next_escalation(uow, deadline, is_new=is_new)) for deadline in deadlines)
    for subject_id, at in dict.fromkeys(
        (subject_id, escalation.at) for subject_id, escalation in escalations if escalation is not None
    ):
        schedule_job(uow, ESCALATION, subject_id, at=at, is_new=is_new)


def next_escalation(uow: UnitOfWork, deadline: TrackedDeadline, *, is_new: bool = False) -> NextEscalation | None:
    """Find the next step of a ladder; None above its last rung, while nobody can know, and once somebody has taken it in hand."""
    escalations: Sequence[Escalation] = ()
    if not is_new:
        of_deadline = (
            Eq("subject_id", deadline.subject_id)
            & Eq("metric", deadline.metric)
            & Eq("target_started_at", deadline.promised_at)
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
    """Tell whoever is to hear of it now, and keep the step with its reasons."""
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
            target_started_at=deadline.promised_at,
            due_at=deadline.due_at,
            at=uow.now,
        )
    )
    return decision


def escalation_time(
    step: EscalationStep, due_at: datetime, *, since: datetime, load_hours: Callable[[], BusinessHours]
) -> datetime:
    """When a rung is reached by what has a deadline and no clock. Working time is only asked for where it matters."""
    if step.elapsed_bp == FULL and not step.after:
        return due_at
    business_hours = load_hours()
    at = due_at
    if step.elapsed_bp != FULL:
        since = min(since, due_at)
        at = business_hours.add(since, business_hours.elapsed(since, due_at) * step.elapsed_bp // FULL)
    return business_hours.add(at, step.after)


def with_owner_first(policy: EscalationPolicy) -> EscalationPolicy:
    """The house's ladder, whose first rung is whoever is responsible."""
    return EscalationPolicy((NOTIFY_OWNER_FIRST, *(step for step in policy.steps if step.after)))

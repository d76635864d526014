"""Deadlines that escalate: tasks, commitments, cases, responses."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from crmcore.domain.activities.commitments import Commitment, CommitmentState
from crmcore.domain.activities.interactions import Direction, Interaction, InteractionKind
from crmcore.domain.activities.tasks import Task, TaskState
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.service.cases.case import Case
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.sla.escalation_policy import EscalationStep
from crmcore.domain.sla.events import SlaEvent, SlaEventKind, replay
from crmcore.domain.sla.targets import SlaTargets
from crmcore.domain.sla.timers import SlaStatus, SlaTimer
from crmcore.services.environment import Environment
from crmcore.services.shared.assignment import management_chain
from crmcore.services.shared.business_hours import load_business_hours
from crmcore.services.shared.escalation.escalate import (
    SINGLE,
    WAITING,
    TrackedDeadline,
    escalation_time,
    with_owner_first,
)
from crmcore.services.shared.template_variables import case_variables, subject_variables
from crmcore.services.unit_of_work import UnitOfWork

REPLY_KINDS: Final = frozenset({InteractionKind.CALL, InteractionKind.MAIL, InteractionKind.CHAT})
"""Kinds of interactions that are a response if they are outgoing."""
MEETING_KINDS: Final = frozenset({InteractionKind.MEETING, InteractionKind.VISIT})
"""Kinds of interactions that are a response in either direction."""


def task_deadlines(uow: UnitOfWork, environment: Environment, task: Task) -> tuple[TrackedDeadline, ...]:
    """Return the deadline of an open task."""
    due_at = task.due_at
    if task.state is not TaskState.OPEN or due_at is None:
        return ()

    def variables() -> Mapping[str, str]:
        shared = subject_variables(uow, task.title, due_at, task.assignee_id, environment=environment)
        return {**shared, "title": shared["subject"], "assignee": shared["owner"]}

    return (
        TrackedDeadline(
            subject_id=task.id,
            metric=SINGLE,
            target_started_at=due_at,
            due_at=due_at,
            step_time=lambda step: escalation_time(
                step, due_at, since=task.created_at, load_hours=partial(load_business_hours, uow, environment)
            ),
            policy=environment.escalation_policy,
            owner_id=task.assignee_id,
            find_managers=None if task.assignee_id is not None else partial(_managers_of_deal, uow, task),
            topic="task.overdue",
            variables=variables,
        ),
    )


def commitment_deadlines(
    uow: UnitOfWork, environment: Environment, commitment: Commitment
) -> tuple[TrackedDeadline, ...]:
    """Return the deadline of an open commitment; its owner is notified first."""
    due_at = commitment.due_at
    if commitment.state is not CommitmentState.OPEN or due_at is None:
        return ()

    def variables() -> Mapping[str, str]:
        shared = subject_variables(uow, commitment.description, due_at, commitment.owner_id, environment=environment)
        return {**shared, "description": shared["subject"], "side": commitment.side.value}

    return (
        TrackedDeadline(
            subject_id=commitment.id,
            metric=SINGLE,
            target_started_at=due_at,
            due_at=due_at,
            step_time=lambda step: escalation_time(
                step, due_at, since=commitment.created_at, load_hours=partial(load_business_hours, uow, environment)
            ),
            policy=with_owner_first(environment.escalation_policy),
            owner_id=commitment.owner_id,
            topic="commitment.overdue",
            variables=variables,
        ),
    )


def case_deadlines(
    uow: UnitOfWork, environment: Environment, case: Case, status: SlaStatus | None = None
) -> tuple[TrackedDeadline, ...]:
    """Return the deadlines of an open case: SLA timers and pause."""
    if case.resolved_at is not None:
        return ()
    business_hours = load_business_hours(uow, environment, case.calendar_id)
    status = status or case.sla_status(business_hours=business_hours, now=uow.now)
    prefix = case.meta.prefix

    def variables(due_at: datetime) -> Mapping[str, str]:
        type_path = case.type if isinstance(case, Complaint) else ""
        return {**case_variables(uow, case, due_at, environment=environment), "type": type_path}

    deadlines = [
        TrackedDeadline(
            subject_id=case.id,
            metric=timer.metric.value,
            target_started_at=timer.started_at,
            due_at=timer.due_at or timer.started_at,
            step_time=partial(_step_time, timer),
            policy=environment.escalation_policy,
            owner_id=case.owner_id,
            topic=f"{prefix}.overdue",
            variables=partial(variables, timer.due_at or timer.started_at),
        )
        for timer in status.timers
        if timer.stopped_at is None
    ]
    until = case.wait_until
    if until is not None:
        deadlines.append(
            TrackedDeadline(
                subject_id=case.id,
                metric=WAITING,
                target_started_at=until,
                due_at=until,
                step_time=lambda step: escalation_time(
                    step, until, since=case.received_at, load_hours=lambda: business_hours
                ),
                policy=with_owner_first(environment.escalation_policy),
                owner_id=case.owner_id,
                topic="case.waiting",
                variables=partial(variables, until),
            )
        )
    return tuple(deadlines)


def response_deadlines(uow: UnitOfWork, environment: Environment, deal: Deal) -> tuple[TrackedDeadline, ...]:
    """Return the first-response deadline of a deal, if there is a target."""
    timer = compute_response_sla(uow, environment, deal).first_response
    if timer is None or timer.stopped_at is not None or timer.due_at is None:
        return ()
    due_at = timer.due_at

    def variables() -> Mapping[str, str]:
        return subject_variables(uow, deal.title, due_at, deal.owner_id, environment=environment)

    return (
        TrackedDeadline(
            subject_id=deal.id,
            metric=timer.metric.value,
            target_started_at=timer.started_at,
            due_at=due_at,
            step_time=partial(_step_time, timer),
            policy=environment.escalation_policy,
            owner_id=deal.owner_id,
            topic="lead.overdue",
            variables=variables,
        ),
    )


def compute_response_sla(uow: UnitOfWork, environment: Environment, deal: Deal) -> SlaStatus:
    """Compute the SLA status of the first response to a request.

    Notes, surveys and automatic replies are not responses.
    """
    funnel = uow.get(Funnel, deal.funnel_id)
    events = [SlaEvent(SlaEventKind.OPENED, deal.opened_at, SlaTargets(first_response=funnel.respond_within))]
    if funnel.respond_within is not None:
        interactions = uow.find(Interaction, Eq("deal_id", deal.id), order="happened_at")
        events += [
            SlaEvent(SlaEventKind.REPLIED, interaction.happened_at)
            for interaction in interactions
            if _is_reply(interaction)
        ]
        if deal.closed_at is not None:
            events.append(SlaEvent(SlaEventKind.RESOLVED, deal.closed_at))
    business_hours = load_business_hours(uow, environment)
    return replay(sorted(events, key=lambda event: event.at), business_hours=business_hours, now=uow.now)


def _is_reply(interaction: Interaction) -> bool:
    if interaction.outcome == "automatic":
        return False
    return interaction.kind in MEETING_KINDS or (
        interaction.kind in REPLY_KINDS and interaction.direction is Direction.OUTGOING
    )


def _step_time(timer: SlaTimer, step: EscalationStep) -> datetime | None:
    return timer.reached_at(step.elapsed_bp, after=step.after)


def _managers_of_deal(uow: UnitOfWork, task: Task) -> Sequence[User]:
    """Return the deal's owner and managers, for an unassigned task."""
    deal = uow.get_or_none(Deal, task.deal_id)
    owner = uow.get_or_none(User, deal.owner_id) if deal else None
    return (owner, *management_chain(uow, owner.id)) if owner else ()

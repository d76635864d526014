"""Case ownership: choose the SLA policy and the owner of a case."""

from datetime import timedelta
from enum import Enum
from typing import TypeVar

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.errors.rules import BusinessRuleError, NoAssigneeAvailableError
from crmcore.domain.kernel.ids import UserId
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.organization.users import User
from crmcore.domain.service.cases.case import Case
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.complaint_lifecycle import ComplaintState
from crmcore.domain.service.cases.complaint_parts import ComplaintType, nearest_type
from crmcore.domain.service.cases.inquiry import Inquiry, InquiryState
from crmcore.domain.sla.policies import SlaDecision, SlaPolicy, SlaSubject, choose_policy
from crmcore.domain.sla.targets import SlaTargets
from crmcore.services.environment import Environment
from crmcore.services.shared.assignment import assign_round_robin, management_chain
from crmcore.services.shared.escalation.deadlines import case_deadlines
from crmcore.services.shared.escalation.escalate import schedule_escalations
from crmcore.services.shared.notifications import notify_user
from crmcore.services.shared.template_variables import format_local_time
from crmcore.services.unit_of_work import UnitOfWork

C = TypeVar("C", bound=Case)


def choose_sla(uow: UnitOfWork, sla_subject: SlaSubject, *, resolve_within: timedelta | None = None) -> SlaDecision:
    """Choose the SLA policy of a case.

    Args:
        resolve_within: a requested resolution target, which overrides the policies.
    """
    if resolve_within is not None:
        return SlaDecision(rule="requested", targets=SlaTargets(resolution=resolve_within))
    return choose_policy(uow.find(SlaPolicy, Eq("is_active", True)), sla_subject)


def choose_owner(
    uow: UnitOfWork, subject_id: str, *, requested_owner_id: UserId | None, role: str, round_robin_key: str
) -> UserId:
    """Choose the owner: the requested user, or the next by round robin.

    Raises:
        NoAssigneeAvailableError: no owner is requested, and no candidate is available.
        BusinessRuleError: the requested owner is deactivated.
    """
    if requested_owner_id is not None:
        owner = uow.get(User, requested_owner_id)
        if not owner.is_active:
            raise BusinessRuleError(owner.id, "user_deactivated", "is deactivated; choose another user")
        return owner.id
    assignment = assign_round_robin(uow, role=role, round_robin_key=f"{round_robin_key}:{role}")
    if assignment.user_id is None:
        rejected = tuple(
            (rejected_candidate.user_id, rejected_candidate.reason) for rejected_candidate in assignment.rejected
        )
        raise NoAssigneeAvailableError(subject_id, "no_assignee_available", rejected=rejected)
    return assignment.user_id


def save_case(uow: UnitOfWork, environment: Environment, case: C, *, is_new: bool = False) -> C:
    """Store a case, and schedule its escalations."""
    case = uow.save(case)
    schedule_escalations(uow, case_deadlines(uow, environment, case), is_new=is_new)
    return case


def open_states(case_type: type[Case]) -> tuple[Enum, ...]:
    """Return the open states of a case type."""
    states: type[ComplaintState | InquiryState] = ComplaintState if case_type is Complaint else InquiryState
    return tuple(state for state in states if state.is_open)


def transfer_case(uow: UnitOfWork, environment: Environment, case: Complaint | Inquiry, previous_owner: User) -> None:
    """Transfer an open case of a deactivated owner.

    The new owner is chosen by round robin, else the nearest available manager.

    Without an available user, the owner stays, and the case is listed as unattended.
    """
    round_robin_key = f"{case.meta.prefix}s"
    role = role_for_type(uow, case.type) if isinstance(case, Complaint) else OWNER
    new_owner_id = assign_round_robin(uow, role=role, round_robin_key=f"{round_robin_key}:{role}").user_id
    if new_owner_id is None:
        new_owner_id = next(
            (user.id for user in management_chain(uow, previous_owner.id) if not user.unavailability(uow.now)), None
        )
    if new_owner_id is None:
        return
    save_case(uow, environment, case.change_owner(new_owner_id, at=uow.now, reason="deactivated"))
    notify_user(
        uow,
        new_owner_id,
        "case.assigned",
        about_id=case.id,
        subject=case.subject,
        due=format_local_time(case.due_at, environment),
    )


def role_for_type(uow: UnitOfWork, type: str) -> str:
    """Return the role of the users who are assigned complaints of a type."""
    declared = nearest_type(uow.find(ComplaintType), type)
    return OWNER if declared is None else declared.role

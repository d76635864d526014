"""Queries on complaints: SLA status, queue, unattended, pending approvals."""

from collections.abc import Sequence
from typing import Final

from attrs import field

from crmcore.domain.kernel.criteria import And, Compare, Criterion, Eq, In, Or
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import ComplaintId, CustomerId, UserId, check_id
from crmcore.domain.organization.users import User
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.complaint_lifecycle import ComplaintState, Severity
from crmcore.domain.service.cases.complaint_parts import CompensationState
from crmcore.domain.sla.escalation import Escalation
from crmcore.domain.sla.timers import SlaStatus
from crmcore.services.commands import query
from crmcore.services.environment import Environment
from crmcore.services.service.cases.case_support import get_with_hours, involving, open_and_overdue
from crmcore.services.shared.case_ownership import open_states
from crmcore.services.unit_of_work import UnitOfWork, check_limit

OPEN_STATES: Final = open_states(Complaint)
DECIDED_STATES: Final = (ComplaintState.RESOLVED, ComplaintState.REJECTED)


@record
class UnattendedComplaint:
    """A complaint that needs attention, with the reasons.

    Attributes:
        reasons: ``owner_deactivated``, ``owner_absent``, ``no_recipient_available`` (overdue, and no manager was available),
            ``escalation_policy_exhausted`` (overdue, and all steps were taken), ``not_closed`` (decided, and not closed in time).
    """

    complaint: Complaint
    next_action: str
    reasons: Sequence[str] = field(converter=tuple)


class ComplaintQueries:
    """Queries on complaints."""

    __slots__ = ()
    _environment: Environment

    @query("complaints.get")
    def get(self, uow: UnitOfWork, complaint_id: ComplaintId, /) -> Complaint:
        """Return a complaint."""
        return uow.get(Complaint, complaint_id)

    @query("complaints.sla_status")
    def sla_status(self, uow: UnitOfWork, complaint_id: ComplaintId, /) -> SlaStatus:
        """Return the SLA status: targets, elapsed and remaining time."""
        complaint, business_hours = get_with_hours(uow, self._environment, Complaint, complaint_id, None)
        return complaint.sla_status(business_hours=business_hours, now=uow.now)

    @query("complaints.list")
    def list(
        self,
        uow: UnitOfWork,
        /,
        *,
        customer_id: CustomerId | None = None,
        owner_id: UserId | None = None,
        type: str | None = None,
        state: ComplaintState | str | None = None,
        overdue: bool = False,
        after: Complaint | None = None,
        limit: int = 100,
    ) -> Sequence[Complaint]:
        """List complaints by deadline.

        Args:
            overdue: only open complaints whose deadline has passed.
            after: the last complaint of the previous page.
            limit: at most 1,000.
        """
        check_limit(limit)
        where = involving(customer_id=customer_id, owner_id=owner_id)
        if type is not None:
            where.append(Eq("type", checked_text("type", type, max_length=100)))
        if state is not None:
            where.append(Eq("state", checked_member("state", ComplaintState, state)))
        if overdue:
            where += open_and_overdue(uow, Complaint)
        return uow.find(Complaint, And(tuple(where)), order="due_at", after=after, limit=limit)

    @query("complaints.queue")
    def queue(self, uow: UnitOfWork, /, *, owner_id: UserId | None = None, limit: int = 100) -> Sequence[Complaint]:
        """List the open complaints by severity, then by deadline.

        Args:
            owner_id: only complaints of this owner.
        """
        check_limit(limit)
        owner_filter: tuple[Criterion, ...] = ()
        if owner_id is not None:
            check_id("user", owner_id)
            owner_filter = (Eq("owner_id", owner_id),)
        found: list[Complaint] = []
        for severity in reversed(Severity):
            if len(found) < limit:
                where = And((*owner_filter, In("state", OPEN_STATES), Eq("severity", severity)))
                found += uow.find(Complaint, where, order="due_at", limit=limit - len(found))
        return tuple(found)

    @query("complaints.unattended")
    def unattended(self, uow: UnitOfWork, /, *, limit: int = 100) -> Sequence[UnattendedComplaint]:
        """List the complaints that need attention, longest overdue first.

        The owner is unavailable, or all escalation steps were taken.
        """
        check_limit(limit)
        unavailable_users = {user.id: user for user in uow.find(User) if user.unavailability(uow.now)}
        is_overdue = Compare("due_at", "<", uow.now)
        owned_by_unavailable = In("owner_id", tuple(sorted(unavailable_users)))
        where = (In("state", OPEN_STATES) & Or((owned_by_unavailable, is_overdue))) | (
            In("state", DECIDED_STATES) & is_overdue
        )
        found = []
        for complaint in uow.find(Complaint, where, order="due_at"):
            reasons = _unattended_reasons(uow, self._environment, complaint, unavailable_users.get(complaint.owner_id))
            if reasons:
                found.append(
                    UnattendedComplaint(complaint=complaint, next_action=complaint.next_action, reasons=reasons)
                )
            if len(found) == limit:
                break
        return tuple(found)

    @query("complaints.pending_approvals")
    def pending_approvals(self, uow: UnitOfWork, user_id: UserId, /) -> Sequence[Complaint]:
        """List the complaints with a compensation that a user has to approve."""
        uow.get(User, user_id)
        candidates = (
            candidate
            for candidate in uow.iterate(Complaint, ~Eq("state", ComplaintState.CLOSED))
            if candidate.next_action == "approve"
        )
        return tuple(
            complaint
            for complaint in candidates
            if any(
                candidate.approver_id == user_id and candidate.state is CompensationState.PROPOSED
                for candidate in complaint.compensations
            )
        )


def _unattended_reasons(
    uow: UnitOfWork, environment: Environment, complaint: Complaint, unavailable_owner: User | None
) -> tuple[str, ...]:
    if not complaint.state.is_open:
        return ("not_closed",)
    reasons = [] if unavailable_owner is None else [f"owner_{unavailable_owner.unavailability(uow.now)}"]
    if complaint.due_at < uow.now:
        escalations = uow.find(Escalation, Eq("subject_id", complaint.id))
        if not any(escalation.acknowledged_at for escalation in escalations):
            if any(escalation.recipient_id is None for escalation in escalations):
                reasons.append("no_recipient_available")
            elif len(escalations) >= len(environment.escalation_policy.steps):
                reasons.append("escalation_policy_exhausted")
    return tuple(reasons)

"""Compensation of complaints: approval limits, approval by managers."""

from collections.abc import Sequence

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.errors.rules import NoAssigneeAvailableError, PermissionDeniedError
from crmcore.domain.kernel.fields.base import checked_type
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import ComplaintId, UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.users import User
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.complaint_parts import ApprovalLimit, CompensationState, Remedy, can_approve
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.shared.assignment import management_chain
from crmcore.services.shared.notifications import notify_user
from crmcore.services.unit_of_work import UnitOfWork


class ComplaintCompensation:
    """Commands on compensations and approval limits."""

    __slots__ = ()
    _environment: Environment

    @command("complaints.set_approval_limit")
    def set_approval_limit(
        self, uow: UnitOfWork, role: str, amount: Money, /, *, idempotency_key: str | None = None
    ) -> ApprovalLimit:
        """Set the amount of compensation that users of a role may approve.

        If no limit exists for a currency, compensation in it needs no approval.

        Args:
            role: the role; ``owner`` means all users.
        """
        amount = checked_type("amount", Money, amount)
        role = checked_text("role", role, max_length=60)
        existing = uow.first(ApprovalLimit, Eq("role", role) & Eq("currency", amount.currency))
        if existing is not None:
            return uow.save(existing.set_amount(amount, at=uow.now))
        return uow.save(ApprovalLimit.create(uow.new_id("approvallimit"), role, amount, at=uow.now))

    @command("complaints.compensate")
    def compensate(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        remedy: Remedy | str,
        amount: Money,
        /,
        *,
        reason: str = "",
        author_id: UserId | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Compensate a customer; above the author's limit this needs approval.

        The nearest available manager whose limit suffices is notified.

        Args:
            remedy: ``money``, ``return`` or ``credit``.
            author_id: the user who proposes it; the owner of the complaint if omitted.

        Raises:
            NoAssigneeAvailableError: no available manager may approve the amount.
            OutOfRangeError: the amount is not positive.
            InvalidChoiceError: the currency differs from that of an earlier compensation.
        """
        complaint = uow.get(Complaint, complaint_id, version=expected_version)
        amount = checked_type("amount", Money, amount)
        proposer = uow.get(User, complaint.owner_id if author_id is None else author_id)
        limits = uow.find(ApprovalLimit, Eq("currency", amount.currency))
        rule, approver = "no_limits" if not limits else "within_limit", None
        if limits and not can_approve(proposer, amount, limits):
            rule, approver = "approval", _find_approver(uow, complaint, proposer, amount, limits)
        compensated = complaint.compensate(
            remedy,
            amount,
            reason=reason,
            rule=rule,
            author_id=proposer.id,
            approver_id=None if approver is None else approver.id,
            at=uow.now,
        )
        if approver is not None:
            variables = {"subject": complaint.subject, "amount": str(amount), "proposer": proposer.name}
            notify_user(uow, approver.id, "compensation.approval", about_id=complaint.id, **variables)
        return uow.save(compensated)

    @command("complaints.update_compensation")
    def update_compensation(
        self,
        uow: UnitOfWork,
        complaint_id: ComplaintId,
        number: int,
        state: CompensationState | str,
        /,
        *,
        author_id: UserId,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Complaint:
        """Approve, refuse or pay a compensation.

        Args:
            number: the number of the compensation, from 1.
            state: ``approved``, ``refused`` or ``paid``.
            author_id: the user who does it.

        Raises:
            PermissionDeniedError: the amount exceeds the limit of the user.
            BusinessRuleError: the user approves a proposal of his or her own.
            InvalidTransitionError: the state of the compensation does not allow it.
        """
        complaint = uow.get(Complaint, complaint_id, version=expected_version)
        author = uow.get(User, author_id)
        updated = complaint.update_compensation(number, state, author_id=author.id, at=uow.now)
        compensation = updated.compensations[number - 1]
        if compensation.state is CompensationState.APPROVED:
            limits = uow.find(ApprovalLimit, Eq("currency", compensation.amount.currency))
            if not can_approve(author, compensation.amount, limits):
                raise PermissionDeniedError(
                    author.id, "complaints.update_compensation", "the amount is above the limit of every role held"
                )
        return uow.save(updated)


def _find_approver(
    uow: UnitOfWork, complaint: Complaint, proposer: User, amount: Money, limits: Sequence[ApprovalLimit]
) -> User:
    """Return the nearest available manager who may approve an amount."""
    rejected = [(proposer.id, "limit")]
    for user in management_chain(uow, proposer.id):
        reason = user.unavailability(uow.now) or ("" if can_approve(user, amount, limits) else "limit")
        if not reason:
            return user
        rejected.append((user.id, reason))
    raise NoAssigneeAvailableError(complaint.id, "no_approver_available", rejected=tuple(rejected))

"""The fields of a complaint, its compensations and its rating."""

from datetime import datetime
from typing import Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.entity import check_transition, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.errors.validation import InvalidChoiceError, OutOfRangeError
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.fields.number import checked_integer
from crmcore.domain.kernel.ids import ComplaintId, CustomerId, DealId, UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.service.cases.case import Case
from crmcore.domain.service.cases.complaint_events import (
    CompensationChanged,
    ComplaintEscalated,
    ComplaintOwnerChanged,
    ComplaintRated,
    ComplaintReceived,
    ComplaintRootCauseSet,
)
from crmcore.domain.service.cases.complaint_lifecycle import NEXT_ACTION, ComplaintState, Severity
from crmcore.domain.service.cases.complaint_parts import (
    COMPENSATION_TRANSITIONS,
    Compensation,
    CompensationState,
    Remedy,
    checked_type_path,
)
from crmcore.domain.sla.policies import SlaDecision


def _cost(complaint: "ComplaintFields") -> Money | None:
    costs = [compensation.amount for compensation in complaint.compensations if compensation.is_cost]
    return sum(costs[1:], costs[0]) if costs else None


@record
class ComplaintFields(Case):
    """The fields of a complaint.

    Attributes:
        type: a path in the tree of types: ``delivery/late``.
        product: what it is about, in the company's words.
        resolution: the text for the customer: what was done, or why nothing was.
        root_cause: a word of the company, for reports.
        corrective_action: what corrects this case; `preventive_action` what prevents others.
        cost: the sum of the approved compensations.
        satisfaction: the customer's rating of the outcome, from 1 to 5.
        repeat_of_id: an earlier, similar complaint of the customer.
        previous_complaint_id: the complaint that it follows up, which could not be reopened.
    """

    id: ComplaintId = fields.id_of("complaint")
    type: str = fields.text(personal=False, max_length=100)
    severity: Severity = fields.enum(Severity, default=Severity.MEDIUM)
    product: str = fields.text(personal=False, default="", allow_blank=True)
    state: ComplaintState = fields.enum(ComplaintState, default=ComplaintState.RECEIVED)
    resolution: str = fields.text(personal=True, max_length=100_000, multiline=True, default="", allow_blank=True)
    root_cause: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)
    corrective_action: str = fields.text(personal=True, max_length=10_000, multiline=True, default="", allow_blank=True)
    preventive_action: str = fields.text(personal=True, max_length=10_000, multiline=True, default="", allow_blank=True)
    compensations: tuple[Compensation, ...] = fields.embedded_list(
        Compensation, personal=True, max_items=50, default=()
    )
    cost: Money | None = fields.computed(_cost)
    satisfaction: int | None = fields.integer(min=1, max=5, optional=True, default=None)
    comment: str = fields.text(personal=True, max_length=10_000, multiline=True, default="", allow_blank=True)
    repeat_of_id: ComplaintId | None = fields.id_of("complaint", optional=True, default=None)
    previous_complaint_id: ComplaintId | None = fields.id_of("complaint", optional=True, default=None)

    @classmethod
    def receive(
        cls,
        id: ComplaintId,
        subject: str,
        *,
        type: str,
        customer_id: CustomerId,
        owner_id: UserId,
        sla: SlaDecision,
        business_hours: BusinessHours,
        at: datetime,
        severity: Severity | str = Severity.MEDIUM,
        deal_id: DealId | None = None,
        product: str = "",
        contract: str = "",
        description: str = "",
        repeat_of_id: ComplaintId | None = None,
        previous_complaint_id: ComplaintId | None = None,
    ) -> Self:
        """Receive a complaint.

        Raises:
            InvalidInputError: no type, no owner, or another invalid field.
        """
        complaint = cls._open(
            id=id,
            subject=subject,
            type=type,
            severity=severity,
            customer_id=customer_id,
            deal_id=deal_id,
            product=product,
            contract=contract,
            owner_id=owner_id,
            description=description,
            repeat_of_id=repeat_of_id,
            previous_complaint_id=previous_complaint_id,
            sla=sla,
            business_hours=business_hours,
            at=at,
        )
        checked_type_path(complaint.type)
        event = ComplaintReceived(
            at=at,
            type=complaint.type,
            severity=complaint.severity,
            customer_id=customer_id,
            owner_id=owner_id,
            due_at=complaint.due_at,
            repeat_of_id=repeat_of_id,
        )
        return copy_with(complaint, pending_events=(event,))

    @property
    def next_action(self) -> str:
        """The next action; empty once it is closed."""
        if any(c.state is CompensationState.PROPOSED for c in self.compensations):
            return "approve"
        return NEXT_ACTION[self.state]

    def is_overdue(self, now: datetime) -> bool:
        """Return whether it is open past its deadline."""
        return self.state.is_open and self.due_at < now

    def set_root_cause(
        self, *, root_cause: str, at: datetime, corrective_action: str = "", preventive_action: str = ""
    ) -> Self:
        """Set the root cause, the corrective and the preventive action."""
        event = ComplaintRootCauseSet(at=at, root_cause=root_cause)
        return self._record(
            event, root_cause=event.root_cause, corrective_action=corrective_action, preventive_action=preventive_action
        )

    def compensate(
        self,
        remedy: Remedy | str,
        amount: Money,
        *,
        reason: str,
        rule: str,
        author_id: UserId | None,
        approver_id: UserId | None,
        at: datetime,
    ) -> Self:
        """Propose a compensation, approved at once if it needs no approval.

        Args:
            rule: why it needs approval, or not.
            approver_id: the user who has to approve it; None when no approval is needed.

        Raises:
            OutOfRangeError: the amount is not positive.
            InvalidChoiceError: its currency differs from that of an earlier one.
        """
        if amount.minor <= 0:
            raise OutOfRangeError("compensation.amount", "must be more than nothing")
        currency = next((c.amount.currency for c in self.compensations), amount.currency)
        if amount.currency != currency:
            raise InvalidChoiceError("compensation.amount", allowed=(currency,))
        state = CompensationState.APPROVED if approver_id is None else CompensationState.PROPOSED
        compensation = Compensation(
            remedy=remedy,  # type: ignore[arg-type]  # a word becomes its member
            amount=amount,
            state=state,
            reason=reason,
            proposed_by=author_id,
            approver_id=approver_id,
            rule=rule,
            decided_at=at if approver_id is None else None,
        )
        return self._record_compensation(len(self.compensations) + 1, compensation, author_id=author_id, at=at)

    def update_compensation(
        self, number: int, state: CompensationState | str, *, author_id: UserId | None, at: datetime
    ) -> Self:
        """Approve, reject or pay a compensation, by its number from 1.

        Raises:
            InvalidChoiceError: there is no such number.
            InvalidTransitionError: its state does not allow it.
            BusinessRuleError: the user who proposed it would approve it.
        """
        number = checked_integer("compensation.number", number)
        if not 1 <= number <= len(self.compensations):
            raise InvalidChoiceError(
                "compensation.number", allowed=tuple(str(n + 1) for n in range(len(self.compensations)))
            )
        state = checked_member("compensation.state", CompensationState, state)
        before = self.compensations[number - 1]
        check_transition(self.id, COMPENSATION_TRANSITIONS, before.state, state)
        if state is CompensationState.APPROVED and author_id == before.proposed_by:
            raise BusinessRuleError(self.id, "self_approval", "cannot be approved by the user who proposed it")
        approver_id = author_id if before.state is CompensationState.PROPOSED else before.approver_id
        after = copy_with(before, state=state, approver_id=approver_id, decided_at=at)
        return self._record_compensation(number, after, author_id=author_id, at=at)

    def rate(self, score: int, *, at: datetime, comment: str = "") -> Self:
        """Store the customer's rating of the outcome.

        Raises:
            BusinessRuleError: there is no outcome yet.
            OutOfRangeError: not from 1 to 5.
        """
        if self.state.is_open:
            raise BusinessRuleError(self.id, "complaint_open", "has no outcome to rate yet")
        return self._record(ComplaintRated(at=at, score=score), satisfaction=score, comment=comment)

    def change_owner(self, owner_id: UserId, *, at: datetime, reason: str = "requested") -> Self:
        """Change the owner."""
        if owner_id == self.owner_id:
            return self
        event = ComplaintOwnerChanged(at=at, previous_owner_id=self.owner_id, new_owner_id=owner_id, reason=reason)
        return self._record(event, owner_id=owner_id)

    def escalate(self, *, level: int, recipient_id: UserId | None, at: datetime) -> Self:
        """Record an escalation."""
        return self._record(
            ComplaintEscalated(at=at, level=level, recipient_id=recipient_id),
            escalation_level=max(level, self.escalation_level),
        )

    def _record_compensation(
        self, number: int, compensation: Compensation, *, author_id: UserId | None, at: datetime
    ) -> Self:
        event = CompensationChanged(
            at=at,
            number=number,
            remedy=compensation.remedy,
            amount=compensation.amount,
            state=compensation.state,
            author_id=author_id,
        )
        compensations = (*self.compensations[: number - 1], compensation, *self.compensations[number:])
        return self._record(event, compensations=compensations)

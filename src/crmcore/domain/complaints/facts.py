"""What is known of a complaint, and what follows from that: its next action, its cost, its compensation, its rating."""

from datetime import datetime
from typing import Self

from crmcore.domain import fields
from crmcore.domain.cases import Case, first_deadline, opening
from crmcore.domain.complaints.events import (
    CompensationSet,
    ComplaintEscalated,
    ComplaintExplained,
    ComplaintRated,
    ComplaintReassigned,
    ComplaintReceived,
)
from crmcore.domain.complaints.life import NEXT_ACTION, ComplaintState, Severity
from crmcore.domain.complaints.parts import COMPENSATION_LIFE, Compensation, CompensationState, Remedy, checked_path
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import NotAllowed, OutOfRange
from crmcore.domain.fields.number import checked_whole
from crmcore.domain.fields.part import checked_member
from crmcore.domain.ids import ComplaintId, CustomerId, DealId, UserId
from crmcore.domain.kernel import changed, check_move, record
from crmcore.domain.levels import Promise
from crmcore.domain.values.money import Money
from crmcore.domain.worktime.time import WorkTime


def _cost(complaint: "ComplaintFacts") -> Money | None:
    costs = [compensation.amount for compensation in complaint.compensations if compensation.costs]
    return sum(costs[1:], costs[0]) if costs else None


@record
class ComplaintFacts(Case):
    """What is known of a complaint.

    Attributes:
        type: in the tree of types, with slashes.
        product: what it is about, in the house's words.
        resolution: what was done about it, or why nothing was: what the customer is told.
        cause: the root cause, in one of the house's words; reports count by it.
        corrective: what was done so that this case is right; `preventive` what is done so that there is no other.
        cost: of the compensations that were approved.
        satisfaction: how content the customer is with the outcome, from 1 to 5.
        repeats: an earlier complaint of the customer about the like.
        follows: a complaint that had been closed for too long to be reopened.
    """

    id: ComplaintId = fields.ref("complaint")
    type: str = fields.text(personal=False, limit=100)
    severity: Severity = fields.one_of(Severity, default=Severity.MEDIUM)
    product: str = fields.text(personal=False, default="", blank=True)
    state: ComplaintState = fields.one_of(ComplaintState, default=ComplaintState.RECEIVED)
    resolution: str = fields.text(personal=True, limit=100_000, lines=True, default="", blank=True)
    cause: str = fields.text(personal=False, limit=100, default="", blank=True)
    corrective: str = fields.text(personal=True, limit=10_000, lines=True, default="", blank=True)
    preventive: str = fields.text(personal=True, limit=10_000, lines=True, default="", blank=True)
    compensations: tuple[Compensation, ...] = fields.parts(Compensation, personal=True, most=50, default=())
    cost: Money | None = fields.derived(_cost)
    satisfaction: int | None = fields.whole(least=1, most=5, optional=True, default=None)
    comment: str = fields.text(personal=True, limit=10_000, lines=True, default="", blank=True)
    repeats: ComplaintId | None = fields.ref("complaint", optional=True, default=None)
    follows: ComplaintId | None = fields.ref("complaint", optional=True, default=None)

    @classmethod
    def receive(
        cls,
        id: ComplaintId,
        subject: str,
        *,
        type: str,
        customer: CustomerId,
        responsible: UserId,
        promise: Promise,
        time: WorkTime,
        at: datetime,
        severity: Severity | str = Severity.MEDIUM,
        deal: DealId | None = None,
        product: str = "",
        contract: str = "",
        story: str = "",
        repeats: ComplaintId | None = None,
        follows: ComplaintId | None = None,
    ) -> Self:
        """Take a complaint in.

        Raises:
            InvalidInput: no type, nobody responsible, or another field that cannot be.
        """
        complaint = cls(
            id=id,
            subject=subject,
            type=type,
            severity=severity,  # type: ignore[arg-type]  # a word becomes its member
            customer=customer,
            deal=deal,
            product=product,
            contract=contract,
            responsible=responsible,
            story=story,
            repeats=repeats,
            follows=follows,
            service_level=promise.level,
            calendar=promise.calendar,
            reopen_within=promise.reopen_within,
            due_at=first_deadline(promise, time=time, at=at),
            marks=opening(promise, at=at),
            received_at=at,
        )
        checked_path(complaint.type)
        fact = ComplaintReceived(
            at=at,
            type=complaint.type,
            severity=complaint.severity,
            customer=customer,
            responsible=responsible,
            due_at=complaint.due_at,
            repeats=repeats,
        )
        return complaint._after(fact)

    @property
    def next_action(self) -> str:
        """What is to be done next, as a word; nothing once it is closed."""
        if any(c.state is CompensationState.PROPOSED for c in self.compensations):
            return "approve"
        return NEXT_ACTION[self.state]

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether somebody still has to act and should have acted before now."""
        return self.state.is_open and self.due_at < now

    def explain(self, *, cause: str, at: datetime, corrective: str = "", preventive: str = "") -> Self:
        """Note the root cause, what was put right, and what keeps it from happening again."""
        fact = ComplaintExplained(at=at, cause=cause)
        return self._after(fact, cause=fact.cause, corrective=corrective, preventive=preventive)

    def compensate(
        self,
        remedy: Remedy | str,
        amount: Money,
        *,
        reason: str,
        rule: str,
        by: UserId | None,
        approver: UserId | None,
        at: datetime,
    ) -> Self:
        """Propose a compensation; it is approved at once when nobody has to be asked.

        Args:
            rule: why it may be, or that it has to be approved.
            approver: who has to be asked; None when nobody has.

        Raises:
            OutOfRange: an amount of nothing or less.
            NotAllowed: another currency than the one before.
        """
        if amount.minor <= 0:
            raise OutOfRange("compensation.amount", "must be more than nothing")
        currency = next((c.amount.currency for c in self.compensations), amount.currency)
        if amount.currency != currency:
            raise NotAllowed("compensation.amount", allowed=(currency,))
        state = CompensationState.APPROVED if approver is None else CompensationState.PROPOSED
        proposed = Compensation(
            remedy=remedy,  # type: ignore[arg-type]  # a word becomes its member
            amount=amount,
            state=state,
            reason=reason,
            proposed_by=by,
            approver=approver,
            rule=rule,
            settled_at=at if approver is None else None,
        )
        return self._compensated(len(self.compensations) + 1, proposed, by=by, at=at)

    def settle(self, number: int, state: CompensationState | str, *, by: UserId | None, at: datetime) -> Self:
        """Approve, refuse or pay a compensation, by its number from 1.

        Raises:
            NotAllowed: there is none of that number.
            IllegalTransition: it does not stand where that can be done.
            RuleBroken: whoever proposed it would approve it.
        """
        number = checked_whole("compensation.number", number)
        if not 1 <= number <= len(self.compensations):
            raise NotAllowed("compensation.number", allowed=tuple(str(n + 1) for n in range(len(self.compensations))))
        state = checked_member("compensation.state", CompensationState, state)
        before = self.compensations[number - 1]
        check_move(self.id, COMPENSATION_LIFE, before.state, state)
        if state is CompensationState.APPROVED and by == before.proposed_by:
            raise RuleBroken(self.id, "own_proposal", "cannot be approved by whoever proposed it")
        approver = by if before.state is CompensationState.PROPOSED else before.approver
        after = changed(before, state=state, approver=approver, settled_at=at)
        return self._compensated(number, after, by=by, at=at)

    def rate(self, score: int, *, at: datetime, comment: str = "") -> Self:
        """Note how content the customer is with the outcome.

        Raises:
            RuleBroken: there is no outcome yet.
            OutOfRange: not from 1 to 5.
        """
        if self.state.is_open:
            raise RuleBroken(self.id, "complaint_open", "has no outcome yet that could be rated")
        return self._after(ComplaintRated(at=at, score=score), satisfaction=score, comment=comment)

    def reassign(self, responsible: UserId, *, at: datetime, reason: str = "asked") -> Self:
        """Make somebody else responsible."""
        if responsible == self.responsible:
            return self
        fact = ComplaintReassigned(at=at, before=self.responsible, after=responsible, reason=reason)
        return self._after(fact, responsible=responsible)

    def escalate(self, *, level: int, to: UserId | None, at: datetime) -> Self:
        """Note that its lateness was told one level further up."""
        return self._after(ComplaintEscalated(at=at, level=level, to=to), level=max(level, self.level))

    def _compensated(self, number: int, one: Compensation, *, by: UserId | None, at: datetime) -> Self:
        fact = CompensationSet(at=at, number=number, remedy=one.remedy, amount=one.amount, state=one.state, by=by)
        listed = (*self.compensations[: number - 1], one, *self.compensations[number:])
        return self._after(fact, compensations=listed)

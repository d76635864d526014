"""Making good: compensation within what everybody may approve, and approval up the line above that."""

from collections.abc import Sequence

from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.complaints.parts import ApprovalLimit, CompensationState, Remedy, may_approve
from crmcore.domain.criteria import Is
from crmcore.domain.errors.broken import Forbidden, NobodyAvailable
from crmcore.domain.fields.build import checked_type
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import ComplaintId, UserId
from crmcore.domain.people import User
from crmcore.domain.values.money import Money
from crmcore.services.house import House, story
from crmcore.services.steps.messages import tell
from crmcore.services.steps.people import line_of
from crmcore.services.unit import Unit


class ComplaintRemedies:
    """How customers are compensated."""

    __slots__ = ()
    house: House

    @story("complaints.set_limit")
    def set_limit(self, unit: Unit, role: str, amount: Money, /, *, key: str | None = None) -> ApprovalLimit:
        """Let the holders of a role approve compensation up to an amount. Where no limit is set for a currency, nobody has to be asked.

        Args:
            role: in the house's words; ``owner`` is everybody.
        """
        amount = checked_type("amount", Money, amount)
        role = checked_text("role", role, limit=60)
        known = unit.one(ApprovalLimit, Is("role", role) & Is("currency", amount.currency))
        if known is not None:
            return unit.save(known.change(amount, at=unit.now))
        return unit.save(ApprovalLimit.set(unit.id("limit"), role, amount, at=unit.now))

    @story("complaints.compensate")
    def compensate(
        self,
        unit: Unit,
        id: ComplaintId,
        remedy: Remedy | str,
        amount: Money,
        /,
        *,
        reason: str = "",
        by: UserId | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Compensate a customer: at once within the proposer's limit; above it, the first one up the line who may is asked.

        Args:
            remedy: ``money``, ``return`` or ``credit``.
            by: who proposes it; whoever is responsible when not given.

        Raises:
            NobodyAvailable: it is above the proposer's limit, and nobody up the line may approve it.
            OutOfRange: an amount of nothing or less.
            NotAllowed: another currency than the compensation before.
        """
        complaint = unit.get(Complaint, id, version=expected_version)
        amount = checked_type("amount", Money, amount)
        proposer = unit.get(User, complaint.responsible if by is None else by)
        limits = unit.find(ApprovalLimit, Is("currency", amount.currency))
        rule, approver = "no_limits" if not limits else "within_limit", None
        if limits and not may_approve(proposer, amount, limits):
            rule, approver = "approval", _approver(unit, complaint, proposer, amount, limits)
        compensated = complaint.compensate(
            remedy,
            amount,
            reason=reason,
            rule=rule,
            by=proposer.id,
            approver=None if approver is None else approver.id,
            at=unit.now,
        )
        if approver is not None:
            facts = {"subject": complaint.subject, "amount": str(amount), "proposer": proposer.name}
            tell(unit, approver.id, "compensation.approval", about=complaint.id, **facts)
        return unit.save(compensated)

    @story("complaints.settle")
    def settle(
        self,
        unit: Unit,
        id: ComplaintId,
        number: int,
        state: CompensationState | str,
        /,
        *,
        by: UserId,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Approve, refuse or pay a compensation.

        Args:
            number: which, from 1.
            state: ``approved``, ``refused`` or ``paid``.
            by: who does it.

        Raises:
            Forbidden: the amount is above what he or she may approve.
            RuleBroken: it is his or her own proposal.
            IllegalTransition: it does not stand where that can be done.
        """
        complaint = unit.get(Complaint, id, version=expected_version)
        person = unit.get(User, by)
        settled = complaint.settle(number, state, by=person.id, at=unit.now)
        one = settled.compensations[number - 1]
        if one.state is CompensationState.APPROVED:
            limits = unit.find(ApprovalLimit, Is("currency", one.amount.currency))
            if not may_approve(person, one.amount, limits):
                raise Forbidden(person.id, "complaints.settle", "the amount is above the limit of every role held")
        return unit.save(settled)


def _approver(unit: Unit, complaint: Complaint, proposer: User, amount: Money, limits: Sequence[ApprovalLimit]) -> User:
    """The first one up the line who is there and may approve an amount."""
    rejected = [(proposer.id, "limit")]
    for user in line_of(unit, proposer.id):
        reason = user.unavailable(unit.now) or ("" if may_approve(user, amount, limits) else "limit")
        if not reason:
            return user
        rejected.append((user.id, reason))
    raise NobodyAvailable(complaint.id, "nobody_may_approve", rejected=tuple(rejected))

"""Reading complaints: one, its clocks, the queue, and those that nobody attends to."""

from collections.abc import Sequence
from typing import Any, Final

from attrs import field

from crmcore.domain.clocks.replay import Clocks
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.complaints.life import ComplaintState, Severity
from crmcore.domain.complaints.parts import CompensationState
from crmcore.domain.criteria import All, AnyOf, Compare, Criterion, Is, OneOf
from crmcore.domain.escalation import Escalation
from crmcore.domain.fields.part import checked_member
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import ComplaintId, CustomerId, UserId, check_id
from crmcore.domain.kernel import record
from crmcore.domain.people import User
from crmcore.services.house import House, view
from crmcore.services.steps.cases import open_states
from crmcore.services.steps.worktime import house_time
from crmcore.services.unit import Unit, check_limit

OPEN_STATES: Final = open_states(Complaint)
DECIDED: Final = (ComplaintState.RESOLVED, ComplaintState.REJECTED)


@record
class Unattended:
    """A complaint that somebody has to look after, and why.

    Attributes:
        reasons: ``responsible_left``, ``responsible_absent``, ``nobody_heard`` (it is late, and nobody up the line was there),
            ``ladder_exhausted`` (it is late, and everybody has heard), ``not_closed`` (it is decided, but was not closed in time).
    """

    complaint: Complaint
    next_action: str
    reasons: Sequence[str] = field(converter=tuple)


class ComplaintViews:
    """What can be read of complaints."""

    __slots__ = ()
    house: House

    @view("complaints.get")
    def get(self, unit: Unit, id: ComplaintId, /) -> Complaint:
        """Read a complaint."""
        return unit.get(Complaint, id)

    @view("complaints.clocks")
    def clocks(self, unit: Unit, id: ComplaintId, /) -> Clocks:
        """Tell how a complaint's clocks stand now: targets, what is consumed and left, deadlines, breaches."""
        complaint = unit.get(Complaint, id)
        return complaint.clocks(time=house_time(unit, self.house, complaint.calendar), now=unit.now)

    @view("complaints.list")
    def list(
        self,
        unit: Unit,
        /,
        *,
        customer: CustomerId | None = None,
        responsible: UserId | None = None,
        type: str | None = None,
        state: ComplaintState | str | None = None,
        overdue: bool = False,
        after: Complaint | None = None,
        limit: int = 100,
    ) -> Sequence[Complaint]:
        """Read complaints, a page at a time, by their deadlines.

        Args:
            overdue: only those on which somebody should have acted before now.
            after: the last complaint of the page before.
            limit: at most 1,000.
        """
        check_limit(limit)
        asked: dict[str, Any] = {"customer": customer, "responsible": responsible}
        for name, prefix in (("customer", "customer"), ("responsible", "user")):
            if asked[name] is not None:
                check_id(prefix, asked[name])
        asked["type"] = None if type is None else checked_text("type", type, limit=100)
        asked["state"] = None if state is None else checked_member("state", ComplaintState, state)
        where: list[Criterion] = [Is(name, value) for name, value in asked.items() if value is not None]
        if overdue:
            where += [OneOf("state", OPEN_STATES), Compare("due_at", "<", unit.now)]
        return unit.find(Complaint, All(tuple(where)), order="due_at", after=after, limit=limit)

    @view("complaints.queue")
    def queue(self, unit: Unit, /, *, responsible: UserId | None = None, limit: int = 100) -> Sequence[Complaint]:
        """Read what is to be done, in the order in which to do it: the gravest first, of these what is due first.

        Args:
            responsible: only what this person sees to.
        """
        check_limit(limit)
        mine: tuple[Criterion, ...] = ()
        if responsible is not None:
            check_id("user", responsible)
            mine = (Is("responsible", responsible),)
        waiting: list[Complaint] = []
        for severity in reversed(Severity):
            if len(waiting) < limit:
                where = All((*mine, OneOf("state", OPEN_STATES), Is("severity", severity)))
                waiting += unit.find(Complaint, where, order="due_at", limit=limit - len(waiting))
        return tuple(waiting)

    @view("complaints.unattended")
    def unattended(self, unit: Unit, /, *, limit: int = 100) -> Sequence[Unattended]:
        """List the complaints that need somebody to look after them, the longest due first. Each has somebody responsible and a next
        action; here are those of whom that is not enough: he or she is gone, or all who could hear of it have.
        """  # noqa: D205  # one thought
        check_limit(limit)
        absent = {user.id: user for user in unit.find(User) if user.unavailable(unit.now)}
        late = Compare("due_at", "<", unit.now)
        theirs = OneOf("responsible", tuple(sorted(absent)))
        where = (OneOf("state", OPEN_STATES) & AnyOf((theirs, late))) | (OneOf("state", DECIDED) & late)
        listed = []
        for complaint in unit.find(Complaint, where, order="due_at"):
            reasons = _reasons(unit, self.house, complaint, absent.get(complaint.responsible))
            if reasons:
                listed.append(Unattended(complaint=complaint, next_action=complaint.next_action, reasons=reasons))
            if len(listed) == limit:
                break
        return tuple(listed)

    @view("complaints.approvals")
    def approvals(self, unit: Unit, user: UserId, /) -> Sequence[Complaint]:
        """Read the complaints with a compensation that waits for somebody's approval."""
        unit.get(User, user)
        waiting = (c for c in unit.every(Complaint, ~Is("state", ComplaintState.CLOSED)) if c.next_action == "approve")
        return tuple(
            complaint
            for complaint in waiting
            if any(c.approver == user and c.state is CompensationState.PROPOSED for c in complaint.compensations)
        )


def _reasons(unit: Unit, house: House, complaint: Complaint, away: User | None) -> tuple[str, ...]:
    if not complaint.state.is_open:
        return ("not_closed",)
    reasons = [] if away is None else [f"responsible_{away.unavailable(unit.now)}"]
    if complaint.due_at < unit.now:
        steps = unit.find(Escalation, Is("subject", complaint.id))
        if not any(step.acknowledged_at for step in steps):
            if any(step.to is None for step in steps):
                reasons.append("nobody_heard")
            elif len(steps) >= len(house.ladder.steps):
                reasons.append("ladder_exhausted")
    return tuple(reasons)

"""The life of a complaint, as a story: from its receipt to its end, and the customer hears what happens."""

from datetime import datetime, timedelta
from typing import Final

from crmcore.domain.clocks.marks import Answer
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.customers.customer import Customer
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import ComplaintId, UserId
from crmcore.domain.people import User
from crmcore.services.complaints.telling import let_know, opened
from crmcore.services.house import House, story
from crmcore.services.steps.cases import keep_case
from crmcore.services.steps.messages import tell_customer
from crmcore.services.unit import Unit

PATIENCE: Final = timedelta(hours=40)
"""How much working time we wait for a customer, unless somebody says otherwise: a week of an office."""


class ComplaintLife:
    """What happens to complaints."""

    __slots__ = ()
    house: House

    @story("complaints.acknowledge")
    def acknowledge(
        self,
        unit: Unit,
        id: ComplaintId,
        /,
        *,
        channel: str = "",
        by: UserId | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Note that somebody told the customer who sees to it: the first answer.

        Args:
            channel: by which: ``phone``, ``email``.
            by: who; whoever is responsible when not given.

        Raises:
            IllegalTransition: it has gone further already.
        """
        complaint, time = opened(unit, self.house, id, expected_version)
        answer = _answer(unit, complaint, by=by, channel=channel)
        return keep_case(unit, self.house, complaint.acknowledge(answer, time=time, at=unit.now))

    @story("complaints.take_up")
    def take_up(
        self, unit: Unit, id: ComplaintId, /, *, expected_version: int | None = None, key: str | None = None
    ) -> Complaint:
        """Begin to investigate a complaint, go on after waiting, or reopen it.

        Raises:
            IllegalTransition: it is being investigated.
            RuleBroken: it was closed too long ago; receive a new one that follows it.
        """
        complaint, time = opened(unit, self.house, id, expected_version)
        return keep_case(unit, self.house, complaint.take_up(time=time, at=unit.now))

    @story("complaints.wait")
    def wait(
        self,
        unit: Unit,
        id: ComplaintId,
        /,
        *,
        until: datetime | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Wait for the customer; the clocks that may do so stand still.

        Args:
            until: when the customer is asked again at the latest; forty hours of working time from now when not given.

        Raises:
            IllegalTransition: it has come to its end.
            OutOfRange: that time has passed.
        """
        complaint, time = opened(unit, self.house, id, expected_version)
        until = time.added(unit.now, PATIENCE) if until is None else until
        return keep_case(unit, self.house, complaint.wait(until=until, time=time, at=unit.now))

    @story("complaints.hear")
    def hear(
        self, unit: Unit, id: ComplaintId, /, *, expected_version: int | None = None, key: str | None = None
    ) -> Complaint:
        """Note that the customer said something more; what waited for that goes on.

        Raises:
            RuleBroken: it has come to its end; take it up again.
        """
        complaint, time = opened(unit, self.house, id, expected_version)
        return keep_case(unit, self.house, complaint.hear(time=time, at=unit.now))

    @story("complaints.answer")
    def answer(
        self,
        unit: Unit,
        id: ComplaintId,
        /,
        *,
        channel: str = "",
        by: UserId | None = None,
        automatic: bool = False,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Note that the customer was told something. Whether that stops a clock is a rule of the promise; an automatic reply does not."""
        complaint, time = opened(unit, self.house, id, expected_version)
        answer = _answer(unit, complaint, by=by, channel=channel, automatic=automatic)
        return keep_case(unit, self.house, complaint.answer(answer, time=time, at=unit.now))

    @story("complaints.respond")
    def respond(
        self,
        unit: Unit,
        id: ComplaintId,
        text: str,
        /,
        *,
        channel: str = "email",
        by: UserId | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Tell the customer what we propose to do.

        Raises:
            Blank: nothing.
            IllegalTransition: it was responded to, or has come to its end.
        """
        complaint, time = opened(unit, self.house, id, expected_version)
        words = checked_text("complaint.response", text, limit=10_000, lines=True)
        answer = _answer(unit, complaint, by=by, channel=channel)
        responded = complaint.respond(answer, time=time, at=unit.now)
        let_know(unit, self.house, responded, "customer.answered", text=words)
        return keep_case(unit, self.house, responded)

    @story("complaints.resolve")
    def resolve(
        self,
        unit: Unit,
        id: ComplaintId,
        resolution: str,
        /,
        *,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Tell the customer the decision: what was done about a complaint.

        Raises:
            Blank: nothing.
            IllegalTransition: it has come to its end.
        """
        complaint, time = opened(unit, self.house, id, expected_version)
        resolved = complaint.resolve(resolution, time=time, at=unit.now)
        let_know(unit, self.house, resolved, "customer.decided", text=resolved.resolution)
        return keep_case(unit, self.house, resolved)

    @story("complaints.reject")
    def reject(
        self,
        unit: Unit,
        id: ComplaintId,
        reason: str,
        /,
        *,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Tell the customer the decision: why nothing will be done about a complaint.

        Raises:
            Blank: no reason.
            IllegalTransition: it has come to its end.
        """
        complaint, time = opened(unit, self.house, id, expected_version)
        rejected = complaint.reject(reason, time=time, at=unit.now)
        let_know(unit, self.house, rejected, "customer.decided", text=rejected.resolution)
        return keep_case(unit, self.house, rejected)

    @story("complaints.close")
    def close(
        self, unit: Unit, id: ComplaintId, /, *, expected_version: int | None = None, key: str | None = None
    ) -> Complaint:
        """Lay a complaint to rest, and ask the customer how content he or she is.

        Raises:
            IllegalTransition: it has no outcome.
            RuleBroken: a compensation waits for its approval.
        """
        closed = unit.get(Complaint, id, version=expected_version).close(at=unit.now)
        tell_customer(
            unit, unit.get(Customer, closed.customer), "customer.rate", about=closed.id, subject=closed.subject
        )
        return unit.save(closed)

    @story("complaints.rate")
    def rate(
        self, unit: Unit, id: ComplaintId, score: int, /, *, comment: str = "", key: str | None = None
    ) -> Complaint:
        """Note how content the customer is with the outcome, from 1 to 5.

        Raises:
            RuleBroken: there is no outcome yet.
            OutOfRange: not from 1 to 5.
        """
        return unit.save(unit.get(Complaint, id).rate(score, at=unit.now, comment=comment))

    @story("complaints.explain")
    def explain(
        self,
        unit: Unit,
        id: ComplaintId,
        /,
        *,
        cause: str,
        corrective: str = "",
        preventive: str = "",
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Note the root cause of a complaint, what was put right, and what keeps it from happening again.

        Args:
            cause: in one of the house's words; reports count by it.
        """
        complaint = unit.get(Complaint, id, version=expected_version)
        explained = complaint.explain(cause=cause, at=unit.now, corrective=corrective, preventive=preventive)
        return unit.save(explained)


def _answer(unit: Unit, complaint: Complaint, *, by: UserId | None, channel: str, automatic: bool = False) -> Answer:
    user = complaint.responsible if by is None else unit.get(User, by).id
    return Answer(user=None if automatic else user, channel=channel, automatic=automatic)

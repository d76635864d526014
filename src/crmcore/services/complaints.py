"""Complaints: taking them in, working on them, and bringing them to an end that the customer hears of."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from attrs import frozen

from crmcore.domain.complaints import Complaint, ComplaintState, Severity
from crmcore.domain.criteria import All, Compare, Criterion, Is, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.broken import NobodyAvailable
from crmcore.domain.fields.text import checked_text
from crmcore.domain.fields.time import checked_span
from crmcore.domain.ids import ComplaintId, CustomerId, DealId, UserId, check_id
from crmcore.domain.people import OWNER, User
from crmcore.services.house import House, story, view
from crmcore.services.steps.agenda import COMPLAINT_OVERDUE, schedule
from crmcore.services.steps.people import take_turn
from crmcore.services.unit import Unit, check_limit

OPEN_STATES: Final = tuple(state for state in ComplaintState if state.is_open)


@frozen
class Complaints:
    """What customers are not content with."""

    house: House

    @story("complaints.receive")
    def receive(
        self,
        unit: Unit,
        subject: str,
        /,
        *,
        type: str,
        customer: CustomerId,
        within: timedelta = timedelta(days=10),
        severity: Severity | str = Severity.MEDIUM,
        responsible: UserId | None = None,
        role: str = OWNER,
        deal: DealId | None = None,
        story: str = "",
        key: str | None = None,
    ) -> Complaint:
        """Take a complaint in. It has somebody responsible and a deadline from its first moment, and is escalated when late.

        Args:
            type: in one of the house's words.
            within: the time to resolve it.
            responsible: who sees to it; when not given, the next in turn of those who hold the role.
            role: see `responsible`.
            story: what the customer says.

        Raises:
            NobodyAvailable: nobody is given, and nobody is there to take a turn.
            NotFound: no such customer, deal or person.
        """
        within = checked_span("complaint.within", within)
        role = checked_text("complaint.role", role, limit=60)
        person = unit.get(Customer, customer)
        if deal is not None:
            unit.get(Deal, deal)
        complaint_id = unit.id("complaint")
        if responsible is None:
            assignment = take_turn(unit, role=role, ring=f"complaints:{role}")
            if assignment.user is None:
                rejected = tuple((r.user, r.reason) for r in assignment.rejected)
                raise NobodyAvailable(complaint_id, "nobody_available", rejected=rejected)
            responsible = assignment.user
        complaint = Complaint.receive(
            complaint_id,
            subject,
            type=type,
            customer=person.id,
            responsible=unit.get(User, responsible).id,
            due_at=unit.now + within,
            at=unit.now,
            severity=severity,
            deal=deal,
            story=story,
        )
        return self._watched(unit, complaint, fresh=True)

    @story("complaints.take_up")
    def take_up(
        self, unit: Unit, id: ComplaintId, /, *, expected_version: int | None = None, key: str | None = None
    ) -> Complaint:
        """Begin to work on a complaint, go on after waiting, or reopen it.

        Raises:
            IllegalTransition: it is being worked on.
        """
        return self._watched(unit, unit.get(Complaint, id, version=expected_version).take_up(at=unit.now))

    @story("complaints.wait")
    def wait(
        self, unit: Unit, id: ComplaintId, /, *, expected_version: int | None = None, key: str | None = None
    ) -> Complaint:
        """Wait for the customer.

        Raises:
            IllegalTransition: it has come to its end.
        """
        return unit.save(unit.get(Complaint, id, version=expected_version).wait(at=unit.now))

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
        """Say what was done about a complaint.

        Raises:
            Blank: nothing.
            IllegalTransition: it has come to its end.
        """
        return unit.save(unit.get(Complaint, id, version=expected_version).resolve(resolution, at=unit.now))

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
        """Say why nothing will be done about a complaint.

        Raises:
            Blank: no reason.
            IllegalTransition: it has come to its end.
        """
        return unit.save(unit.get(Complaint, id, version=expected_version).reject(reason, at=unit.now))

    @story("complaints.close")
    def close(
        self, unit: Unit, id: ComplaintId, /, *, expected_version: int | None = None, key: str | None = None
    ) -> Complaint:
        """Lay a complaint to rest: the customer knows the outcome.

        Raises:
            IllegalTransition: it has no outcome.
        """
        return unit.save(unit.get(Complaint, id, version=expected_version).close(at=unit.now))

    @story("complaints.reassign")
    def reassign(
        self,
        unit: Unit,
        id: ComplaintId,
        /,
        *,
        to: UserId,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Make somebody else responsible.

        Raises:
            NotFound: no such person.
        """
        complaint = unit.get(Complaint, id, version=expected_version)
        return unit.save(complaint.reassign(unit.get(User, to).id, at=unit.now))

    @view("complaints.get")
    def get(self, unit: Unit, id: ComplaintId, /) -> Complaint:
        """Read a complaint."""
        return unit.get(Complaint, id)

    @view("complaints.list")
    def list(
        self,
        unit: Unit,
        /,
        *,
        customer: CustomerId | None = None,
        responsible: UserId | None = None,
        type: str | None = None,
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
        type = None if type is None else checked_text("type", type, limit=100)
        asked: dict[str, Any] = {"customer": customer, "responsible": responsible, "type": type}
        for name, prefix in (("customer", "customer"), ("responsible", "user")):
            if asked[name] is not None:
                check_id(prefix, asked[name])
        where: list[Criterion] = [Is(name, value) for name, value in asked.items() if value is not None]
        if overdue:
            where += [OneOf("state", OPEN_STATES), Compare("due_at", "<", unit.now)]
        return unit.find(Complaint, All(tuple(where)), order="due_at", after=after, limit=limit)

    def _watched(self, unit: Unit, complaint: Complaint, *, fresh: bool = False) -> Complaint:
        complaint = unit.save(complaint)
        at = self.house.ladder.rung(complaint.level + 1, complaint.due_at)
        schedule(unit, COMPLAINT_OVERDUE, complaint.id, at=at, fresh=fresh)
        return complaint

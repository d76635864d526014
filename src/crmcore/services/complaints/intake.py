"""Taking complaints in: who sees to them, what they are about, how grave they are, and what is promised."""

from datetime import timedelta
from typing import Final

from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.complaints.life import Severity
from crmcore.domain.complaints.parts import ComplaintType, nearest
from crmcore.domain.criteria import Compare, Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.given import NotAllowed
from crmcore.domain.fields.part import checked_member
from crmcore.domain.fields.text import checked_text
from crmcore.domain.fields.time import checked_span
from crmcore.domain.ids import ComplaintId, CustomerId, DealId, UserId
from crmcore.domain.kernel import changed
from crmcore.domain.levels import Matter
from crmcore.domain.people import OWNER
from crmcore.services.complaints.telling import facts_of, opened
from crmcore.services.house import House, story
from crmcore.services.steps.cases import keep_case, promise_for, who_sees_to_it
from crmcore.services.steps.messages import tell, tell_customer
from crmcore.services.steps.worktime import house_time
from crmcore.services.unit import Unit

LIKENESS: Final = timedelta(days=90)
"""How far back a complaint about the like counts as the same trouble."""


class ComplaintIntake:
    """How complaints come in and to whom they go."""

    __slots__ = ()
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
        within: timedelta | None = None,
        severity: Severity | str | None = None,
        responsible: UserId | None = None,
        role: str | None = None,
        deal: DealId | None = None,
        product: str = "",
        contract: str = "",
        story: str = "",
        follows: ComplaintId | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Take a complaint in. It has somebody responsible and deadlines from its first moment, and is escalated when late.

        The customer is told that it has arrived, who sees to it and until when.

        Args:
            type: in one of the house's words, with slashes if they make a tree: ``delivery/late``.
            within: the working time to its end, if not what the service levels promise.
            severity: what the type says when not given.
            responsible: who sees to it; when not given, the next in turn of those who hold the role.
            role: see `responsible`; what the type says when not given.
            contract: the customer's, by which a service level may be chosen.
            story: what the customer says.
            follows: an earlier complaint that this one follows up.

        Raises:
            NobodyAvailable: nobody is given, and nobody is there to take a turn.
            NotAllowed: the house has declared its types, and this is none of them.
            NotFound: no such customer, deal, person or complaint.
        """
        asked = None if within is None else checked_span("complaint.within", within, least=timedelta(seconds=1))
        declared = declared_type(unit, type)
        grave = Severity.MEDIUM if declared is None else declared.severity
        grave = grave if severity is None else checked_member("complaint.severity", Severity, severity)
        person = unit.get(Customer, customer)
        if deal is not None:
            unit.get(Deal, deal)
        if follows is not None:
            unit.get(Complaint, follows)
        id = unit.id("complaint")
        usual = OWNER if declared is None else declared.role
        role = usual if role is None else checked_text("complaint.role", role, limit=60)
        promise = promise_for(unit, _matter(person, type, grave, contract), within=asked)
        complaint = Complaint.receive(
            id,
            subject,
            type=type,
            customer=person.id,
            responsible=who_sees_to_it(unit, id, asked=responsible, role=role, ring="complaints"),
            promise=promise,
            time=house_time(unit, self.house, promise.calendar),
            at=unit.now,
            severity=grave,
            deal=deal,
            product=product,
            contract=contract,
            story=story,
            repeats=_repeated(unit, person, type),
            follows=follows,
        )
        facts = facts_of(unit, self.house, complaint)
        tell(unit, complaint.responsible, "case.yours", about=complaint.id, **facts)
        tell_customer(unit, person, "customer.received", about=complaint.id, **facts)
        return keep_case(unit, self.house, complaint, fresh=True)

    @story("complaints.assess")
    def assess(
        self,
        unit: Unit,
        id: ComplaintId,
        /,
        *,
        type: str | None = None,
        severity: Severity | str | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Complaint:
        """Judge what a complaint is about and how grave it is; the service level is chosen anew. Pauses stay as they were.

        Raises:
            RuleBroken: it has come to its end.
            NotAllowed: the house has declared its types, and this is none of them.
        """
        complaint, _ = opened(unit, self.house, id, expected_version)
        kind = complaint.type if type is None else checked_text("complaint.type", type, limit=100)
        declared_type(unit, kind)
        grave = complaint.severity if severity is None else checked_member("complaint.severity", Severity, severity)
        person = unit.get(Customer, complaint.customer)
        promise = promise_for(unit, _matter(person, kind, grave, complaint.contract))
        if promise.level is None and complaint.service_level is None:  # what was asked for stays promised
            kept = {"targets": complaint.targets, "calendar": complaint.calendar}
            promise = changed(promise, rule="asked", **kept)
        time = house_time(unit, self.house, promise.calendar)
        assessed = complaint.assess(type=kind, severity=grave, promise=promise, time=time, at=unit.now)
        return keep_case(unit, self.house, assessed)

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
            RuleBroken: who is named has left.
        """
        complaint = unit.get(Complaint, id, version=expected_version)
        heir = who_sees_to_it(unit, complaint.id, asked=to, role=OWNER, ring="complaints")
        if heir != complaint.responsible:
            tell(unit, heir, "case.yours", about=complaint.id, **facts_of(unit, self.house, complaint))
        return keep_case(unit, self.house, complaint.reassign(heir, at=unit.now))


def declared_type(unit: Unit, type: str) -> ComplaintType | None:
    """Find what the house has declared of a type, or of one above it; None where nothing is declared at all.

    Raises:
        NotAllowed: types are declared, and this is none of them.
    """
    type = checked_text("complaint.type", type, limit=100)
    types = unit.find(ComplaintType, Is("active", True), order="path")
    found = nearest(types, type)
    if types and found is None:
        raise NotAllowed("complaint.type", allowed=tuple(one.path for one in types))
    return found


def _matter(person: Customer, type: str, severity: Severity, contract: str) -> Matter:
    return Matter(kind="complaint", type=type, severity=severity.value, contract=contract, segments=person.tags)


def _repeated(unit: Unit, person: Customer, type: str) -> ComplaintId | None:
    """The latest complaint of the customer about the like: of the same branch of the tree."""
    recent = Is("customer", person.id) & Compare("received_at", ">=", unit.now - LIKENESS)
    branch = type.partition("/")[0]
    alike = (one for one in unit.find(Complaint, recent, order="-id", limit=50) if one.type.partition("/")[0] == branch)
    return next((one.id for one in alike), None)

"""Leads: a request from outside becomes a deal with a customer, somebody responsible, and a first task."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from inspect import signature
from typing import Any, Final, Literal

from attrs import field, frozen

from crmcore.domain.clocks.replay import Clocks
from crmcore.domain.criteria import AnyOf, Criterion, Has, Is, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.matching import Ambiguous, Identifier, Known, Match, Stranger, match
from crmcore.domain.customers.parts import Channel, ContactPoint, CustomerKind, ExternalId
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import LineItem
from crmcore.domain.documents import Document
from crmcore.domain.errors.broken import AmbiguousCustomer, RuleBroken
from crmcore.domain.errors.given import Blank
from crmcore.domain.fields.build import checked_type
from crmcore.domain.fields.part import NOTHING
from crmcore.domain.fields.text import NOTE, checked_text
from crmcore.domain.funnels import Funnel
from crmcore.domain.gaps import fill
from crmcore.domain.ids import CustomerId, DealId, FunnelId, UserId
from crmcore.domain.kernel import record
from crmcore.domain.people import Assignment, User
from crmcore.domain.tasks import Task
from crmcore.domain.values.address import PostalAddress
from crmcore.domain.values.money import Money
from crmcore.services.bulk import Told, row_of, tell_each
from crmcore.services.house import House, story, view
from crmcore.services.steps.arrival import arrival, is_news
from crmcore.services.steps.ladders import watch
from crmcore.services.steps.people import foresee_turn, take_turn
from crmcore.services.steps.points import points_of, read_holders_ahead
from crmcore.services.steps.stages import Entered, enter_stage
from crmcore.services.steps.watching import response_of, watched_request
from crmcore.services.unit import Unit

NEW: Literal["new"] = "new"


@record
class Captured:
    """What became of a lead.

    Attributes:
        match: whose it is, and how we know.
        assignment: who got it, and why nobody else did.
        repeated: whether the request had come before, so that nothing was done.
    """

    customer: Customer
    deal: Deal
    match: Match
    assignment: Assignment
    tasks: Sequence[Task] = field(default=(), converter=tuple)
    documents: Sequence[Document] = field(default=(), converter=tuple)
    repeated: bool = False

    @property
    def task(self) -> Task | None:
        """The first task that the stage gave."""
        return self.tasks[0] if self.tasks else None


@frozen
class Leads:
    """Taking requests in."""

    house: House

    @story("leads.capture")
    def capture(
        self,
        unit: Unit,
        name: str = "",
        /,
        *,
        funnel: FunnelId,
        phone: str | None = None,
        email: str | None = None,
        external_id: ExternalId | None = None,
        about: str = "",
        title: str | None = None,
        source: str = "",
        campaign: str = "",
        value: Money | None = None,
        lines: Sequence[LineItem] = (),
        expected_close: date | None = None,
        customer: CustomerId | Literal["new"] | None = None,
        kind: CustomerKind | str = CustomerKind.PERSON,
        address: PostalAddress | None = None,
        language: str | None = None,
        owner: UserId | None = None,
        request: ExternalId | None = None,
        tags: Sequence[str] = (),
        custom: Mapping[str, Any] = NOTHING,
        received_at: datetime | None = None,
        key: str | None = None,
    ) -> Captured:
        """Take a lead in: find or make its customer, choose who is responsible, open the deal, give the stage's tasks.

        Args:
            name: whoever asks; may be empty with an external id.
            funnel: into whose first stage the deal comes.
            phone: in any usual form; national ones are read as of the house's region.
            email: of whoever asks.
            external_id: the key under which another system knows the customer.
            title: of the deal; what it is about, or the name, when not given.
            customer: whose lead it is, if that is known; ``"new"`` for somebody new in spite of a likeness.
            kind: what a new customer is.
            owner: who is to be responsible; when not given, a known customer's owner, else whoever's turn it is.
            request: the key of the request itself. The same request opens no second deal, ever.
            received_at: when it came, if not now; its times are counted from there. More than a day ago it is history: nothing is set off by it.
            key: the caller's idempotency key.
            (others): as the deal's and the customer's fields.

        Raises:
            AmbiguousCustomer: several customers fit; nothing was done.
            NotFound: no such funnel, customer or owner.
            InvalidInput: a field that cannot be.
        """
        at = arrival(unit, received_at, "lead.received_at")
        if request is not None:
            checked_type("lead.request", ExternalId, request)
        if external_id is not None:
            checked_type("lead.external_id", ExternalId, external_id)
        about = checked_text("lead.about", about, limit=NOTE, lines=True, blank=True)
        drawn = unit.get(Funnel, funnel)
        if request is not None and (repeated := _known_request(unit, request)):
            return repeated
        points = points_of(self.house, phone, email)
        if owner is None and customer in (None, NEW):  # what is given may have no hash
            foresee_turn(unit, role=drawn.role, ring=f"{drawn.id}:{drawn.role}")
        belongs = _match(unit, points, external_id) if customer is None else _told(unit, customer)
        if isinstance(belongs, Ambiguous):
            raise AmbiguousCustomer(belongs.candidates)
        asked = None if owner is None else unit.get(User, owner)
        if isinstance(belongs, Known):
            person = _learn(unit, unit.get(Customer, belongs.customer), belongs, points, external_id)
            assignment = _assign(unit, drawn, asked=asked, usual=unit.peek(User, person.owner))
        else:
            assignment = _assign(unit, drawn, asked=asked, usual=None)
            person = Customer.add(
                unit.id("customer"),
                name,
                at=unit.now,
                kind=kind,
                contact_points=points,
                external_ids=() if external_id is None else (external_id,),
                owner=assignment.user,
                source=source,
                addresses=() if address is None else (address,),
                language=language,
            )
        person = unit.save(person)
        deal = Deal.open(
            unit.id("deal"),
            title or fill(about, {}) or person.display_name,
            customer=person.id,
            funnel=drawn,
            at=at,
            noted_at=unit.now,
            value=value,
            lines=lines,
            owner=assignment.user,
            expected_close=expected_close,
            source=source,
            campaign=campaign,
            request=request,
            about=about,
            tags=tags,
            custom=custom,
        )
        entered = enter_stage(unit, self.house, deal, drawn, person) if is_news(unit, at) else Entered(deal=deal)
        deal = unit.save(entered.deal)
        if drawn.respond_within is not None and is_news(unit, at):
            watch(unit, watched_request(unit, self.house, deal), fresh=True)
        return Captured(
            customer=person,
            deal=deal,
            match=belongs,
            assignment=assignment,
            tasks=entered.tasks,
            documents=entered.documents,
        )

    def capture_many(
        self, leads: Iterable[Mapping[str, Any]], /, *, chunk: int = 500, **common: Any
    ) -> Iterator[Told[Captured]]:
        """Take many leads in, each as `capture` does it.

        It goes on as its answers are read; read them all.

        Args:
            leads: the arguments of `capture` for each, with the ``name`` among them.
            chunk: how many leads one transaction takes, up to 10,000.
            common: arguments that all leads share.

        Example:
            >>> from crmcore import Crm, Refused
            >>> crm = Crm()
            >>> sales = crm.funnels.create("Windows", stages=["First call"])
            >>> leads = [{"name": "Anna", "email": "anna@example.org"}, {"name": "Bruno", "email": "no address"}]
            >>> [told.error.code for told in crm.leads.capture_many(leads, funnel=sales.id) if isinstance(told, Refused)]
            ['invalid_email']
        """

        def capture(lead: Mapping[str, Any]) -> Captured:
            facts = row_of(lead, common, ARGUMENTS, what="lead")
            if "funnel" not in facts:
                raise Blank("lead.funnel", "must be given, for each lead or for all")
            return self.capture(facts.pop("name", ""), **facts)

        def ahead(unit: Unit, some: Sequence[Mapping[str, Any]]) -> None:
            read_holders_ahead(unit, self.house, some)

        return tell_each(self.house, "leads.capture", leads, capture, chunk=chunk, ahead=ahead)

    @view("leads.response")
    def response(self, unit: Unit, id: DealId, /) -> Clocks:
        """Tell how the clock of a request's first answer stands: promised by its funnel, stopped by a call, a mail, a meeting.

        Raises:
            NotFound: no such deal.
        """
        return response_of(unit, self.house, unit.get(Deal, id))


ARGUMENTS: Final = frozenset(signature(Leads.capture).parameters) - {"self", "unit"}
"""What may be told of a lead."""


def _known_request(unit: Unit, request: ExternalId) -> Captured | None:
    deal = unit.one(Deal, Is("request.system", request.system) & Is("request.key", request.key))
    if deal is None:
        return None
    return Captured(
        customer=unit.get(Customer, deal.customer),
        deal=deal,
        match=Known(deal.customer, ("request",)),
        assignment=Assignment(user=deal.owner, rule="request"),
        repeated=True,
    )


def _match(unit: Unit, points: Sequence[ContactPoint], external_id: ExternalId | None) -> Match:
    ways: list[Criterion] = []
    if points:
        ways.append(Has("contact_points", OneOf("claim", tuple(point.claim for point in points))))
    if external_id is not None:
        ways.append(Has("external_ids", Is("system", external_id.system) & Is("key", external_id.key)))
    if not ways:
        return Stranger()
    found: list[tuple[Identifier, CustomerId]] = []
    for customer in unit.find(Customer, ways[0] if len(ways) == 1 else AnyOf(tuple(ways))):
        if external_id in customer.external_ids:
            found.append(("external_id", customer.id))
        claims = {point.claim for point in customer.contact_points}
        found += [
            ("email" if point.channel is Channel.EMAIL else "phone", customer.id)
            for point in points
            if point.claim in claims
        ]
    return match(found)


def _told(unit: Unit, customer: str) -> Match:
    return Stranger() if customer == NEW else Known(unit.get(Customer, CustomerId(customer)).id, ("told",))


def _learn(
    unit: Unit, customer: Customer, known: Known, points: Sequence[ContactPoint], external_id: ExternalId | None
) -> Customer:
    """Note what the lead tells us about a customer we know: never a strong identifier on a weak match."""
    if known.by == ("phone",):
        return customer
    claims = tuple(point.claim for point in points)
    taken = unit.find(Customer, Has("contact_points", OneOf("claim", claims))) if claims else ()
    others = {point.claim for other in taken if other.id != customer.id for point in other.contact_points}
    customer = customer.add_contact(*(point for point in points if point.claim not in others), at=unit.now)
    return customer if external_id is None else customer.know_as(external_id, at=unit.now)


def _assign(unit: Unit, funnel: Funnel, *, asked: User | None, usual: User | None) -> Assignment:
    if asked is not None:
        if not asked.active:
            raise RuleBroken(asked.id, "user_left", "has left; choose somebody else")
        return Assignment(user=asked.id, rule="asked")
    if usual is not None and not usual.unavailable(unit.now):
        return Assignment(user=usual.id, rule="owner")
    return take_turn(unit, role=funnel.role, ring=f"{funnel.id}:{funnel.role}")

"""Customers: taking them in, getting to know them, finding them, and seeing all that is known on one page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from attrs import field, frozen

from crmcore.domain.commitments import Commitment
from crmcore.domain.complaints import Complaint
from crmcore.domain.criteria import All, AnyOf, Criterion, Has, Is, Mentions
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, CustomerKind, ExternalId, RelationKind, Role
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import Document
from crmcore.domain.errors.conflicts import Taken
from crmcore.domain.fields.part import NOTHING
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import CustomerId, UserId
from crmcore.domain.interactions import Interaction
from crmcore.domain.kernel import record
from crmcore.domain.people import User
from crmcore.domain.tasks import Task
from crmcore.domain.values.address import PostalAddress
from crmcore.domain.values.contact import email_key
from crmcore.domain.values.names import fold
from crmcore.services.house import House, story, view
from crmcore.services.unit import Unit, check_limit

ON_A_PAGE: Final = 100
"""How many of each kind a customer's page shows, the latest."""


@record
class Happening:
    """One line of a customer's timeline.

    Attributes:
        what: the kind of record and what became of it, as words: ``deal opened``, ``task done``.
        subject: the record's id.
    """

    at: datetime
    what: str
    subject: str


@record
class CustomerPage:
    """Everything that is known of a customer, so that nobody has to ask again. Of each kind the latest hundred."""

    customer: Customer
    deals: Sequence[Deal] = field(converter=tuple)
    tasks: Sequence[Task] = field(converter=tuple)
    interactions: Sequence[Interaction] = field(converter=tuple)
    commitments: Sequence[Commitment] = field(converter=tuple)
    complaints: Sequence[Complaint] = field(converter=tuple)
    documents: Sequence[Document] = field(converter=tuple)

    @property
    def timeline(self) -> Sequence[Happening]:
        """What happened, the latest first."""
        lines = [Happening(at=self.customer.added_at, what="customer added", subject=self.customer.id)]
        for deal in self.deals:
            lines.append(Happening(at=deal.opened_at, what="deal opened", subject=deal.id))
            if deal.closed_at is not None:
                lines.append(Happening(at=deal.closed_at, what=f"deal {deal.outcome.value}", subject=deal.id))
        for task in self.tasks:
            lines.append(Happening(at=task.given_at, what="task given", subject=task.id))
            if task.closed_at is not None:
                lines.append(Happening(at=task.closed_at, what=f"task {task.state.value}", subject=task.id))
        for contact in self.interactions:
            what = f"{contact.kind.value} {contact.direction.value}"
            lines.append(Happening(at=contact.happened_at, what=what, subject=contact.id))
        for promise in self.commitments:
            lines.append(Happening(at=promise.made_at, what=f"commitment {promise.side.value}", subject=promise.id))
            if promise.settled_at is not None:
                what = f"commitment {promise.state.value}"
                lines.append(Happening(at=promise.settled_at, what=what, subject=promise.id))
        for complaint in self.complaints:
            lines.append(Happening(at=complaint.received_at, what="complaint received", subject=complaint.id))
            if complaint.resolved_at is not None:
                what = f"complaint {complaint.state.value}"
                lines.append(Happening(at=complaint.resolved_at, what=what, subject=complaint.id))
        lines += [Happening(at=paper.added_at, what="document added", subject=paper.id) for paper in self.documents]
        return tuple(sorted(lines, key=attrgetter("at", "subject"), reverse=True))


@frozen
class Customers:
    """Everybody the house deals with."""

    house: House

    @story("customers.add")
    def add(
        self,
        unit: Unit,
        name: str = "",
        /,
        *,
        kind: CustomerKind | str = CustomerKind.PERSON,
        roles: Iterable[Role | str] = (Role.PROSPECT,),
        phone: str | None = None,
        email: str | None = None,
        contact_points: Sequence[ContactPoint] = (),
        external_ids: Sequence[ExternalId] = (),
        address: PostalAddress | None = None,
        owner: UserId | None = None,
        source: str = "",
        language: str | None = None,
        note: str = "",
        tags: Sequence[str] = (),
        custom: Mapping[str, Any] = NOTHING,
        key: str | None = None,
    ) -> Customer:
        """Take somebody into the base.

        Raises:
            Taken: another customer has that phone, e-mail or external id; mark a contact point as shared if both are right.
            Blank: neither a name nor an external id.
            NotFound: no such owner.
        """
        points = [*contact_points]
        if phone:
            points.append(self._phone(phone))
        if email:
            points.append(ContactPoint.email(email))
        if owner is not None:
            unit.get(User, owner)
        customer = Customer.add(
            unit.id("customer"),
            name,
            at=unit.now,
            kind=kind,
            roles=tuple(roles),
            contact_points=points,
            external_ids=external_ids,
            owner=owner,
            source=source,
            addresses=() if address is None else (address,),
            language=language,
            note=note,
            tags=tags,
            custom=custom,
        )
        _require_free(unit, customer)
        return unit.save(customer)

    @story("customers.rename")
    def rename(
        self,
        unit: Unit,
        id: CustomerId,
        name: str,
        /,
        *,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Customer:
        """Write a customer's name anew.

        Raises:
            Blank: an empty name.
        """
        name = checked_text("customer.name", name)
        return unit.save(unit.get(Customer, id, version=expected_version).rename(name, at=unit.now))

    @story("customers.describe")
    def describe(
        self,
        unit: Unit,
        id: CustomerId,
        /,
        *,
        expected_version: int | None = None,
        key: str | None = None,
        **details: Any,
    ) -> Customer:
        """Change what is known of a customer: profile, addresses, language, tags, note, custom fields, parts of the name.

        Raises:
            InvalidInput: a detail that cannot be, or that is none.
        """
        return unit.save(unit.get(Customer, id, version=expected_version).describe(at=unit.now, **details))

    @story("customers.add_contact")
    def add_contact(
        self,
        unit: Unit,
        id: CustomerId,
        /,
        *points: ContactPoint,
        phone: str | None = None,
        email: str | None = None,
        key: str | None = None,
    ) -> Customer:
        """Note further ways to reach a customer.

        Raises:
            Taken: another customer has one of them; mark it as shared if both are right.
        """
        new = [*points]
        if phone:
            new.append(self._phone(phone))
        if email:
            new.append(ContactPoint.email(email))
        customer = unit.get(Customer, id).add_contact(*new, at=unit.now)
        _require_free(unit, customer)
        return unit.save(customer)

    @story("customers.remove_contact")
    def remove_contact(self, unit: Unit, id: CustomerId, contact: str, /, *, key: str | None = None) -> Customer:
        """Forget one way to reach a customer, by its comparable form."""
        return unit.save(unit.get(Customer, id).remove_contact(contact, at=unit.now))

    @story("customers.relate")
    def relate(
        self,
        unit: Unit,
        id: CustomerId,
        kind: RelationKind | str,
        other: CustomerId,
        /,
        *,
        note: str = "",
        key: str | None = None,
    ) -> Customer:
        """Tie a customer to another: ``relate(anna, "employee_of", company)``.

        Raises:
            RuleBroken: to itself.
            NotFound: no such customer.
        """
        tied = unit.get(Customer, other)
        return unit.save(unit.get(Customer, id).relate(kind, tied.id, at=unit.now, note=note))

    @story("customers.know_as")
    def know_as(self, unit: Unit, id: CustomerId, external_id: ExternalId, /, *, key: str | None = None) -> Customer:
        """Note the key under which another system knows a customer.

        Raises:
            Taken: another customer has it.
        """
        customer = unit.get(Customer, id).know_as(external_id, at=unit.now)
        _require_free(unit, customer)
        return unit.save(customer)

    @story("customers.become")
    def become(self, unit: Unit, id: CustomerId, role: Role | str, /, *, key: str | None = None) -> Customer:
        """Let a customer take on a role, such as partner."""
        return unit.save(unit.get(Customer, id).become(role, at=unit.now))

    @story("customers.hand_over")
    def hand_over(
        self,
        unit: Unit,
        id: CustomerId,
        /,
        *,
        to: UserId | None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Customer:
        """Give a customer another owner.

        Raises:
            NotFound: no such person.
        """
        customer = unit.get(Customer, id, version=expected_version)
        return unit.save(customer.hand_over(None if to is None else unit.get(User, to).id, at=unit.now))

    @view("customers.get")
    def get(self, unit: Unit, id: CustomerId, /) -> Customer:
        """Read a customer."""
        return unit.get(Customer, id)

    @view("customers.by_external_id")
    def by_external_id(self, unit: Unit, system: str, key: str, /) -> Customer | None:
        """Find the customer that another system knows under a key."""
        return unit.one(Customer, Has("external_ids", Is("system", system) & Is("key", key)))

    @view("customers.reachable_at")
    def reachable_at(self, unit: Unit, contact: str, /) -> Sequence[Customer]:
        """Find whoever has that phone or e-mail, shared ones included."""
        value = email_key(contact) if "@" in contact else self.house.phones.key(contact, region=self.house.region)
        return unit.find(Customer, Has("contact_points", Is("value", value)))

    @view("customers.search")
    def search(
        self,
        unit: Unit,
        words: str = "",
        /,
        *,
        role: Role | str | None = None,
        owner: UserId | None = None,
        after: Customer | None = None,
        limit: int = 100,
    ) -> Sequence[Customer]:
        """Find customers by the beginnings of the words of their names, in any script, a page at a time by name.

        ``search("shah ori")`` finds Шаҳзод Ўринов; see `crmcore.domain.values.names.fold`.
        """
        check_limit(limit)
        where: list[Criterion] = [Mentions("name_key", word) for word in fold(words).split()]
        if role is not None:
            where.append(Has("roles", Is("role", Role(role))))
        if owner is not None:
            where.append(Is("owner", owner))
        return unit.find(Customer, All(tuple(where)), order="name_key", after=after, limit=limit)

    @view("customers.page")
    def page(self, unit: Unit, id: CustomerId, /) -> CustomerPage:
        """Read everything that is known of a customer. The number of statements does not depend on how much it is."""
        customer, theirs = unit.get(Customer, id), Is("customer", id)
        return CustomerPage(
            customer=customer,
            deals=unit.find(Deal, theirs, order="-id", limit=ON_A_PAGE),
            tasks=unit.find(Task, theirs, order="-id", limit=ON_A_PAGE),
            interactions=unit.find(Interaction, theirs, order="-happened_at", limit=ON_A_PAGE),
            commitments=unit.find(Commitment, theirs, order="-id", limit=ON_A_PAGE),
            complaints=unit.find(Complaint, theirs, order="-id", limit=ON_A_PAGE),
            documents=unit.find(Document, theirs, order="-id", limit=ON_A_PAGE),
        )

    def _phone(self, number: str) -> ContactPoint:
        return ContactPoint.phone(self.house.phones.key(number, region=self.house.region))


def _require_free(unit: Unit, customer: Customer) -> None:
    """Look before saving, so that the refusal can name the customer who has it; a race is caught by the store's unique key."""
    claims = tuple(point.claim for point in customer.contact_points if point.claim is not None)
    ways = [Has("contact_points", Is("claim", claim)) for claim in claims]
    ways += [Has("external_ids", Is("system", e.system) & Is("key", e.key)) for e in customer.external_ids]
    for other in unit.find(Customer, AnyOf(tuple(ways))) if ways else ():
        if other.id != customer.id:
            held = {point.claim for point in other.contact_points} & set(claims)
            raise Taken("customer", "contact_points.claim" if held else "external_ids", holder=other.id)

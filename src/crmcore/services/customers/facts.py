"""Taking customers in and getting to know them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crmcore.domain.criteria import AnyOf, Has, Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, CustomerKind, ExternalId, RelationKind, Role
from crmcore.domain.errors.conflicts import Taken
from crmcore.domain.fields.part import NOTHING, listed
from crmcore.domain.ids import CustomerId, UserId
from crmcore.domain.people import User
from crmcore.domain.values.address import PostalAddress
from crmcore.services.house import House, story
from crmcore.services.unit import Unit


class CustomerFacts:
    """What is known of customers."""

    __slots__ = ()

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
        points = [*listed("customer.contact_points", contact_points)]
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
            roles=roles,
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
        return unit.save(unit.get(Customer, id, version=expected_version).describe(details, at=unit.now))

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

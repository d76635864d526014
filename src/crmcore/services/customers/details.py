"""Taking customers in and getting to know them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint, CustomerKind, ExternalId, RelationKind, Role
from crmcore.domain.kernel.criteria import Eq, HasChild, Or
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError
from crmcore.domain.kernel.fields.composite import EMPTY_MAP, as_tuple
from crmcore.domain.kernel.ids import CustomerId, UserId
from crmcore.domain.kernel.values.address import PostalAddress
from crmcore.domain.organization.users import User
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork


class CustomerDetails:
    """What is known of customers."""

    __slots__ = ()

    _environment: Environment

    @command("customers.create")
    def create(
        self,
        uow: UnitOfWork,
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
        owner_id: UserId | None = None,
        source: str = "",
        language: str | None = None,
        note: str = "",
        tags: Sequence[str] = (),
        custom: Mapping[str, Any] = EMPTY_MAP,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Take somebody into the base.

        Raises:
            DuplicateKeyError: another customer has that phone, e-mail or external id; mark a contact point as shared if both are right.
            RequiredError: neither a name nor an external id.
            NotFoundError: no such owner.
        """
        all_contact_points = [*as_tuple("customer.contact_points", contact_points)]
        if phone:
            all_contact_points.append(self._phone_contact_point(phone))
        if email:
            all_contact_points.append(ContactPoint.email(email))
        if owner_id is not None:
            uow.get(User, owner_id)
        customer = Customer.create(
            uow.new_id("customer"),
            name,
            at=uow.now,
            kind=kind,
            roles=roles,
            contact_points=all_contact_points,
            external_ids=external_ids,
            owner_id=owner_id,
            source=source,
            addresses=() if address is None else (address,),
            language=language,
            note=note,
            tags=tags,
            custom=custom,
        )
        _require_unique_identifiers(uow, customer)
        return uow.save(customer)

    @command("customers.rename")
    def rename(
        self,
        uow: UnitOfWork,
        customer_id: CustomerId,
        name: str,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Write a customer's name anew.

        Raises:
            RequiredError: an empty name.
        """
        return uow.save(uow.get(Customer, customer_id, version=expected_version).rename(name, at=uow.now))

    @command("customers.update")
    def update(
        self,
        uow: UnitOfWork,
        customer_id: CustomerId,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
        **details: Any,
    ) -> Customer:
        """Change what is known of a customer: profile, addresses, language, tags, note, custom fields, parts of the name.

        Raises:
            InvalidInputError: a detail that cannot be, or that is none.
        """
        return uow.save(uow.get(Customer, customer_id, version=expected_version).update(details, at=uow.now))

    @command("customers.add_contact_point")
    def add_contact_point(
        self,
        uow: UnitOfWork,
        customer_id: CustomerId,
        /,
        *contact_points: ContactPoint,
        phone: str | None = None,
        email: str | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Note further ways to reach a customer.

        Raises:
            DuplicateKeyError: another customer has one of them; mark it as shared if both are right.
        """
        new_contact_points = [*contact_points]
        if phone:
            new_contact_points.append(self._phone_contact_point(phone))
        if email:
            new_contact_points.append(ContactPoint.email(email))
        customer = uow.get(Customer, customer_id).add_contact_point(*new_contact_points, at=uow.now)
        _require_unique_identifiers(uow, customer)
        return uow.save(customer)

    @command("customers.remove_contact_point")
    def remove_contact_point(
        self, uow: UnitOfWork, customer_id: CustomerId, contact: str, /, *, idempotency_key: str | None = None
    ) -> Customer:
        """Forget one way to reach a customer, by its comparable form."""
        return uow.save(uow.get(Customer, customer_id).remove_contact_point(contact, at=uow.now))

    @command("customers.add_relation")
    def add_relation(
        self,
        uow: UnitOfWork,
        customer_id: CustomerId,
        kind: RelationKind | str,
        related_customer_id: CustomerId,
        /,
        *,
        note: str = "",
        idempotency_key: str | None = None,
    ) -> Customer:
        """Tie a customer to another: ``add_relation(anna, "employee_of", company)``.

        Raises:
            BusinessRuleError: to itself.
            NotFoundError: no such customer.
        """
        related_customer = uow.get(Customer, related_customer_id)
        return uow.save(uow.get(Customer, customer_id).add_relation(kind, related_customer.id, at=uow.now, note=note))

    @command("customers.add_external_id")
    def add_external_id(
        self,
        uow: UnitOfWork,
        customer_id: CustomerId,
        external_id: ExternalId,
        /,
        *,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Note the key under which another system knows a customer.

        Raises:
            DuplicateKeyError: another customer has it.
        """
        customer = uow.get(Customer, customer_id).add_external_id(external_id, at=uow.now)
        _require_unique_identifiers(uow, customer)
        return uow.save(customer)

    @command("customers.add_role")
    def add_role(
        self, uow: UnitOfWork, customer_id: CustomerId, role: Role | str, /, *, idempotency_key: str | None = None
    ) -> Customer:
        """Let a customer take on a role, such as partner."""
        return uow.save(uow.get(Customer, customer_id).add_role(role, at=uow.now))

    @command("customers.change_owner")
    def change_owner(
        self,
        uow: UnitOfWork,
        customer_id: CustomerId,
        /,
        *,
        owner_id: UserId | None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Give a customer another owner.

        Raises:
            NotFoundError: no such person.
        """
        customer = uow.get(Customer, customer_id, version=expected_version)
        return uow.save(customer.change_owner(None if owner_id is None else uow.get(User, owner_id).id, at=uow.now))

    def _phone_contact_point(self, number: str) -> ContactPoint:
        return ContactPoint.phone(self._environment.phone_parser.normalize(number, region=self._environment.region))


def _require_unique_identifiers(uow: UnitOfWork, customer: Customer) -> None:
    """Look before saving, so that the refusal can name the customer who has it; a race is caught by the store's unique key."""
    unique_keys = tuple(point.unique_key for point in customer.contact_points if point.unique_key is not None)
    conditions = [HasChild("contact_points", Eq("unique_key", unique_key)) for unique_key in unique_keys]
    conditions += [
        HasChild("external_ids", Eq("system", external_id.system) & Eq("key", external_id.key))
        for external_id in customer.external_ids
    ]
    for other in uow.find(Customer, Or(tuple(conditions))) if conditions else ():
        if other.id != customer.id:
            shared_keys = {point.unique_key for point in other.contact_points} & set(unique_keys)
            raise DuplicateKeyError(
                "customer", "contact_points.unique_key" if shared_keys else "external_ids", existing_id=other.id
            )

"""Customer commands: create customers and change their details."""

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
    """Commands on one customer."""

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
        """Create a customer.

        Raises:
            DuplicateKeyError: another customer has the phone, e-mail or external id. Mark a contact point as shared if both are right.
            RequiredError: neither a name nor an external id is given.
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
        """Rename a customer.

        Raises:
            RequiredError: the name is empty.
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
        """Update the details of a customer.

        Details are profile, addresses, language, tags, note, custom fields and the parts of the name.

        Raises:
            InvalidInputError: an unknown field, or an invalid value.
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
        """Add contact points to a customer.

        Raises:
            DuplicateKeyError: another customer has one of them. Mark it as shared if both are right.
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
        """Remove a contact point of a customer, by its normalized value."""
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
        """Relate a customer to another.

        For example ``add_relation(anna, "employee_of", company)``.

        Raises:
            BusinessRuleError: the customer would be related to itself.
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
        """Add the key of a customer in another system.

        Raises:
            DuplicateKeyError: another customer has the key.
        """
        customer = uow.get(Customer, customer_id).add_external_id(external_id, at=uow.now)
        _require_unique_identifiers(uow, customer)
        return uow.save(customer)

    @command("customers.add_role")
    def add_role(
        self, uow: UnitOfWork, customer_id: CustomerId, role: Role | str, /, *, idempotency_key: str | None = None
    ) -> Customer:
        """Add a role to a customer, such as partner."""
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
        """Change the owner of a customer.

        Raises:
            NotFoundError: no such customer or user.
        """
        customer = uow.get(Customer, customer_id, version=expected_version)
        return uow.save(customer.change_owner(None if owner_id is None else uow.get(User, owner_id).id, at=uow.now))

    def _phone_contact_point(self, number: str) -> ContactPoint:
        return ContactPoint.phone(self._environment.phone_parser.normalize(number, region=self._environment.region))


def _require_unique_identifiers(uow: UnitOfWork, customer: Customer) -> None:
    """Report the customer with the same identifier; the store catches races."""
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

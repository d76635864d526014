"""The customer: a person or an organisation, in any role.

Invariants:
    1. A phone number or e-mail address identifies one customer, unless it is marked as shared.
    2. A customer has a name or an external id.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Self

from crmcore.domain.customers.events import CustomerCreated, CustomerOwnerChanged, CustomerUpdated
from crmcore.domain.customers.parts import (
    Channel,
    ContactPoint,
    CustomerKind,
    CustomerRole,
    ExternalId,
    Profile,
    Relation,
    RelationKind,
    Role,
)
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.errors.validation import InvalidInputError, RequiredError
from crmcore.domain.kernel.fields.base import checked_type
from crmcore.domain.kernel.fields.composite import EMPTY_MAP, unique_tuple
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import CustomerId, UserId
from crmcore.domain.kernel.values.address import PostalAddress
from crmcore.domain.kernel.values.names import MAX_KEY_LENGTH, fold


@record
class Customer(Entity):
    """A person or an organisation.

    Attributes:
        name: the display name. Given name, family name and patronymic are separate fields, and are not derived from it.
        name_key: the folded name, for searching in any script. It is computed.
        source: how the customer came to the company.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "customer",
        "customers",
        indexes=(
            ("name_key",),
            ("owner_id",),
            ("contact_points.value",),
            ("relations.related_customer_id",),
            ("roles.role",),
        ),
        unique_keys=(("contact_points.unique_key",), ("external_ids.system", "external_ids.key")),
        child_tables={
            "contact_points": "customer_contact_points",
            "external_ids": "customer_external_ids",
            "relations": "customer_relations",
            "roles": "customer_roles",
        },
    )

    id: CustomerId = fields.id_of("customer")
    kind: CustomerKind = fields.enum(CustomerKind, default=CustomerKind.PERSON)
    name: str = fields.text(personal=True, default="", allow_blank=True)
    given_name: str = fields.text(personal=True, default="", allow_blank=True)
    family_name: str = fields.text(personal=True, default="", allow_blank=True)
    patronymic: str = fields.text(personal=True, default="", allow_blank=True)
    name_key: str = fields.computed(
        lambda self: fold(self.name)[:MAX_KEY_LENGTH].rstrip(), personal=True, max_length=MAX_KEY_LENGTH
    )
    roles: tuple[CustomerRole, ...] = fields.embedded_list(CustomerRole, default=())
    contact_points: tuple[ContactPoint, ...] = fields.embedded_list(ContactPoint, personal=True, default=())
    addresses: tuple[PostalAddress, ...] = fields.embedded_list(PostalAddress, personal=True, max_items=50, default=())
    relations: tuple[Relation, ...] = fields.embedded_list(Relation, personal=True, default=())
    external_ids: tuple[ExternalId, ...] = fields.embedded_list(ExternalId, personal=True, default=())
    profile: Profile = fields.embedded(Profile, default=Profile(), personal=True)
    language: str | None = fields.text(personal=False, max_length=35, optional=True, default=None)
    owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    source: str = fields.text(personal=False, default="", allow_blank=True)
    tags: tuple[str, ...] = fields.text_list(personal=True, default=())
    note: str = fields.text(personal=True, max_length=10_000, multiline=True, default="", allow_blank=True)
    custom: Mapping[str, Any] = fields.custom_fields(default=EMPTY_MAP)
    created_at: datetime = fields.timestamp()

    @classmethod
    def create(
        cls,
        id: CustomerId,
        name: str,
        *,
        at: datetime,
        kind: CustomerKind | str = CustomerKind.PERSON,
        roles: Iterable[Role | str] = (Role.PROSPECT,),
        contact_points: Sequence[ContactPoint] = (),
        external_ids: Sequence[ExternalId] = (),
        owner_id: UserId | None = None,
        source: str = "",
        **details: Any,
    ) -> Self:
        """Create a customer.

        Raises:
            RequiredError: neither a name nor an external id.
            InvalidInputError: a field that cannot be.
        """
        customer = cls(
            id=id,
            name=name,
            kind=kind,  # type: ignore[arg-type]  # a word becomes its member
            roles=_roles(roles),
            contact_points=unique_tuple("customer.contact_points", contact_points),
            external_ids=unique_tuple("customer.external_ids", external_ids),
            owner_id=owner_id,
            source=source,
            created_at=at,
            **details,
        )
        if not customer.name and not customer.external_ids:
            raise RequiredError("customer.name", "must not be blank without an external id")
        event = CustomerCreated(
            at=at, kind=customer.kind, roles=_role_values(customer.roles), source=customer.source, owner_id=owner_id
        )
        return customer._record(event)

    @property
    def display_name(self) -> str:
        """The name, or the first external id."""
        return self.name or f"{self.external_ids[0].system} {self.external_ids[0].key}"

    def has_role(self, role: Role) -> bool:
        """Return whether the customer has a role."""
        return any(customer_role.role is role for customer_role in self.roles)

    def first_contact(self, channel: Channel) -> str | None:
        """Return the first value of a channel."""
        return next((point.value for point in self.contact_points if point.channel is channel), None)

    def rename(self, name: str, *, at: datetime, **name_parts: str) -> Self:
        """Change the name.

        Raises:
            RequiredError: an empty name.
        """
        name = checked_text("customer.name", name)
        return self._record(CustomerUpdated(at=at, changed_fields=("name",)), name=name, **name_parts)

    def add_role(self, role: Role | str, *, at: datetime) -> Self:
        """Add a role. The role of a prospect ends when it becomes a customer."""
        customer_role = CustomerRole(role)  # type: ignore[arg-type]  # a word becomes its member
        if customer_role in self.roles:
            return self
        remaining = (r for r in self.roles if not (customer_role.role is Role.CUSTOMER and r.role is Role.PROSPECT))
        return self._record(CustomerUpdated(at=at, changed_fields=("roles",)), roles=(*remaining, customer_role))

    def add_contact_point(self, *contact_points: ContactPoint, at: datetime) -> Self:
        """Add contact points. Known ones change nothing."""
        for point in contact_points:
            checked_type("customer.contact_points", ContactPoint, point)
        existing = {(p.channel, p.value) for p in self.contact_points}
        new = tuple(p for p in dict.fromkeys(contact_points) if (p.channel, p.value) not in existing)
        if not new:
            return self
        return self._record(
            CustomerUpdated(at=at, changed_fields=("contact_points",)), contact_points=(*self.contact_points, *new)
        )

    def remove_contact_point(self, value: str, *, at: datetime) -> Self:
        """Remove a contact point, by its canonical value."""
        remaining = tuple(point for point in self.contact_points if point.value != value)
        if remaining == self.contact_points:
            return self
        return self._record(CustomerUpdated(at=at, changed_fields=("contact_points",)), contact_points=remaining)

    def add_relation(
        self, kind: RelationKind | str, related_customer_id: CustomerId, *, at: datetime, note: str = ""
    ) -> Self:
        """Add a relation to another customer.

        Raises:
            BusinessRuleError: to the customer itself.
        """
        if related_customer_id == self.id:
            raise BusinessRuleError(self.id, "self_relation", "cannot be related to itself")
        relation = Relation(kind, related_customer_id, note)  # type: ignore[arg-type]  # a word becomes its member
        if relation in self.relations:
            return self
        return self._record(
            CustomerUpdated(at=at, changed_fields=("relations",)), relations=(*self.relations, relation)
        )

    def add_external_id(self, external_id: ExternalId, *, at: datetime) -> Self:
        """Add the id of the customer in another system."""
        if external_id in self.external_ids:
            return self
        return self._record(
            CustomerUpdated(at=at, changed_fields=("external_ids",)), external_ids=(*self.external_ids, external_id)
        )

    def update(self, details: Mapping[str, Any], /, *, at: datetime) -> Self:
        """Change details: profile, addresses, language, tags, note, custom fields.

        Raises:
            InvalidInputError: a detail that cannot be.
        """
        if unknown := set(details) - UPDATABLE_FIELDS:
            raise InvalidInputError(
                f"customer.{min(unknown)}",
                f"cannot be updated; fields that can are {', '.join(sorted(UPDATABLE_FIELDS))}",
            )
        after = self._record(CustomerUpdated(at=at, changed_fields=tuple(sorted(details))), **details)
        return self if all(getattr(after, name) == getattr(self, name) for name in details) else after

    def change_owner(self, owner_id: UserId | None, *, at: datetime) -> Self:
        """Change the owner."""
        if owner_id == self.owner_id:
            return self
        return self._record(
            CustomerOwnerChanged(at=at, previous_owner_id=self.owner_id, new_owner_id=owner_id), owner_id=owner_id
        )


UPDATABLE_FIELDS: Final = frozenset(
    {"profile", "addresses", "language", "tags", "note", "custom", "given_name", "family_name", "patronymic"}
)
"""The fields that `Customer.update` may change."""

_CUSTOMER_ROLES: Final[dict[Any, CustomerRole]] = {role: CustomerRole(role) for role in Role}
"""The roles, created once and shared by all customers."""


def _roles(roles: Iterable[Role | str]) -> tuple[CustomerRole, ...]:
    return tuple([_CUSTOMER_ROLES.get(role) or CustomerRole(role) for role in unique_tuple("customer.roles", roles)])


def _role_values(roles: Iterable[CustomerRole]) -> tuple[str, ...]:
    return tuple([customer_role.role.value for customer_role in roles])

"""The customer: a person or an organisation that the house deals with, in any role.

Rule 1: a phone number or an e-mail address claims its customer: no two customers have the same one, unless it is marked as shared.
Rule 2: a customer can always be told apart: by its name, or by a key that another system gave it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.customers.events import CustomerAdded, CustomerChanged, CustomerHandedOver
from crmcore.domain.customers.parts import (
    Channel,
    ContactPoint,
    CustomerKind,
    ExternalId,
    Profile,
    Relation,
    RelationKind,
    Role,
    RoleHeld,
)
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import Blank, InvalidInput
from crmcore.domain.fields.build import checked_type
from crmcore.domain.fields.part import NOTHING, several
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import CustomerId, UserId
from crmcore.domain.kernel import Entity, Shape, record
from crmcore.domain.values.address import PostalAddress
from crmcore.domain.values.names import KEY_LIMIT, fold


@record
class Customer(Entity):
    """A person or an organisation that the house deals with.

    Attributes:
        name: as it is shown. Given, family and patronymic names are kept beside it and never guessed from it.
        name_key: the folded name, for searching in any script; it follows from the name.
        source: where we heard of each other first.
    """

    shape: ClassVar[Shape] = Shape(
        "customer",
        "customers",
        indexes=(
            ("name_key",),
            ("owner",),
            ("contact_points.value",),
            ("relations.other",),
            ("roles.role",),
        ),
        unique=(("contact_points.claim",), ("external_ids.system", "external_ids.key")),
        tables={
            "contact_points": "customer_contact_points",
            "external_ids": "customer_external_ids",
            "relations": "customer_relations",
            "roles": "customer_roles",
        },
    )

    id: CustomerId = fields.ref("customer")
    kind: CustomerKind = fields.one_of(CustomerKind, default=CustomerKind.PERSON)
    name: str = fields.text(personal=True, default="", blank=True)
    given: str = fields.text(personal=True, default="", blank=True)
    family: str = fields.text(personal=True, default="", blank=True)
    patronymic: str = fields.text(personal=True, default="", blank=True)
    name_key: str = fields.derived(lambda self: fold(self.name)[:KEY_LIMIT].rstrip(), personal=True, limit=KEY_LIMIT)
    roles: tuple[RoleHeld, ...] = fields.parts(RoleHeld, default=())
    contact_points: tuple[ContactPoint, ...] = fields.parts(ContactPoint, personal=True, default=())
    addresses: tuple[PostalAddress, ...] = fields.parts(PostalAddress, personal=True, most=50, default=())
    relations: tuple[Relation, ...] = fields.parts(Relation, personal=True, default=())
    external_ids: tuple[ExternalId, ...] = fields.parts(ExternalId, personal=True, default=())
    profile: Profile = fields.part(Profile, default=Profile(), personal=True)
    language: str | None = fields.text(personal=False, limit=35, optional=True, default=None)
    owner: UserId | None = fields.ref("user", optional=True, default=None)
    source: str = fields.text(personal=False, default="", blank=True)
    tags: tuple[str, ...] = fields.words(personal=True, default=())
    note: str = fields.text(personal=True, limit=10_000, lines=True, default="", blank=True)
    custom: Mapping[str, Any] = fields.custom(default=NOTHING)
    added_at: datetime = fields.moment()

    @classmethod
    def add(
        cls,
        id: CustomerId,
        name: str,
        *,
        at: datetime,
        kind: CustomerKind | str = CustomerKind.PERSON,
        roles: Iterable[Role | str] = (Role.PROSPECT,),
        contact_points: Sequence[ContactPoint] = (),
        external_ids: Sequence[ExternalId] = (),
        owner: UserId | None = None,
        source: str = "",
        **details: Any,
    ) -> Self:
        """Take a customer into the base.

        Raises:
            Blank: neither a name nor an external id, so that nobody could tell who it is.
            InvalidInput: a field that cannot be.
        """
        customer = cls(
            id=id,
            name=name,
            kind=kind,  # type: ignore[arg-type]  # a word becomes its member
            roles=_roles(roles),
            contact_points=several("customer.contact_points", contact_points),
            external_ids=several("customer.external_ids", external_ids),
            owner=owner,
            source=source,
            added_at=at,
            **details,
        )
        if not customer.name and not customer.external_ids:
            raise Blank("customer.name", "must not be blank without an external id")
        fact = CustomerAdded(
            at=at, kind=customer.kind, roles=_role_words(customer.roles), source=customer.source, owner=owner
        )
        return customer._after(fact)

    @property
    def display_name(self) -> str:
        """The name; without one, the first external id."""
        return self.name or f"{self.external_ids[0].system} {self.external_ids[0].key}"

    def is_a(self, role: Role) -> bool:
        """Tell whether the customer has that role for us."""
        return any(held.role is role for held in self.roles)

    def reach(self, channel: Channel) -> str | None:
        """The first address or number of a channel."""
        return next((point.value for point in self.contact_points if point.channel is channel), None)

    def rename(self, name: str, *, at: datetime, **parts: str) -> Self:
        """Write the name anew.

        Raises:
            Blank: an empty name.
        """
        name = checked_text("customer.name", name)
        return self._after(CustomerChanged(at=at, fields=("name",)), name=name, **parts)

    def become(self, role: Role | str, *, at: datetime) -> Self:
        """Take on a role. A prospect that becomes a customer is a prospect no more."""
        held = RoleHeld(role)  # type: ignore[arg-type]  # a word becomes its member
        if held in self.roles:
            return self
        kept = (r for r in self.roles if not (held.role is Role.CUSTOMER and r.role is Role.PROSPECT))
        return self._after(CustomerChanged(at=at, fields=("roles",)), roles=(*kept, held))

    def add_contact(self, *points: ContactPoint, at: datetime) -> Self:
        """Note further ways to reach the customer; those known already change nothing."""
        for point in points:
            checked_type("customer.contact_points", ContactPoint, point)
        known = {(p.channel, p.value) for p in self.contact_points}
        fresh = tuple(p for p in dict.fromkeys(points) if (p.channel, p.value) not in known)
        if not fresh:
            return self
        return self._after(
            CustomerChanged(at=at, fields=("contact_points",)), contact_points=(*self.contact_points, *fresh)
        )

    def remove_contact(self, contact: str, *, at: datetime) -> Self:
        """Forget one way to reach the customer, by its comparable form."""
        kept = tuple(point for point in self.contact_points if point.value != contact)
        if kept == self.contact_points:
            return self
        return self._after(CustomerChanged(at=at, fields=("contact_points",)), contact_points=kept)

    def relate(self, kind: RelationKind | str, other: CustomerId, *, at: datetime, note: str = "") -> Self:
        """Tie the customer to another.

        Raises:
            RuleBroken: to itself.
        """
        if other == self.id:
            raise RuleBroken(self.id, "related_to_itself", "cannot be related to itself")
        relation = Relation(kind, other, note)  # type: ignore[arg-type]  # a word becomes its member
        if relation in self.relations:
            return self
        return self._after(CustomerChanged(at=at, fields=("relations",)), relations=(*self.relations, relation))

    def know_as(self, external_id: ExternalId, *, at: datetime) -> Self:
        """Note the key under which another system knows the customer."""
        if external_id in self.external_ids:
            return self
        return self._after(
            CustomerChanged(at=at, fields=("external_ids",)), external_ids=(*self.external_ids, external_id)
        )

    def describe(self, details: Mapping[str, Any], /, *, at: datetime) -> Self:
        """Change the details: profile, addresses, language, tags, note, custom fields.

        Raises:
            InvalidInput: a detail that cannot be.
        """
        if unknown := set(details) - DETAILS:
            raise InvalidInput(f"customer.{min(unknown)}", f"is no detail; details are {', '.join(sorted(DETAILS))}")
        after = self._after(CustomerChanged(at=at, fields=tuple(sorted(details))), **details)
        return self if all(getattr(after, name) == getattr(self, name) for name in details) else after

    def hand_over(self, to: UserId | None, *, at: datetime) -> Self:
        """Give the customer another owner."""
        if to == self.owner:
            return self
        return self._after(CustomerHandedOver(at=at, before=self.owner, after=to), owner=to)


DETAILS: Final = frozenset(
    {"profile", "addresses", "language", "tags", "note", "custom", "given", "family", "patronymic"}
)
"""What `Customer.describe` may change."""

_HELD: Final[dict[Any, RoleHeld]] = {role: RoleHeld(role) for role in Role}
"""The roles, made once and shared by all customers."""


def _roles(roles: Iterable[Role | str]) -> tuple[RoleHeld, ...]:
    return tuple([_HELD.get(role) or RoleHeld(role) for role in several("customer.roles", roles)])


def _role_words(roles: Iterable[RoleHeld]) -> tuple[str, ...]:
    return tuple([held.role.value for held in roles])

"""Finding customers, and seeing all that is known of one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from crmcore.domain.commitments import Commitment
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.criteria import All, Criterion, Has, Is, Mentions
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ExternalId, Role
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import Document
from crmcore.domain.fields.part import checked_member
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import CustomerId, UserId, check_id
from crmcore.domain.interactions import Interaction
from crmcore.domain.tasks import Task
from crmcore.domain.values.contact import EMAIL_LIMIT, email_key
from crmcore.domain.values.names import fold
from crmcore.services.customers.page import ON_A_PAGE, CustomerPage
from crmcore.services.house import House, view
from crmcore.services.unit import Unit, check_limit

SHOWN: Final[Mapping[str, tuple[type[Any], str]]] = {
    "deals": (Deal, "-id"),
    "tasks": (Task, "-id"),
    "interactions": (Interaction, "-happened_at"),
    "commitments": (Commitment, "-id"),
    "complaints": (Complaint, "-id"),
    "documents": (Document, "-id"),
}
"""What a customer's page shows, and in which order."""


class CustomerViews:
    """What can be read of customers."""

    __slots__ = ()

    house: House

    @view("customers.get")
    def get(self, unit: Unit, id: CustomerId, /) -> Customer:
        """Read a customer."""
        return unit.get(Customer, id)

    @view("customers.by_external_id")
    def by_external_id(self, unit: Unit, system: str, key: str, /) -> Customer | None:
        """Find the customer that another system knows under a key."""
        wanted = ExternalId(system, key)
        return unit.one(Customer, Has("external_ids", Is("system", wanted.system) & Is("key", wanted.key)))

    @view("customers.reachable_at")
    def reachable_at(self, unit: Unit, contact: str, /) -> Sequence[Customer]:
        """Find whoever has that phone or e-mail, shared ones included."""
        contact = checked_text("contact", contact, limit=EMAIL_LIMIT)
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
        where: list[Criterion] = [
            Mentions("name_key", word) for word in fold(checked_text("words", words, blank=True)).split()
        ]
        if role is not None:
            where.append(Has("roles", Is("role", checked_member("role", Role, role))))
        if owner is not None:
            check_id("user", owner)
            where.append(Is("owner", owner))
        return unit.find(Customer, All(tuple(where)), order="name_key", after=after, limit=limit)

    @view("customers.page")
    def page(self, unit: Unit, id: CustomerId, /) -> CustomerPage:
        """Read everything that is known of a customer. The number of statements does not depend on how much it is."""
        unit.announce(Customer, id)
        theirs = Is("customer", id)
        for kind, order in SHOWN.values():
            unit.foresee(kind, theirs, order=order, limit=ON_A_PAGE)
        customer = unit.get(Customer, id)
        shown = {name: unit.find(kind, theirs, order=order, limit=ON_A_PAGE) for name, (kind, order) in SHOWN.items()}
        return CustomerPage(customer=customer, **shown)

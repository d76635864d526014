"""Queries on customers, and the overview of one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from crmcore.domain.activities.commitments import Commitment
from crmcore.domain.activities.interactions import Interaction
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ExternalId, Role
from crmcore.domain.kernel.criteria import And, Criterion, Eq, HasChild, WordPrefix
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import CustomerId, UserId, check_id
from crmcore.domain.kernel.values.contact import MAX_EMAIL_LENGTH, normalize_email
from crmcore.domain.kernel.values.names import fold
from crmcore.domain.messaging.documents import Document
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.services.commands import query
from crmcore.services.customers.overview import OVERVIEW_LIMIT, CustomerOverview
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork, check_limit

OVERVIEW_QUERIES: Final[Mapping[str, tuple[type[Any], str]]] = {
    "deals": (Deal, "-id"),
    "tasks": (Task, "-id"),
    "interactions": (Interaction, "-happened_at"),
    "commitments": (Commitment, "-id"),
    "complaints": (Complaint, "-id"),
    "documents": (Document, "-id"),
}
"""Records of a customer that the overview contains, with their order."""


class CustomerQueries:
    """Queries on customers."""

    __slots__ = ()

    _environment: Environment

    @query("customers.get")
    def get(self, uow: UnitOfWork, customer_id: CustomerId, /) -> Customer:
        """Return a customer."""
        return uow.get(Customer, customer_id)

    @query("customers.get_by_external_id")
    def get_by_external_id(self, uow: UnitOfWork, system: str, key: str, /) -> Customer | None:
        """Return the customer that has a key in another system, or None."""
        external_id = ExternalId(system, key)
        return uow.first(
            Customer, HasChild("external_ids", Eq("system", external_id.system) & Eq("key", external_id.key))
        )

    @query("customers.find_by_contact_point")
    def find_by_contact_point(self, uow: UnitOfWork, contact: str, /) -> Sequence[Customer]:
        """Find the customers that have a phone or an e-mail, also shared ones."""
        contact = checked_text("contact", contact, max_length=MAX_EMAIL_LENGTH)
        value = (
            normalize_email(contact)
            if "@" in contact
            else self._environment.phone_parser.normalize(contact, region=self._environment.region)
        )
        return uow.find(Customer, HasChild("contact_points", Eq("value", value)))

    @query("customers.search")
    def search(
        self,
        uow: UnitOfWork,
        words: str = "",
        /,
        *,
        role: Role | str | None = None,
        owner_id: UserId | None = None,
        after: Customer | None = None,
        limit: int = 100,
    ) -> Sequence[Customer]:
        """Find customers by word prefixes of their names, in any script.

        Results are ordered by name. ``search("shah ori")`` finds Шаҳзод Ўринов; see `crmcore.domain.kernel.values.names.fold`.
        """
        check_limit(limit)
        where: list[Criterion] = [
            WordPrefix("name_key", prefix) for prefix in fold(checked_text("words", words, allow_blank=True)).split()
        ]
        if role is not None:
            where.append(HasChild("roles", Eq("role", checked_member("role", Role, role))))
        if owner_id is not None:
            check_id("user", owner_id)
            where.append(Eq("owner_id", owner_id))
        return uow.find(Customer, And(tuple(where)), order="name_key", after=after, limit=limit)

    @query("customers.overview")
    def overview(self, uow: UnitOfWork, customer_id: CustomerId, /) -> CustomerOverview:
        """Return all records of a customer, in a constant number of statements."""
        uow.prefetch(Customer, customer_id)
        of_customer = Eq("customer_id", customer_id)
        for entity_type, order in OVERVIEW_QUERIES.values():
            uow.prefetch_query(entity_type, of_customer, order=order, limit=OVERVIEW_LIMIT)
        customer = uow.get(Customer, customer_id)
        records = {
            name: uow.find(entity_type, of_customer, order=order, limit=OVERVIEW_LIMIT)
            for name, (entity_type, order) in OVERVIEW_QUERIES.items()
        }
        return CustomerOverview(customer=customer, **records)

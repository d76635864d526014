"""Customer matching: find the customer of a lead by its identifiers."""

from collections.abc import Sequence
from typing import Literal

from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.matching import Identifier, Match, Matched, Unmatched, match
from crmcore.domain.customers.parts import Channel, ContactPoint, ExternalId
from crmcore.domain.kernel.criteria import Criterion, Eq, HasChild, In, Or
from crmcore.domain.kernel.ids import CustomerId
from crmcore.services.unit_of_work import UnitOfWork

NEW_CUSTOMER: Literal["new"] = "new"
"""Value of ``customer_id`` that creates a customer without matching."""


def match_customer(uow: UnitOfWork, contact_points: Sequence[ContactPoint], external_id: ExternalId | None) -> Match:
    """Find the customers that have a contact point or the external id."""
    conditions: list[Criterion] = []
    if contact_points:
        conditions.append(
            HasChild("contact_points", In("unique_key", tuple(point.unique_key for point in contact_points)))
        )
    if external_id is not None:
        conditions.append(HasChild("external_ids", Eq("system", external_id.system) & Eq("key", external_id.key)))
    if not conditions:
        return Unmatched()
    found: list[tuple[Identifier, CustomerId]] = []
    for customer in uow.find(Customer, conditions[0] if len(conditions) == 1 else Or(tuple(conditions))):
        if external_id in customer.external_ids:
            found.append(("external_id", customer.id))
        unique_keys = {point.unique_key for point in customer.contact_points}
        found += [
            ("email" if point.channel is Channel.EMAIL else "phone", customer.id)
            for point in contact_points
            if point.unique_key in unique_keys
        ]
    return match(found)


def use_given_customer(uow: UnitOfWork, customer_id: str) -> Match:
    """Use the customer that the caller names; ``"new"`` matches none.

    Raises:
        NotFoundError: no such customer.
    """
    return (
        Unmatched()
        if customer_id == NEW_CUSTOMER
        else Matched(uow.get(Customer, CustomerId(customer_id)).id, ("customer_id",))
    )


def merge_contact_points(
    uow: UnitOfWork,
    customer: Customer,
    match: Matched,
    contact_points: Sequence[ContactPoint],
    external_id: ExternalId | None,
) -> Customer:
    """Add the identifiers of a lead to the matched customer.

    A match by phone alone adds none. Contact points of other customers are left out.
    """
    if match.matched_by == ("phone",):
        return customer
    unique_keys = tuple(point.unique_key for point in contact_points)
    holders = uow.find(Customer, HasChild("contact_points", In("unique_key", unique_keys))) if unique_keys else ()
    held_by_others = {
        point.unique_key for other in holders if other.id != customer.id for point in other.contact_points
    }
    customer = customer.add_contact_point(
        *(point for point in contact_points if point.unique_key not in held_by_others), at=uow.now
    )
    return customer if external_id is None else customer.add_external_id(external_id, at=uow.now)

"""The phone numbers and e-mail addresses that somebody gives, and whose they are."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from crmcore.domain.criteria import Has, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint
from crmcore.domain.errors.root import CrmError
from crmcore.services.bulk import padded
from crmcore.services.house import House
from crmcore.services.unit import Unit


def points_of(house: House, phone: str | None, email: str | None) -> list[ContactPoint]:
    """Make contact points of what was given.

    Raises:
        InvalidPhone, InvalidEmail: no number, or no address, can look like this.
    """
    points = []
    if phone:
        points.append(ContactPoint.phone(house.phones.key(phone, region=house.region)))
    if email:
        points.append(ContactPoint.email(email))
    return points


def read_holders_ahead(unit: Unit, house: House, told: Iterable[Any]) -> None:
    """Look at once for the customers whose phone numbers and addresses stand in many mappings. What cannot be is passed over."""
    points: list[ContactPoint] = []
    for one in told:
        with suppress(CrmError, AttributeError):
            points += points_of(house, one.get("phone"), one.get("email"))
    if claims := padded(point.claim for point in points):
        unit.read_ahead(Customer, Has("contact_points", OneOf("claim", claims)))

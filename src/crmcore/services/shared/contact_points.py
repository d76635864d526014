"""Contact points: normalise phone numbers and e-mail addresses."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint
from crmcore.domain.kernel.criteria import HasChild, In
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.services.bulk import pad_to_power_of_two
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork


def build_contact_points(environment: Environment, phone: str | None, email: str | None) -> list[ContactPoint]:
    """Build contact points from a phone number and an e-mail address.

    Raises:
        InvalidPhoneError, InvalidEmailError: the number or the address is invalid.
    """
    contact_points = []
    if phone:
        contact_points.append(ContactPoint.phone(environment.phone_parser.normalize(phone, region=environment.region)))
    if email:
        contact_points.append(ContactPoint.email(email))
    return contact_points


def preload_contact_owners(uow: UnitOfWork, environment: Environment, rows: Iterable[Any]) -> None:
    """Preload the customers of many rows by contact point, in one query.

    Invalid contact points are skipped.
    """
    contact_points: list[ContactPoint] = []
    for row in rows:
        with suppress(CrmError, AttributeError):
            contact_points += build_contact_points(environment, row.get("phone"), row.get("email"))
    if unique_keys := pad_to_power_of_two(point.unique_key for point in contact_points):
        uow.preload(Customer, HasChild("contact_points", In("unique_key", unique_keys)))

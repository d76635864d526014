"""Template variables of documents, stage actions and messages.

A new variable of documents is one line in `document_variables`. The keys are public: templates of the host refer to them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Channel
from crmcore.domain.kernel.ids import UserId
from crmcore.domain.kernel.zones import zone_of
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.service.cases.case import Case
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork


def document_variables(
    deal: Deal, customer: Customer, owner: User | None, *, environment: Environment
) -> dict[str, Any]:
    """Return the variables of a document.

    The keys are ``deal``, ``customer``, ``owner`` and ``company``.
    """
    total = deal.total
    return {
        "deal": {
            "id": deal.id,
            "title": deal.title,
            "about": deal.description,
            "stage": deal.stage_key,
            "amount": str(total.amount) if total else "",
            "currency": total.currency if total else "",
            "value": str(total) if total else "",
            "opened": format_local_time(deal.opened_at, environment),
            "next_step": deal.next_step.description if deal.next_step else "",
            "at": _next_step_time(deal, environment),
            "custom": dict(deal.custom),
            "lines": [
                {
                    "product": line.product,
                    "quantity": f"{line.quantity.normalize():f}",
                    "price": str(line.price),
                    "total": str(line.total),
                }
                for line in deal.lines
            ],
        },
        "customer": {
            "name": customer.display_name,
            "address_lines": list(_address_lines(customer)),
            "email": customer.first_contact(Channel.EMAIL) or "",
            "language": customer.language or environment.language,
            **_address_and_phone(customer),
        },
        "owner": {"name": owner.name if owner else "", "email": (owner.email if owner else None) or ""},
        "company": dict(environment.company),
    }


def stage_variables(deal: Deal, customer: Customer, *, environment: Environment) -> dict[str, str]:
    """Return the variables of a stage action.

    The keys are ``customer``, ``deal``, ``address``, ``phone`` and ``at``.
    """
    return {
        "customer": customer.display_name,
        "deal": deal.title,
        "at": _next_step_time(deal, environment),
        **_address_and_phone(customer),
    }


def case_variables(uow: UnitOfWork, case: Case, due_at: datetime | None, *, environment: Environment) -> dict[str, str]:
    """Return the message variables of a case: ``subject, due, owner``."""
    return subject_variables(uow, case.subject, due_at, case.owner_id, environment=environment)


def subject_variables(
    uow: UnitOfWork, subject: str, due_at: datetime | None, owner_id: UserId | None, *, environment: Environment
) -> dict[str, str]:
    """Return the message variables of a record with a deadline.

    The keys are ``subject``, ``due`` and ``owner``.
    """
    return {"subject": subject, "due": format_local_time(due_at, environment), "owner": user_name(uow, owner_id)}


def user_name(uow: UnitOfWork, user_id: UserId | None) -> str:
    """Return the name of a user; an empty text without a user."""
    user = uow.get_or_none(User, user_id)
    return user.name if user else ""


def format_local_time(at: datetime | None, environment: Environment) -> str:
    """Format a time in the environment's time zone; empty without a time."""
    return "" if at is None else at.astimezone(zone_of(environment.time_zone)).strftime("%Y-%m-%d %H:%M")


def _address_and_phone(customer: Customer) -> Mapping[str, str]:
    return {"address": ", ".join(_address_lines(customer)), "phone": customer.first_contact(Channel.PHONE) or ""}


def _address_lines(customer: Customer) -> tuple[str, ...]:
    return tuple(customer.addresses[0].lines) if customer.addresses else ()


def _next_step_time(deal: Deal, environment: Environment) -> str:
    return format_local_time(deal.next_step.due_at, environment) if deal.next_step else ""

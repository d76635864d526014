"""Making a document: which template, which facts fill it, and what comes of it."""

from datetime import datetime
from typing import Any

from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Channel
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.errors.rules import NotFoundError
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.zones import zone_of
from crmcore.domain.messaging.documents import Document, Template
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork


def template_variables(
    deal: Deal, customer: Customer, owner: User | None, *, environment: Environment
) -> dict[str, Any]:
    """Lay out what a template may speak of, as plain values: ``deal``, ``customer``, ``owner``, ``company``."""
    address = customer.addresses[0].lines if customer.addresses else ()
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
            "at": format_local_time(deal.next_step.due_at, environment) if deal.next_step else "",
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
            "address": ", ".join(address),
            "address_lines": list(address),
            "phone": customer.first_contact(Channel.PHONE) or "",
            "email": customer.first_contact(Channel.EMAIL) or "",
            "language": customer.language or environment.language,
        },
        "owner": {"name": owner.name if owner else "", "email": (owner.email if owner else None) or ""},
        "company": dict(environment.company),
    }


def format_local_time(at: datetime | None, environment: Environment) -> str:
    """Write a time as the house reads it."""
    return "" if at is None else at.astimezone(zone_of(environment.time_zone)).strftime("%Y-%m-%d %H:%M")


def render_document(
    uow: UnitOfWork, environment: Environment, template: str, title: str, *, deal: Deal, customer: Customer
) -> Document:
    """Fill a template with what is known of a deal, and keep the document.

    The customer's language is taken if the template is written in it, then the house's, then any.

    Raises:
        NotFoundError: no template of that name.
        UnsafeTemplateError: it asks for what it may not have.
    """
    chosen_template = choose_template(uow, environment, template, language=customer.language)
    owner = uow.get_or_none(User, deal.owner_id)
    body = environment.renderer.render(
        chosen_template.name,
        chosen_template.body,
        template_variables(deal, customer, owner, environment=environment),
        media_type=chosen_template.media_type,
    )
    return uow.save(
        Document.from_template(
            uow.new_id("document"),
            title,
            body,
            template=chosen_template,
            at=uow.now,
            deal_id=deal.id,
            customer_id=customer.id,
        )
    )


def choose_template(uow: UnitOfWork, environment: Environment, name: str, *, language: str | None) -> Template:
    """Find the template of a name in the best language that there is.

    Raises:
        NotFoundError: no template of that name.
    """
    name = checked_text("template", name)
    by_language = {template.language: template for template in uow.find(Template, Eq("name", name))}
    if not by_language:
        raise NotFoundError("template", "of that name")
    for candidate_language in (language, environment.language):
        if candidate_language in by_language:
            return by_language[candidate_language]
    return by_language[min(by_language)]

"""Making a document: which template, which facts fill it, and what comes of it."""

from datetime import datetime
from typing import Any

from crmcore.domain.criteria import Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Channel
from crmcore.domain.deals.deal import Deal
from crmcore.domain.documents import Document, Template
from crmcore.domain.errors.broken import NotFound
from crmcore.domain.fields.text import checked_text
from crmcore.domain.people import User
from crmcore.domain.zones import zone_of
from crmcore.services.house import House
from crmcore.services.unit import Unit


def facts_of(deal: Deal, customer: Customer, owner: User | None, *, house: House) -> dict[str, Any]:
    """Lay out what a template may speak of, as plain values: ``deal``, ``customer``, ``owner``, ``company``."""
    address = customer.addresses[0].lines if customer.addresses else ()
    total = deal.total
    return {
        "deal": {
            "id": deal.id,
            "title": deal.title,
            "about": deal.about,
            "stage": deal.stage,
            "amount": str(total.amount) if total else "",
            "currency": total.currency if total else "",
            "value": str(total) if total else "",
            "opened": written(deal.opened_at, house),
            "next_step": deal.next_step.what if deal.next_step else "",
            "at": written(deal.next_step.due_at, house) if deal.next_step else "",
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
            "phone": customer.reach(Channel.PHONE) or "",
            "email": customer.reach(Channel.EMAIL) or "",
            "language": customer.language or house.language,
        },
        "owner": {"name": owner.name if owner else "", "email": (owner.email if owner else None) or ""},
        "company": dict(house.company),
    }


def written(at: datetime | None, house: House) -> str:
    """Write a time as the house reads it."""
    return "" if at is None else at.astimezone(zone_of(house.zone)).strftime("%Y-%m-%d %H:%M")


def render_document(unit: Unit, house: House, template: str, title: str, *, deal: Deal, customer: Customer) -> Document:
    """Fill a template with what is known of a deal, and keep the document.

    The customer's language is taken if the template is written in it, then the house's, then any.

    Raises:
        NotFound: no template of that name.
        TemplateRefused: it asks for what it may not have.
    """
    chosen = choose_template(unit, house, template, language=customer.language)
    owner = unit.peek(User, deal.owner)
    body = house.renderer.render(
        chosen.name, chosen.body, facts_of(deal, customer, owner, house=house), media_type=chosen.media_type
    )
    return unit.save(
        Document.rendered(
            unit.id("document"), title, body, template=chosen, at=unit.now, deal=deal.id, customer=customer.id
        )
    )


def choose_template(unit: Unit, house: House, name: str, *, language: str | None) -> Template:
    """Find the template of a name in the best language that there is.

    Raises:
        NotFound: no template of that name.
    """
    name = checked_text("template", name)
    written_in = {template.language: template for template in unit.find(Template, Is("name", name))}
    if not written_in:
        raise NotFound("template", "of that name")
    for wanted in (language, house.language):
        if wanted in written_in:
            return written_in[wanted]
    return written_in[min(written_in)]

"""Document rendering: choose a template, render it and store the document."""

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.errors.rules import NotFoundError
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.messaging.documents import Document
from crmcore.domain.messaging.templates import Template
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.services.environment import Environment
from crmcore.services.shared.template_variables import document_variables
from crmcore.services.unit_of_work import UnitOfWork


def render_document(
    uow: UnitOfWork, environment: Environment, template: str, title: str, *, deal: Deal, customer: Customer
) -> Document:
    """Render a template with the variables of a deal, and store the document.

    Raises:
        NotFoundError: no template has the name.
        UnsafeTemplateError: the template reads a value that does not exist, or exceeds a limit.
    """
    chosen_template = choose_template(uow, environment, template, language=customer.language)
    owner = uow.get_or_none(User, deal.owner_id)
    body = environment.renderer.render(
        chosen_template.name,
        chosen_template.body,
        document_variables(deal, customer, owner, environment=environment),
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
    """Choose the template with a name in the best available language.

    The order is: the given language, the company's language, any language.

    Raises:
        NotFoundError: no template has the name.
    """
    name = checked_text("template", name)
    by_language = {template.language: template for template in uow.find(Template, Eq("name", name))}
    if not by_language:
        raise NotFoundError("template", "of that name")
    for candidate_language in (language, environment.language):
        if candidate_language in by_language:
            return by_language[candidate_language]
    return by_language[min(by_language)]

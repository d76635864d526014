"""Notifications of complaints: to the customer, or to the owner as a task."""

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.fields.text import MAX_NOTE_LENGTH
from crmcore.domain.messaging.messages import Message
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.locales.catalogue import render_message
from crmcore.services.environment import Environment
from crmcore.services.shared.notifications import notify_customer
from crmcore.services.shared.task_creation import create_task
from crmcore.services.unit_of_work import UnitOfWork


def notify_customer_or_owner(
    uow: UnitOfWork, environment: Environment, complaint: Complaint, topic: str, *, text: str
) -> Message | None:
    """Send the customer an e-mail, or give the owner the task to inform them.

    The task is created if the customer has no e-mail address.

    The e-mail contains the whole text. The note of a task holds 10,000 characters: a longer text ends in an ellipsis and the complaint's id.
    """
    customer = uow.get(Customer, complaint.customer_id)
    variables = {"subject": complaint.subject, "text": text}
    message = notify_customer(uow, customer, topic, about_id=complaint.id, **variables)
    if message is None:
        subject, body = render_message(topic, environment.language, variables)
        if len(body) > MAX_NOTE_LENGTH:  # the complaint holds the whole text
            pointer = f"…\n{complaint.id}"
            body = body[: MAX_NOTE_LENGTH - len(pointer)] + pointer
        create_task(
            uow,
            environment,
            subject,
            kind="inform_customer",
            note=body,
            assignee_id=complaint.owner_id,
            customer_id=customer.id,
            complaint_id=complaint.id,
        )
    return message

"""Notifications: queue messages in the outbox, and build their text."""

from typing import Any, Final

from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Channel
from crmcore.domain.kernel.ids import UserId
from crmcore.domain.messaging.messages import Message, OutgoingMessage
from crmcore.domain.organization.users import User
from crmcore.locales.catalogue import check_variables, render_message
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork

NOTICE: Final = "notice"
"""Topic of a message whose text is a variable."""


def notify_user(
    uow: UnitOfWork, recipient_id: UserId, topic: str, *, about_id: str | None = None, **variables: Any
) -> Message:
    """Queue a message to a user."""
    message = Message.queue(
        uow.new_id("message"), topic, at=uow.now, recipient_id=recipient_id, about_id=about_id, variables=variables
    )
    check_variables(message.topic, message.variables)
    return uow.save(message)


def notify_customer(
    uow: UnitOfWork, customer: Customer, topic: str, *, about_id: str, **variables: Any
) -> Message | None:
    """Queue an e-mail to a customer; None without an address."""
    address = customer.first_contact(Channel.EMAIL)
    if address is None:
        return None
    message = Message.queue(
        uow.new_id("message"),
        topic,
        at=uow.now,
        address=address,
        language=customer.language,
        about_id=about_id,
        variables=variables,
    )
    check_variables(message.topic, message.variables)
    return uow.save(message)


def build_outgoing_message(uow: UnitOfWork, environment: Environment, message: Message) -> OutgoingMessage:
    """Build the outgoing message: current address and language, rendered text."""
    user = uow.get_or_none(User, message.recipient_id)
    language = message.language or (user.language if user else None) or environment.language
    subject, body = render_message(message.topic, language, message.variables)
    return OutgoingMessage(
        id=message.id,
        tenant=environment.context.tenant,
        channel=message.channel,
        address=message.address or (user.email if user else None) or "",
        recipient_name=user.name if user else "",
        subject=subject,
        body=body,
        language=language,
        topic=message.topic,
        about_id=message.about_id,
        variables=message.variables,
        at=message.queued_at,
    )

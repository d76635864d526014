"""Telling somebody: a message is a row of the story's own transaction, and leaves after it."""

from typing import Any, Final

from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Channel
from crmcore.domain.ids import UserId
from crmcore.domain.messages import Message
from crmcore.services.unit import Unit

NOTICE: Final = "notice"
"""The topic of a message whose words are its own."""


def tell(unit: Unit, recipient: UserId, topic: str, *, about: str | None = None, **facts: Any) -> Message:
    """Queue a message to one of us."""
    return unit.save(
        Message.queue(unit.id("message"), topic, at=unit.now, recipient=recipient, about=about, facts=facts)
    )


def tell_customer(unit: Unit, customer: Customer, topic: str, *, about: str, **facts: Any) -> Message | None:
    """Queue a message to a customer by e-mail, in his or her language; None when no address is known."""
    address = customer.reach(Channel.EMAIL)
    if address is None:
        return None
    message = Message.queue(
        unit.id("message"), topic, at=unit.now, address=address, language=customer.language, about=about, facts=facts
    )
    return unit.save(message)

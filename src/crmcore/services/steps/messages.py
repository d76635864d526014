"""Telling somebody: a message is a row of the story's own transaction, and leaves after it."""

from typing import Any, Final

from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import Channel
from crmcore.domain.ids import UserId
from crmcore.domain.messages import Letter, Message
from crmcore.domain.people import User
from crmcore.domain.texts.catalogue import say
from crmcore.services.house import House
from crmcore.services.unit import Unit

NOTICE: Final = "notice"
"""The topic of a message whose words are its own."""


def tell(unit: Unit, recipient: UserId, topic: str, *, about: str | None = None, **facts: Any) -> Message:
    """Queue a message to one of us."""
    return unit.save(
        Message.queue(unit.id("message"), topic, at=unit.now, recipient=recipient, about=about, facts=facts).complete()
    )


def tell_customer(unit: Unit, customer: Customer, topic: str, *, about: str, **facts: Any) -> Message | None:
    """Queue a message to a customer by e-mail, in his or her language; None when no address is known."""
    address = customer.reach(Channel.EMAIL)
    if address is None:
        return None
    message = Message.queue(
        unit.id("message"), topic, at=unit.now, address=address, language=customer.language, about=about, facts=facts
    )
    return unit.save(message.complete())


def letter_of(unit: Unit, house: House, message: Message) -> Letter:
    """Make the letter of a message: the address and the language as they are now, and the text filled."""
    user = unit.peek(User, message.recipient)
    language = message.language or (user.language if user else None) or house.language
    subject, body = say(message.topic, language, message.facts)
    return Letter(
        id=message.id,
        tenant=house.context.tenant,
        channel=message.channel,
        to=message.address or (user.email if user else None) or "",
        name=user.name if user else "",
        subject=subject,
        body=body,
        language=language,
        topic=message.topic,
        about=message.about,
        data=message.facts,
        at=message.queued_at,
    )

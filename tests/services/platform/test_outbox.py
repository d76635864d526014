"""Outbox: messages that the host queues."""

import pytest

from crmcore import Crm, FrozenClock, RecordingNotifier
from crmcore.errors import NotFoundError, RequiredError


def test_queue_message_for_user_or_address() -> None:
    """A message goes to a user or an address, in the right language and time."""
    clock, mail, notifier = FrozenClock(), RecordingNotifier(), RecordingNotifier()
    crm = Crm(clock=clock, notifiers={"email": mail, "webhook": notifier})
    anna = crm.users.create("Anna", email="anna@example.com", language="lv")
    crm.outbox.queue("task.reminder", recipient_id=anna.id, variables={"title": "Zvanīt", "due": "10:00"})
    for _ in range(2):
        crm.outbox.queue(
            "notice", address="https://a.example/", channel="webhook", variables={"text": "Hi"}, idempotency_key="k"
        )
    later = crm.outbox.queue(
        "notice", recipient_id=anna.id, variables={"text": "x"}, due_at=clock.now().replace(hour=23)
    )

    assert 2 == crm.deliver().sent
    assert ("anna@example.com", "Anna", "Atgādinājums: Zvanīt") == (
        (one := mail.messages[0]).address,
        one.recipient_name,
        one.subject,
    )
    assert [("https://a.example/", "Hi")] == [(message.address, message.body) for message in notifier.messages]
    clock.advance(hours=20)
    crm.deliver()
    assert later.id == mail.messages[1].id


def test_queue_message_without_recipient_is_rejected() -> None:
    """A message without a known recipient or an address is rejected."""
    crm = Crm()

    with pytest.raises(RequiredError, match="must be given"):
        crm.outbox.queue("notice")
    with pytest.raises(NotFoundError):
        crm.outbox.queue("notice", recipient_id="user_018f3c0e6b7a7c1e9d2b4a5f60718293")  # type: ignore[arg-type]  # any text

"""Messages that a host queues itself."""

import pytest

from crmcore import Crm, FrozenClock, Recorder
from crmcore.errors import Blank, NotFound


def test_a_host_queues_messages_of_its_own() -> None:
    """To one of us by his id, to anybody else by an address; in the recipient's language; not before its time; once for a key."""
    clock, mail, hooks = FrozenClock(), Recorder(), Recorder()
    crm = Crm(clock=clock, notifiers={"email": mail, "webhook": hooks})
    anna = crm.people.add("Anna", email="anna@example.com", language="lv")
    crm.delivery.queue("task.reminder", recipient=anna.id, facts={"title": "Zvanīt", "due": "10:00"})
    for _ in range(2):
        crm.delivery.queue("notice", address="https://a.example/", channel="webhook", facts={"text": "Hi"}, key="k")
    later = crm.delivery.queue("notice", recipient=anna.id, facts={"text": "x"}, due_at=clock.now().replace(hour=23))

    assert 2 == crm.deliver().sent
    assert ("anna@example.com", "Anna", "Atgādinājums: Zvanīt") == (
        (one := mail.letters[0]).to,
        one.name,
        one.subject,
    )
    assert [("https://a.example/", "Hi")] == [(letter.to, letter.body) for letter in hooks.letters]
    clock.advance(hours=20)
    crm.deliver()
    assert later.id == mail.letters[1].id


def test_a_message_needs_somebody() -> None:
    """Neither a recipient nor an address, or a recipient who is nobody, is refused."""
    crm = Crm()

    with pytest.raises(Blank, match="must be named"):
        crm.delivery.queue("notice")
    with pytest.raises(NotFound):
        crm.delivery.queue("notice", recipient="user_018f3c0e6b7a7c1e9d2b4a5f60718293")  # type: ignore[arg-type]  # any text

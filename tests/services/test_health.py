"""Health tells how far behind the house is, in memory and in a database."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest

from crmcore import Crm, FrozenClock, Recorder
from crmcore.domain.feed import Recorded
from crmcore.domain.messages import Letter
from crmcore.errors import DeliveryFailed
from crmcore.services.ports import Store


@pytest.fixture
def tenant() -> str:
    """Whose data are nobody else's."""
    return uuid4().hex


class Deaf:
    """A listener that takes nothing while it is deaf."""

    deaf = True

    def publish(self, events: Sequence[Recorded], /) -> None:
        """Take them, or not."""
        if self.deaf:
            raise OSError("no")


def test_an_idle_house_is_well(store: Store, tenant: str) -> None:
    """Nothing waits, nothing is dead, nobody listens."""
    health = Crm(store, tenant=tenant).health()

    assert ((), ()) == (health.complaints(), health.listeners)
    assert (0, 0, 0, 0) == (health.messages, health.dead_messages, health.occurrences, health.dead_occurrences)
    assert timedelta(0) == health.message_lag == health.occurrence_lag == health.listener_lag


def test_what_waits_is_told_with_its_age(store: Store, tenant: str) -> None:
    """The longest due message, the longest due work and the oldest unheard fact are each told with since when."""
    clock = FrozenClock()
    listener = Deaf()
    crm = Crm(store, tenant=tenant, clock=clock, publishers={"erp": listener}, notifiers={"email": Recorder()})
    anna = crm.people.add("Anna", email="anna@example.com")
    crm.delivery.queue("notice", recipient=anna.id, facts={"text": "later"}, due_at=clock.now() + timedelta(hours=5))
    clock.advance(minutes=1)
    crm.delivery.queue("notice", recipient=anna.id, facts={"text": "now"})
    crm.tasks.give("Call", assignee=anna.id, due_at=clock.now() + timedelta(minutes=5))
    clock.advance(minutes=30)
    health = crm.health()
    [erp] = health.listeners

    assert (1, timedelta(minutes=30)) == (health.messages, health.message_lag)
    assert (1, timedelta(minutes=25)) == (health.occurrences, health.occurrence_lag)
    assert ("erp", 0, timedelta(minutes=31)) == (erp.name, erp.failures, health.listener_lag)
    assert erp.behind >= 2
    assert ("messages_late", "work_late", "listeners_late") == health.complaints()
    assert () == health.complaints(lag=timedelta(hours=1))

    crm.run_due()
    crm.deliver()
    [erp] = crm.health().listeners
    assert (1, ("listeners_late",)) == (erp.failures, crm.health().complaints())
    listener.deaf = False
    clock.advance(minutes=2)
    crm.deliver()
    assert 0 == crm.health().listeners[0].behind


def test_what_is_dead_is_told(store: Store, tenant: str) -> None:
    """A message that was refused for good, and work that cannot be done, stay in sight until somebody replays them."""

    def refuse(letter: Letter) -> None:
        raise DeliveryFailed("email", "nobody of that name", permanent=True)

    crm = Crm(store, tenant=tenant, clock=FrozenClock(), notifiers={"email": Recorder(before=refuse)})
    message = crm.delivery.queue("notice", address="nobody@example.com", facts={"text": "x"})
    crm.deliver()

    assert ("messages_dead",) == crm.health().complaints()
    crm.delivery.replay(message.id)
    assert () == crm.health().complaints()


def test_each_tenant_has_its_own_health(store: Store, tenant: str) -> None:
    """What waits for one tenant is nobody else's."""
    crm = Crm(store, tenant=tenant, clock=FrozenClock())
    crm.delivery.queue("notice", address="a@example.com", facts={"text": "x"})

    assert (1, 0) == (crm.health().messages, crm.for_tenant(f"{tenant}2").health().messages)

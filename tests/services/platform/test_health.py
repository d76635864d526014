"""Health tells how far behind the house is, in memory and in a database."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest

from crmcore import Crm, FrozenClock, RecordingNotifier
from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.errors import DeliveryError
from crmcore.ports import Store


@pytest.fixture
def tenant() -> str:
    """Whose data are nobody else's."""
    return uuid4().hex


class FailingPublisher:
    """A listener that takes nothing while it is deaf."""

    is_failing = True

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Take them, or not."""
        if self.is_failing:
            raise OSError("no")


def test_idle_tenant_is_healthy(store: Store, tenant: str) -> None:
    """Nothing waits, nothing is dead, nobody listens."""
    health = Crm(store, tenant=tenant).health()

    assert ((), ()) == (health.alerts(), health.subscriptions)
    assert (0, 0, 0, 0) == (health.due_messages, health.dead_messages, health.due_jobs, health.dead_jobs)
    assert timedelta(0) == health.message_lag == health.job_lag == health.subscription_lag


def test_backlog_is_reported_with_age(store: Store, tenant: str) -> None:
    """The longest due message, the longest due work and the oldest unheard fact are each told with since when."""
    clock = FrozenClock()
    listener = FailingPublisher()
    crm = Crm(store, tenant=tenant, clock=clock, publishers={"erp": listener}, notifiers={"email": RecordingNotifier()})
    anna = crm.users.create("Anna", email="anna@example.com")
    crm.outbox.queue(
        "notice", recipient_id=anna.id, variables={"text": "later"}, due_at=clock.now() + timedelta(hours=5)
    )
    clock.advance(minutes=1)
    crm.outbox.queue("notice", recipient_id=anna.id, variables={"text": "now"})
    crm.tasks.create("Call", assignee_id=anna.id, due_at=clock.now() + timedelta(minutes=5))
    clock.advance(minutes=30)
    health = crm.health()
    [erp] = health.subscriptions

    assert (1, timedelta(minutes=30)) == (health.due_messages, health.message_lag)
    assert (1, timedelta(minutes=25)) == (health.due_jobs, health.job_lag)
    assert ("erp", 0, timedelta(minutes=31)) == (erp.name, erp.failures, health.subscription_lag)
    assert erp.lag >= 2
    assert ("messages_late", "jobs_late", "subscriptions_late") == health.alerts()
    assert () == health.alerts(lag=timedelta(hours=1))

    crm.run_due_jobs()
    crm.deliver()
    [erp] = crm.health().subscriptions
    assert (1, ("subscriptions_late",)) == (erp.failures, crm.health().alerts())
    listener.is_failing = False
    clock.advance(minutes=2)
    crm.deliver()
    assert 0 == crm.health().subscriptions[0].lag


def test_dead_message_and_job_are_reported_until_retried(store: Store, tenant: str) -> None:
    """A message that was refused for good, and work that cannot be done, stay in sight until somebody replays them."""

    def refuse(message: OutgoingMessage) -> None:
        raise DeliveryError("email", "nobody of that name", is_permanent=True)

    crm = Crm(store, tenant=tenant, clock=FrozenClock(), notifiers={"email": RecordingNotifier(before_send=refuse)})
    message = crm.outbox.queue("notice", address="nobody@example.com", variables={"text": "x"})
    crm.deliver()

    assert ("messages_dead",) == crm.health().alerts()
    crm.outbox.retry(message.id)
    assert () == crm.health().alerts()


def test_health_is_per_tenant(store: Store, tenant: str) -> None:
    """What waits for one tenant is nobody else's."""
    crm = Crm(store, tenant=tenant, clock=FrozenClock())
    crm.outbox.queue("notice", address="a@example.com", variables={"text": "x"})

    assert (1, 0) == (crm.health().due_messages, crm.for_tenant(f"{tenant}2").health().due_messages)

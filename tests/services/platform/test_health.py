"""Health check: backlog, dead letters and subscriptions."""

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
    """A tenant for one test."""
    return uuid4().hex


class FailingPublisher:
    """A publisher that fails on request."""

    is_failing = True

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Publish the events, or fail."""
        if self.is_failing:
            raise OSError("no")


def test_idle_tenant_is_healthy(store: Store, tenant: str) -> None:
    """An idle tenant has no backlog and no alerts."""
    health = Crm(store, tenant=tenant).health()

    assert ((), ()) == (health.alerts(), health.subscriptions)
    assert (0, 0, 0, 0) == (health.due_messages, health.dead_messages, health.due_jobs, health.dead_jobs)
    assert timedelta(0) == health.message_lag == health.job_lag == health.subscription_lag


def test_backlog_is_reported_with_age(store: Store, tenant: str) -> None:
    """The oldest message, job and unread event are reported with their age."""
    clock = FrozenClock()
    publisher = FailingPublisher()
    crm = Crm(
        store, tenant=tenant, clock=clock, publishers={"erp": publisher}, notifiers={"email": RecordingNotifier()}
    )
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
    publisher.is_failing = False
    clock.advance(minutes=2)
    crm.deliver()
    assert 0 == crm.health().subscriptions[0].lag


def test_dead_message_and_job_are_reported_until_retried(store: Store, tenant: str) -> None:
    """Dead messages and dead jobs are reported until they are retried."""

    def refuse(message: OutgoingMessage) -> None:
        raise DeliveryError("email", "no such mailbox", is_permanent=True)

    crm = Crm(store, tenant=tenant, clock=FrozenClock(), notifiers={"email": RecordingNotifier(before_send=refuse)})
    message = crm.outbox.queue("notice", address="absent@example.com", variables={"text": "x"})
    crm.deliver()

    assert ("messages_dead",) == crm.health().alerts()
    crm.outbox.retry(message.id)
    assert () == crm.health().alerts()


def test_health_is_per_tenant(store: Store, tenant: str) -> None:
    """The backlog of one tenant does not appear in another."""
    crm = Crm(store, tenant=tenant, clock=FrozenClock())
    crm.outbox.queue("notice", address="a@example.com", variables={"text": "x"})

    assert (1, 0) == (crm.health().due_messages, crm.for_tenant(f"{tenant}2").health().due_messages)

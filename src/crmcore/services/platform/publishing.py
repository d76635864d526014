"""Event publishing: send each consumer its events, with backoff."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve

from crmcore.domain.kernel.backoff import add_clamped, backoff
from crmcore.domain.kernel.criteria import Compare, Eq, In
from crmcore.domain.kernel.errors.conflicts import ConflictError
from crmcore.domain.kernel.errors.infrastructure import DeliveryError
from crmcore.domain.messaging.messages import Message
from crmcore.domain.platform.feed import RecordedEvent, Subscription
from crmcore.ports import Publisher
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork

LEASE_TIME: Final = timedelta(seconds=60)
"""Duration of a lease. A notifier or publisher that takes longer may send twice."""
INITIAL_DELAY: Final = timedelta(seconds=30)
"""Backoff after the first failure of a publisher; each further failure doubles it."""
MAX_DELAY: Final = timedelta(days=1)
"""Maximum backoff of a publisher."""

_log = logging.getLogger("crmcore.outbox")


class EventPublishing:
    """Publishing of events, as a part of `Outbox`."""

    __slots__ = ()

    _environment: Environment

    def _publish_to(self, subscription_name: str, limit: int) -> int:
        """Publish new events; return their number, or -1 on failure."""
        subscription = self._lease_subscription(subscription_name)
        if subscription is None:
            return 0
        events = self._read_events(subscription.position, limit)
        now = self._environment.clock.now
        try:
            events = publish(self._environment.publishers[subscription_name], events)
            updated = subscription.advance(events[-1].position if events else subscription.position, at=now())
        except Exception as error:  # noqa: BLE001  # a failing publisher must not block the others
            _log.warning(
                "publisher failed", extra={"crm_subscription": subscription_name, "crm_error": type(error).__name__}
            )
            updated = record_failure(subscription, error, at=now())
        except BaseException as error:
            self._record(record_failure(subscription, error, at=now()))
            raise
        try:
            self._environment.execute("outbox.mark", lambda uow: uow.save(updated))
        except ConflictError:  # the lease expired, and another process publishes
            return 0
        return len(events) if updated.failures == 0 else -1

    def _list_failing(self) -> Sequence[str]:
        names = tuple(self._environment.publishers)
        return (
            self._environment.execute_with_retry(
                "outbox.lease_subscription", lambda uow: failing_publishers(uow, names), read_only=True
            )
            if names
            else ()
        )

    @command("outbox.lease_subscription")
    def _lease_subscription(self, uow: UnitOfWork, subscription_name: str, /) -> Subscription | None:
        subscription = uow.first(Subscription, Eq("name", subscription_name))
        if subscription is None:
            subscription = Subscription(id=uow.new_id("subscription"), name=subscription_name, leased_until=uow.now)
        elif subscription.leased_until > uow.now:
            return None
        return uow.save(subscription.lease(add_clamped(uow.now, LEASE_TIME)))

    @command("outbox.read_events")  # no query: a store may assign sequence numbers on first read
    def _read_events(self, uow: UnitOfWork, after: int, limit: int, /) -> Sequence[RecordedEvent]:
        return uow.read_events(after=after, limit=limit)

    def _record(self, outcome: Message | Subscription) -> None:
        """Record a failed attempt before its error is raised.

        An error in here must not replace that error.
        """
        with suppress(Exception):
            evolve(self._environment, tracer=None).execute_with_retry(
                "outbox.mark", lambda uow: uow.save(outcome), version_pinned=True
            )


def failing_publishers(uow: UnitOfWork, names: Sequence[str]) -> Sequence[str]:
    """List the publishers whose last attempt failed, fewest failures first."""
    found = uow.find(Subscription, In("name", tuple(names)) & Compare("failures", ">", 0))
    return [subscription.name for subscription in sorted(found, key=lambda subscription: subscription.failures)]


def publish(publisher: Publisher, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
    """Publish events, and return the published ones.

    A partial success is no failure.
    """
    if events:
        try:
            publisher.publish(events)
        except DeliveryError as failure:
            if failure.delivered_count < 1:
                raise
            return events[: failure.delivered_count]
    return events


def record_failure(subscription: Subscription, error: BaseException, *, at: datetime) -> Subscription:
    """Record a failed attempt, with exponential backoff up to one day."""
    delay = backoff(subscription.failures, initial_delay=INITIAL_DELAY, max_delay=MAX_DELAY)
    return subscription.record_failure(type(error).__name__, until=add_clamped(at, delay))

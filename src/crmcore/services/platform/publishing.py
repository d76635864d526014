"""Event publishing: give each external consumer the events after its cursor, with retries and backoff."""

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
"""How long one sender has a message to itself. A notifier that takes longer risks a second copy."""
INITIAL_DELAY: Final = timedelta(seconds=30)
"""How long a listener that refused an event is left alone; doubled with each refusal."""
MAX_DELAY: Final = timedelta(days=1)
"""The longest that a listener is left alone."""

_log = logging.getLogger("crmcore.outbox")


class EventPublishing:
    """Publishing of events, as a part of `Outbox`."""

    __slots__ = ()

    _environment: Environment

    def _publish_to(self, subscription_name: str, limit: int) -> int:
        """Tell one listener what it has not heard; the number of facts, or -1 when it refused."""
        subscription = self._lease_subscription(subscription_name)
        if subscription is None:
            return 0
        events = self._read_events(subscription.position, limit)
        now = self._environment.clock.now
        try:
            events = publish(self._environment.publishers[subscription_name], events)
            updated = subscription.advance(events[-1].position if events else subscription.position, at=now())
        except Exception as error:  # noqa: BLE001  # a broken listener must not keep the others waiting
            _log.warning(
                "publisher failed", extra={"crm_subscription": subscription_name, "crm_error": type(error).__name__}
            )
            updated = record_failure(subscription, error, at=now())
        except BaseException as error:
            self._record(record_failure(subscription, error, at=now()))
            raise
        try:
            self._environment.execute("outbox.mark", lambda uow: uow.save(updated))
        except ConflictError:  # the lease ran out, and somebody else tells it
            return 0
        return len(events) if updated.failures == 0 else -1

    def _refusing(self) -> Sequence[str]:
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

    @command("outbox.read_events")  # and no view: a store may number facts when they are first asked for
    def _read_events(self, uow: UnitOfWork, after: int, limit: int, /) -> Sequence[RecordedEvent]:
        return uow.read_events(after=after, limit=limit)

    def _record(self, outcome: Message | Subscription) -> None:
        """Record the failed attempt of foreign code before its error goes on. What fails here must not take that error's place."""
        with suppress(Exception):
            evolve(self._environment, tracer=None).execute_with_retry(
                "outbox.mark", lambda uow: uow.save(outcome), version_pinned=True
            )


def failing_publishers(uow: UnitOfWork, names: Sequence[str]) -> Sequence[str]:
    """Find which listeners did not take their last events, those with the fewest failures first."""
    found = uow.find(Subscription, In("name", tuple(names)) & Compare("failures", ">", 0))
    return [one.name for one in sorted(found, key=lambda one: one.failures)]


def publish(publisher: Publisher, events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
    """Publish events, and return those that were taken. A listener that took some of them has not refused."""
    if events:
        try:
            publisher.publish(events)
        except DeliveryError as failure:
            if failure.delivered_count < 1:
                raise
            return events[: failure.delivered_count]
    return events


def record_failure(subscription: Subscription, error: BaseException, *, at: datetime) -> Subscription:
    """Record that a listener did not take its events, and let it rest: 30 seconds, twice that after each further time, at most a day."""
    rest = backoff(subscription.failures, initial_delay=INITIAL_DELAY, max_delay=MAX_DELAY)
    return subscription.record_failure(type(error).__name__, until=add_clamped(at, rest))

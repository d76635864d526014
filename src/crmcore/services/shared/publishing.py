"""Listeners of the feed: which of them have failed, what they took, and how long one rests that refused."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from crmcore.domain.kernel.backoff import add_clamped, backoff
from crmcore.domain.kernel.criteria import Compare, In
from crmcore.domain.kernel.errors.infrastructure import DeliveryError
from crmcore.domain.platform.feed import RecordedEvent, Subscription
from crmcore.ports import Publisher
from crmcore.services.unit_of_work import UnitOfWork

INITIAL_DELAY: Final = timedelta(seconds=30)
"""How long a listener that refused an event is left alone; doubled with each refusal."""
MAX_DELAY: Final = timedelta(days=1)
"""The longest that a listener is left alone."""


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

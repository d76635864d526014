"""Listeners of the feed: which of them have failed, what they took, and how long one rests that refused."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from crmcore.domain.backoff import backoff, later
from crmcore.domain.criteria import Compare, OneOf
from crmcore.domain.errors.outside import DeliveryFailed
from crmcore.domain.feed import Recorded, Subscription
from crmcore.services.ports import Publisher
from crmcore.services.unit import Unit

REST: Final = timedelta(seconds=30)
"""How long a listener that refused an event is left alone; doubled with each refusal."""
LONGEST_REST: Final = timedelta(days=1)
"""The longest that a listener is left alone."""


def refusing(unit: Unit, names: Sequence[str]) -> Sequence[str]:
    """Find which listeners did not take their last events, those with the fewest failures first."""
    found = unit.find(Subscription, OneOf("name", tuple(names)) & Compare("failures", ">", 0))
    return [one.name for one in sorted(found, key=lambda one: one.failures)]


def taken(publisher: Publisher, events: Sequence[Recorded]) -> Sequence[Recorded]:
    """Publish events, and return those that were taken. A listener that took some of them has not refused."""
    if events:
        try:
            publisher.publish(events)
        except DeliveryFailed as failure:
            if failure.taken < 1:
                raise
            return events[: failure.taken]
    return events


def refused(subscription: Subscription, error: BaseException, *, at: datetime) -> Subscription:
    """Record that a listener did not take its events, and let it rest: 30 seconds, twice that after each further time, at most a day."""
    rest = backoff(subscription.failures, first=REST, most=LONGEST_REST)
    return subscription.refused(type(error).__name__, until=later(at, rest))

"""The position of a subscription in the feed."""

from datetime import timedelta

from crmcore.domain.platform.feed import Subscription
from crmcore.testing.samples import NOON, Samples


def test_subscription_keeps_cursor_on_failure_and_advances_on_success() -> None:
    """A failure keeps the position and waits; a success resets the failures."""
    place = Subscription(id=Samples().id("subscription"), name="erp", leased_until=NOON)
    later = NOON + timedelta(minutes=1)
    refused = place.lease(later).record_failure("x" * 900, until=later)
    read = refused.record_failure("no", until=later).advance(7, at=NOON)

    assert (refused.position, refused.failures, len(refused.last_error), refused.leased_until) == (0, 1, 500, later)
    assert (read.position, read.failures, read.last_error, read.leased_until) == (7, 0, "", NOON)

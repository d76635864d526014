"""A listener's place in the feed."""

from datetime import timedelta

from crmcore.domain.feed import Subscription
from crmcore.testing.samples import NOON, Samples


def test_a_listener_reads_on_where_it_stopped() -> None:
    """A refusal keeps the place and lets it rest; a success forgets the refusals."""
    place = Subscription(id=Samples().id("subscription"), name="erp", leased_until=NOON)
    later = NOON + timedelta(minutes=1)
    refused = place.lease(later).refused("x" * 900, until=later)
    read = refused.refused("no", until=later).read(7, at=NOON)

    assert (refused.position, refused.failures, len(refused.problem), refused.leased_until) == (0, 1, 500, later)
    assert (read.position, read.failures, read.problem, read.leased_until) == (7, 0, "", NOON)

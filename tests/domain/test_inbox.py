"""What another system said is remembered, so that the same again, or something older, changes nothing."""

from crmcore.domain.inbox import Arrival, Counterpart, Reception
from crmcore.domain.kernel import unique_keys
from crmcore.testing.samples import NOON, Samples


def test_a_message_is_known_by_its_source_and_its_id() -> None:
    """Two systems may use the same id; one may not."""
    message = Arrival(id=Samples().id("arrival"), source="erp", key="7", outcome=Reception.APPLIED, arrived_at=NOON)

    assert [("key.source", ("7", "erp"))] == list(unique_keys(message))


def test_a_counterpart_knows_its_newest_edition() -> None:
    """A newer edition takes the place of the older one."""
    order = Counterpart(id=Samples().id("counterpart"), source="erp", key="7", edition=3)

    assert 4 == order.renew(4).edition

"""The event feed: all events of a tenant in one order, without gaps."""

from datetime import datetime
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record, value
from crmcore.domain.kernel.fields.text import printable_line
from crmcore.domain.kernel.ids import SubscriptionId


@value
class RecordedEvent:
    """A published event with its context.

    Attributes:
        id: of the event.
        tenant: the tenant.
        actor: who caused it.
        subject_id: the id of the record.
        version: the version of the record after the event.
        number: the position among the events of that version, from 0.
        correlation_id: the correlation id of the request.
        position: the position in the tenant's feed, from 1 and without gaps; 0 before it has one.
    """

    id: str
    tenant: str
    actor: str
    subject_id: str
    version: int
    number: int
    correlation_id: str
    event: Event
    position: int = 0


@record
class Subscription(Entity):
    """A subscription: the cursor of a consumer of the feed, with a lease.

    Attributes:
        name: of the subscriber.
        position: of the last event that was delivered.
        leased_until: the end of the reader's lease.
        failures: how many deliveries in a row have failed.
        last_error: the error of the last failure.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("subscription", "subscriptions", unique_keys=(("name",),))

    id: SubscriptionId = fields.id_of("subscription")
    name: str = fields.text(personal=False, max_length=100)
    position: int = fields.integer(default=0)
    leased_until: datetime = fields.timestamp()
    failures: int = fields.integer(default=0)
    last_error: str = fields.text(personal=False, max_length=500, default="", allow_blank=True)

    def lease(self, until: datetime) -> Self:
        """Lease the subscription to one reader."""
        return self._record(leased_until=until)

    def advance(self, position: int, *, at: datetime) -> Self:
        """Set the position after a delivery."""
        return self._record(position=position, leased_until=at, failures=0, last_error="")

    def record_failure(self, error: str, *, until: datetime) -> Self:
        """Record a failed delivery and wait until the next one."""
        return self._record(leased_until=until, failures=self.failures + 1, last_error=printable_line(error, limit=500))

"""The feed: every fact as the world outside gets it, in an order that no reader can miss anything of."""

from datetime import datetime
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record, value
from crmcore.domain.kernel.fields.text import printable_line
from crmcore.domain.kernel.ids import SubscriptionId


@value
class RecordedEvent:
    """A fact with everything around it.

    Attributes:
        id: of the event.
        tenant: whose it is.
        actor: who caused it.
        subject_id: the id of the record that it is about.
        version: the record's version that it led to; with `number` the order of one record's facts.
        number: its place among the facts of that version, from 0.
        correlation_id: what it belongs together with, as the host said.
        position: its place in the tenant's feed, from 1 and without gaps; 0 as long as it has none.
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
    """How far a listener has read, and who is reading for it right now.

    Attributes:
        name: of the listener.
        position: of the last fact that it has taken.
        leased_until: until when one reader has it to itself.
        failures: how often in a row it did not take a fact.
        last_error: what it said then.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("subscription", "subscriptions", unique_keys=(("name",),))

    id: SubscriptionId = fields.id_of("subscription")
    name: str = fields.text(personal=False, max_length=100)
    position: int = fields.integer(default=0)
    leased_until: datetime = fields.timestamp()
    failures: int = fields.integer(default=0)
    last_error: str = fields.text(personal=False, max_length=500, default="", allow_blank=True)

    def lease(self, until: datetime) -> Self:
        """Give it to one reader for a while."""
        return self._record(leased_until=until)

    def advance(self, position: int, *, at: datetime) -> Self:
        """Note how far the listener has read."""
        return self._record(position=position, leased_until=at, failures=0, last_error="")

    def record_failure(self, error: str, *, until: datetime) -> Self:
        """Note that the listener did not take a fact, and let it rest."""
        return self._record(leased_until=until, failures=self.failures + 1, last_error=printable_line(error, limit=500))

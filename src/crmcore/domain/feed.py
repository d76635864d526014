"""The feed: every fact as the world outside gets it, in an order that no reader can miss anything of."""

from datetime import datetime
from typing import ClassVar, Self

from crmcore.domain import fields
from crmcore.domain.fields.text import printable_line
from crmcore.domain.ids import SubscriptionId
from crmcore.domain.kernel import Entity, Event, Shape, record, value


@value
class Recorded:
    """A fact with everything around it.

    Attributes:
        id: of the event.
        tenant: whose it is.
        actor: who caused it.
        subject: the id of the record that it is about.
        version: the record's version that it led to; with `number` the order of one record's facts.
        number: its place among the facts of that version, from 0.
        correlation: what it belongs together with, as the host said.
        position: its place in the tenant's feed, from 1 and without gaps; 0 as long as it has none.
    """

    id: str
    tenant: str
    actor: str
    subject: str
    version: int
    number: int
    correlation: str
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
        problem: what it said then.
    """

    shape: ClassVar[Shape] = Shape("subscription", "subscriptions", unique=(("name",),))

    id: SubscriptionId = fields.ref("subscription")
    name: str = fields.text(personal=False, limit=100)
    position: int = fields.whole(default=0)
    leased_until: datetime = fields.moment()
    failures: int = fields.whole(default=0)
    problem: str = fields.text(personal=False, limit=500, default="", blank=True)

    def lease(self, until: datetime) -> Self:
        """Give it to one reader for a while."""
        return self._after(leased_until=until)

    def read(self, position: int, *, at: datetime) -> Self:
        """Note how far the listener has read."""
        return self._after(position=position, leased_until=at, failures=0, problem="")

    def refused(self, problem: str, *, until: datetime) -> Self:
        """Note that the listener did not take a fact, and let it rest."""
        return self._after(leased_until=until, failures=self.failures + 1, problem=printable_line(problem, limit=500))

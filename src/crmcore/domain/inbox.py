"""The inbox: what other systems tell us, each message taken once, and no older state over a newer one.

Rule 1: a message is known by its source and the id that the source gave it. The same again changes nothing.
Rule 2: a record of another system has an edition there, a number that only rises. What is not newer than the last is not applied.
"""

from datetime import datetime
from enum import Enum
from typing import ClassVar, Self

from crmcore.domain import fields
from crmcore.domain.ids import ArrivalId, CounterpartId
from crmcore.domain.kernel import Entity, Shape, record


class Reception(Enum):
    """What became of a message from outside."""

    APPLIED = "applied"
    OUTDATED = "outdated"
    REPEATED = "repeated"


@record
class Arrival(Entity):
    """A message from outside that was taken in.

    Attributes:
        source: which system it came from, as a word of the host's.
        key: the id that the source gave it.
        outcome: what became of it, when it came first.
    """

    shape: ClassVar[Shape] = Shape("arrival", "arrivals", unique=(("key", "source"),), indexes=(("arrived_at",),))

    id: ArrivalId = fields.ref("arrival")
    source: str = fields.text(personal=False, limit=60)
    key: str = fields.text(personal=True, limit=255)
    outcome: Reception = fields.one_of(Reception)
    arrived_at: datetime = fields.moment()


@record
class Counterpart(Entity):
    """A record of another system, as far as it concerns what was heard of it last.

    Attributes:
        source: which system it lives in.
        key: its id there.
        edition: the newest of its editions that was heard of.
    """

    shape: ClassVar[Shape] = Shape("counterpart", "counterparts", unique=(("key", "source"),))

    id: CounterpartId = fields.ref("counterpart")
    source: str = fields.text(personal=False, limit=60)
    key: str = fields.text(personal=True, limit=255)
    edition: int = fields.whole()

    def renew(self, edition: int) -> Self:
        """Note a newer edition."""
        return self._after(edition=edition)

"""The inbox: what other systems tell us, each message taken once, and no older state over a newer one.

Rule 1: a message is known by its source and the id that the source gave it. The same again changes nothing.
Rule 2: a record of another system has an edition there, a number that only rises. What is not newer than the last is not applied.
"""

from datetime import datetime
from enum import Enum
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, record
from crmcore.domain.kernel.ids import ExternalRecordVersionId, InboxMessageId


class InboxResult(Enum):
    """What became of a message from outside."""

    APPLIED = "applied"
    STALE = "stale"
    DUPLICATE = "duplicate"


@record
class InboxMessage(Entity):
    """A message from outside that was taken in.

    Attributes:
        source: which system it came from, as a word of the host's.
        key: the id that the source gave it.
        result: what became of it, when it came first.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "inboxmessage", "inbox_messages", unique_keys=(("key", "source"),), indexes=(("received_at",),)
    )

    id: InboxMessageId = fields.id_of("inboxmessage")
    source: str = fields.text(personal=False, max_length=60)
    key: str = fields.text(personal=True, max_length=255)
    result: InboxResult = fields.enum(InboxResult)
    received_at: datetime = fields.timestamp()


@record
class ExternalRecordVersion(Entity):
    """A record of another system, as far as it concerns what was heard of it last.

    Attributes:
        source: which system it lives in.
        key: its id there.
        revision: the newest of its editions that was heard of.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("externalversion", "external_versions", unique_keys=(("key", "source"),))

    id: ExternalRecordVersionId = fields.id_of("externalversion")
    source: str = fields.text(personal=False, max_length=60)
    key: str = fields.text(personal=True, max_length=255)
    revision: int = fields.integer()

    def advance(self, revision: int) -> Self:
        """Note a newer edition."""
        return self._record(revision=revision)

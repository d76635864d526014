"""The inbox: messages of other systems, each processed once, in order.

Invariants:
    1. A message is identified by its source and the key that the source gave it. A duplicate has no effect.
    2. A record of another system has a revision, which only rises. A stale revision is not applied.
"""

from datetime import datetime
from enum import Enum
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, record
from crmcore.domain.kernel.ids import ExternalRecordVersionId, InboxMessageId


class InboxResult(Enum):
    """The result of an incoming message."""

    APPLIED = "applied"
    STALE = "stale"
    DUPLICATE = "duplicate"


@record
class InboxMessage(Entity):
    """An incoming message that was processed.

    Attributes:
        source: the name of the other system.
        key: the id that the source gave it.
        result: of the first processing.
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
    """The newest revision received of a record of another system.

    Attributes:
        source: the name of the other system.
        key: the record's id there.
        revision: the newest revision received.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("externalversion", "external_versions", unique_keys=(("key", "source"),))

    id: ExternalRecordVersionId = fields.id_of("externalversion")
    source: str = fields.text(personal=False, max_length=60)
    key: str = fields.text(personal=True, max_length=255)
    revision: int = fields.integer()

    def advance(self, revision: int) -> Self:
        """Store a newer revision."""
        return self._record(revision=revision)

"""Receipts: what a story answered to an idempotency key, so that a repeated command has one effect and one answer."""

from datetime import datetime
from typing import Any, ClassVar

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, record
from crmcore.domain.kernel.ids import IdempotencyRecordId


@record
class IdempotencyRecord(Entity):
    """The answer to a command that came with a key.

    Attributes:
        key: as the caller chose it.
        command: which story it was given to.
        fingerprint: of the arguments; the same key with others is refused.
        result: the answer.
        expires_at: from when on the key is free again.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "idem", "idempotency_records", unique_keys=(("key",),), indexes=(("expires_at",),)
    )

    id: IdempotencyRecordId = fields.id_of("idem")
    key: str = fields.text(personal=True, max_length=255)
    command: str = fields.text(personal=False, max_length=60)
    fingerprint: str = fields.text(personal=False, max_length=64)
    result: Any = fields.any_value()
    expires_at: datetime = fields.timestamp()

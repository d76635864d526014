"""Idempotency records: the result of a command, stored by its key.

A repeated command with the same key has no second effect and returns the same result.
"""

from datetime import datetime
from typing import ClassVar

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, record
from crmcore.domain.kernel.ids import IdempotencyRecordId


@record
class IdempotencyRecord(Entity):
    """The result of a command that was called with an idempotency key.

    Attributes:
        key: of the caller.
        command: the name of the command.
        fingerprint: of the arguments. The same key with other arguments is rejected.
        result: what the command returned.
        expires_at: when the key can be used again.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "idem", "idempotency_records", unique_keys=(("key",),), indexes=(("expires_at",),)
    )

    id: IdempotencyRecordId = fields.id_of("idem")
    key: str = fields.text(personal=True, max_length=255)
    command: str = fields.text(personal=False, max_length=60)
    fingerprint: str = fields.text(personal=False, max_length=64)
    result: str = fields.serialized()
    expires_at: datetime = fields.timestamp()

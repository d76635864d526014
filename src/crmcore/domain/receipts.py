"""Receipts: what a story answered to an idempotency key, so that a repeated command has one effect and one answer."""

from datetime import datetime
from typing import Any, ClassVar

from crmcore.domain import fields
from crmcore.domain.ids import ReceiptId
from crmcore.domain.kernel import Entity, Shape, record


@record
class Receipt(Entity):
    """The answer to a command that came with a key.

    Attributes:
        key: as the caller chose it.
        story: which story it was given to.
        fingerprint: of the arguments; the same key with others is refused.
        result: the answer.
        expires_at: from when on the key is free again.
    """

    shape: ClassVar[Shape] = Shape("receipt", "receipts", unique=(("key",),), indexes=(("expires_at",),))

    id: ReceiptId = fields.ref("receipt")
    key: str = fields.text(personal=True, limit=255)
    story: str = fields.text(personal=False, limit=60)
    fingerprint: str = fields.text(personal=False, limit=64)
    result: Any = fields.anything()
    expires_at: datetime = fields.moment()

"""An idempotency record has one result per key."""

from crmcore.domain.kernel.entity import unique_keys
from crmcore.domain.platform.idempotency import IdempotencyRecord
from crmcore.testing.samples import NOON, Samples


def test_idempotency_record_key_is_unique_and_hidden() -> None:
    """The key is unique for all commands; result and key are not in the repr."""
    receipt = IdempotencyRecord(
        id=Samples().id("idem"),
        key="form 4711",
        command="leads.capture",
        fingerprint="f" * 64,
        result="x",
        expires_at=NOON,
    )

    assert [("key", ("form 4711",))] == list(unique_keys(receipt))
    assert "4711" not in repr(receipt)

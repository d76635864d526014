"""The inbox: duplicates and stale revisions change nothing."""

from crmcore.domain.kernel.entity import unique_keys
from crmcore.domain.platform.inbox import ExternalRecordVersion, InboxMessage, InboxResult
from crmcore.testing.samples import NOON, Samples


def test_inbox_message_is_unique_per_source_and_id() -> None:
    """A key is unique within its source."""
    message = InboxMessage(
        id=Samples().id("inboxmessage"), source="erp", key="7", result=InboxResult.APPLIED, received_at=NOON
    )

    assert [("key.source", ("7", "erp"))] == list(unique_keys(message))


def test_external_version_keeps_newest_revision() -> None:
    """A newer revision replaces the older one."""
    order = ExternalRecordVersion(id=Samples().id("externalversion"), source="erp", key="7", revision=3)

    assert 4 == order.advance(4).revision

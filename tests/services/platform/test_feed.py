"""Event feed: cursors, pruning and expired cursors."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from crmcore import Crm, FrozenClock, MemoryStore, SqlStore
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.errors import BusinessRuleError, CursorExpiredError, InvalidInputError, OutOfRangeError
from crmcore.ports import Store


@pytest.fixture(params=[MemoryStore, lambda: SqlStore.open("sqlite://")], ids=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest) -> Crm:
    """An empty CRM with a frozen clock."""
    make: Callable[[], Store] = request.param
    return Crm(make(), clock=FrozenClock())


def event_names(crm: Crm, cursor: str = "") -> list[str]:
    """Return the event names after a cursor."""
    return [event.event.name for event in crm.feed.read(cursor=cursor).events]


def test_feed_pages_continue_after_cursor(crm: Crm) -> None:
    """Each page continues after the cursor; the last page is empty."""
    anna = crm.users.create("Anna")
    crm.users.deactivate(anna.id)
    first = crm.feed.read(limit=1)
    second = crm.feed.read(cursor=first.cursor, limit=1)
    end = crm.feed.read(cursor=second.cursor)

    assert ["user.created", "user.deactivated"] == [
        event.event.name for page in (first, second) for event in page.events
    ]
    assert ((), second.cursor) == (end.events, end.cursor)
    assert crm.feed.latest_cursor() == second.cursor


def test_latest_cursor_skips_earlier_events(crm: Crm) -> None:
    """After the latest cursor, only later events are read."""
    crm.users.create("Anna")
    end = crm.feed.latest_cursor()
    crm.users.create_team("North")

    assert ["team.created"] == event_names(crm, end)


def test_empty_feed_has_cursor(crm: Crm) -> None:
    """A reader that starts before the first event misses none."""
    end = crm.feed.latest_cursor()
    crm.users.create("Anna")

    assert ("", ["user.created"]) == (end, event_names(crm, end))


@pytest.mark.parametrize("cursor", ["x", "1", "1.", "0.event_1", ".event_1", "-1.event_1"])
def test_invalid_cursor_is_rejected(crm: Crm, cursor: str) -> None:
    """An invalid cursor is rejected."""
    with pytest.raises(InvalidInputError):
        crm.feed.read(cursor=cursor)


def test_cursor_before_pruned_events_is_expired(crm: Crm) -> None:
    """Pruning keeps the newest event, and expires older cursors."""
    clock = crm._environment.clock
    assert isinstance(clock, FrozenClock)
    crm.users.create("Anna")
    old = crm.feed.latest_cursor()
    crm.users.create("Berta")
    kept = crm.feed.latest_cursor()
    clock.advance(days=8)
    crm.users.create("Clara")

    assert crm.feed.prune(limit=1) == 1
    assert crm.feed.prune() == 1
    assert crm.feed.prune() == 0
    for lost in (old, kept, ""):
        with pytest.raises(CursorExpiredError) as excinfo:
            crm.feed.read(cursor=lost)
        assert excinfo.value.reason == "pruned"
    with pytest.raises(OutOfRangeError):
        crm.feed.prune(older_than=timedelta(days=-1))


def test_cursor_ahead_of_restored_database_is_expired(tmp_path: Path) -> None:
    """A cursor ahead of a restored backup is expired, also after new events."""
    path, copy = tmp_path / "crm.db", tmp_path / "copy.db"
    crm = Crm.open(f"sqlite:///{path}")
    crm.users.create("Anna")
    crm.close()
    copy.write_bytes(path.read_bytes())
    crm = Crm.open(f"sqlite:///{path}")
    crm.users.create("Berta")
    ahead = crm.feed.latest_cursor()
    crm.close()

    restored = Crm.open(f"sqlite:///{copy}")
    for _ in range(2):
        with pytest.raises(CursorExpiredError) as excinfo:
            restored.feed.read(cursor=ahead)
        assert excinfo.value.reason == "rewound"
        restored.users.create("Clara")
    restored.close()


def test_subscription_prevents_pruning_until_deleted() -> None:
    """Unread events are not pruned until the subscription is deleted."""
    received: list[RecordedEvent] = []

    class CollectingPublisher:
        def publish(self, events: object, /) -> None:
            if isinstance(events, (list, tuple)):
                received.extend(events)

    clock = FrozenClock()
    crm = Crm(clock=clock, publishers={"erp": CollectingPublisher()})
    crm.users.create("Anna")
    crm.deliver()
    crm.users.create("Berta")
    crm.users.create("Clara")
    clock.advance(days=30)

    assert (1, crm.feed.prune()) == (len(received), 1)
    assert crm.feed.prune() == 0
    crm.feed.delete_subscription("erp")
    crm.feed.delete_subscription("unknown")
    assert crm.feed.prune() == 1


def test_feed_and_health_in_batch_are_rejected(crm: Crm) -> None:
    """In a batch, feed and health check are rejected."""
    with crm.batch():
        crm.users.create("Anna")
        for look in (crm.feed.read, crm.feed.latest_cursor, crm.feed.prune, crm.health):
            with pytest.raises(BusinessRuleError, match="not committed yet"):
                look()

    assert ["user.created"] == event_names(crm)

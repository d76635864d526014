"""Readers outside follow what happens, and are told when they cannot."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from crmcore import Crm, FrozenClock, MemoryStore, SqlStore
from crmcore.domain.feed import Recorded
from crmcore.errors import CursorLost, InvalidInput, OutOfRange, RuleBroken
from crmcore.services.ports import Store


@pytest.fixture(params=[MemoryStore, lambda: SqlStore.open("sqlite://")], ids=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest) -> Crm:
    """An empty house with a clock that stands still."""
    make: Callable[[], Store] = request.param
    return Crm(make(), clock=FrozenClock())


def names(crm: Crm, cursor: str = "") -> list[str]:
    """What happened behind a cursor."""
    return [fact.event.name for fact in crm.feed.read(cursor=cursor).facts]


def test_a_reader_goes_on_where_it_was(crm: Crm) -> None:
    """Each page begins behind the last; at the end a page is empty and its cursor the same."""
    anna = crm.people.add("Anna")
    crm.people.leave(anna.id)
    first = crm.feed.read(limit=1)
    second = crm.feed.read(cursor=first.cursor, limit=1)
    end = crm.feed.read(cursor=second.cursor)

    assert ["user.added", "user.left"] == [fact.event.name for page in (first, second) for fact in page.facts]
    assert ((), second.cursor) == (end.facts, end.cursor)
    assert crm.feed.end() == second.cursor


def test_a_snapshot_and_then_the_feed_miss_nothing(crm: Crm) -> None:
    """From the cursor of the end only what comes later is read."""
    crm.people.add("Anna")
    end = crm.feed.end()
    crm.people.form_team("North")

    assert ["team.formed"] == names(crm, end)


def test_an_empty_feed_has_a_place_to_begin(crm: Crm) -> None:
    """Whoever reads before anything has happened misses nothing either."""
    end = crm.feed.end()
    crm.people.add("Anna")

    assert ("", ["user.added"]) == (end, names(crm, end))


@pytest.mark.parametrize("cursor", ["x", "1", "1.", "0.event_1", ".event_1", "-1.event_1"])
def test_what_the_feed_did_not_give_is_no_cursor(crm: Crm, cursor: str) -> None:
    """A made-up cursor is refused."""
    with pytest.raises(InvalidInput):
        crm.feed.read(cursor=cursor)


def test_a_reader_whose_facts_were_pruned_is_told(crm: Crm) -> None:
    """Old facts go, the newest stays, and a reader who stood before them, or at the beginning, hears of it."""
    clock = crm.house.clock
    assert isinstance(clock, FrozenClock)
    crm.people.add("Anna")
    old = crm.feed.end()
    crm.people.add("Berta")
    kept = crm.feed.end()
    clock.advance(days=8)
    crm.people.add("Clara")

    assert crm.feed.prune(limit=1) == 1
    assert crm.feed.prune() == 1
    assert crm.feed.prune() == 0
    for lost in (old, kept, ""):
        with pytest.raises(CursorLost) as refusal:
            crm.feed.read(cursor=lost)
        assert refusal.value.reason == "pruned"
    with pytest.raises(OutOfRange):
        crm.feed.prune(older_than=timedelta(days=-1))


def test_a_restored_database_is_noticed(tmp_path: Path) -> None:
    """A reader that is ahead of a database restored from a copy is told, also when it has grown past the reader's place again."""
    path, copy = tmp_path / "crm.db", tmp_path / "copy.db"
    crm = Crm.open(f"sqlite:///{path}")
    crm.people.add("Anna")
    crm.close()
    copy.write_bytes(path.read_bytes())
    crm = Crm.open(f"sqlite:///{path}")
    crm.people.add("Berta")
    ahead = crm.feed.end()
    crm.close()

    restored = Crm.open(f"sqlite:///{copy}")
    for _ in range(2):
        with pytest.raises(CursorLost) as refusal:
            restored.feed.read(cursor=ahead)
        assert refusal.value.reason == "rewound"
        restored.people.add("Clara")
    restored.close()


def test_a_listener_holds_the_feed_up_until_it_is_taken_off() -> None:
    """What a listener has not taken is not pruned; once it is taken off, it is."""
    heard: list[Recorded] = []

    class Ears:
        def publish(self, events: object, /) -> None:
            if isinstance(events, (list, tuple)):
                heard.extend(events)

    clock = FrozenClock()
    crm = Crm(clock=clock, publishers={"erp": Ears()})
    crm.people.add("Anna")
    crm.deliver()
    crm.people.add("Berta")
    crm.people.add("Clara")
    clock.advance(days=30)

    assert (1, crm.feed.prune()) == (len(heard), 1)
    assert crm.feed.prune() == 0
    crm.feed.unsubscribe("erp")
    crm.feed.unsubscribe("nobody")
    assert crm.feed.prune() == 1


def test_the_feed_tells_what_is_committed(crm: Crm) -> None:
    """Within a batch neither the feed nor the house's health is looked at: what the batch has done has not happened yet."""
    with crm.batch():
        crm.people.add("Anna")
        for look in (crm.feed.read, crm.feed.end, crm.feed.prune, crm.health):
            with pytest.raises(RuleBroken, match="not committed yet"):
                look()

    assert ["user.added"] == names(crm)

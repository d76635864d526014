"""The event feed contains every event once and in order."""

import threading
from datetime import timedelta
from functools import partial
from typing import Any

from crmcore.adapters.ids import SequentialIds
from crmcore.domain.sales.deals.deal import Deal
from crmcore.ports import Store
from crmcore.testing.contract.support import (
    OTHER_ACTOR,
    DecreasingIds,
    begin,
    events,
    retry_on_conflict,
    run_in_threads,
    save,
)
from crmcore.testing.samples import NOON, Samples


class EventFeed:
    """The event feed contains every event once and in order."""

    def test_log_entries_are_appended_in_order(self, store: Store, samples: Samples) -> None:
        """Log entries keep their order and actor and are loaded only by `entries`."""
        funnel = samples.funnel()
        deal = save(store, samples.deal(funnel=funnel))
        moved = save(store, deal.move("Payment", funnel, at=NOON + timedelta(hours=1)), OTHER_ACTOR)
        closed = save(store, moved.lose("too dear", funnel, at=NOON + timedelta(hours=2)))

        with begin(store) as transaction:
            entries = list(transaction.entries(Deal, deal.id))
        assert closed.movements == ()
        assert [entry.number for entry in entries] == [1, 2, 3]
        assert [entry.actor for entry in entries] == ["anna", "berta", "anna"]
        assert [None, timedelta(hours=1), None] == [entry.time_in_stage for entry in entries]
        assert entries[-1].reason == "too dear"

    def test_save_appends_events_to_feed(self, store: Store, samples: Samples) -> None:
        """Each event is in the feed once, in order, without gaps.

        It has its tenant, actor, subject and version.
        """
        deal = samples.deal()
        published = deal.pending_events
        saved = save(store, deal)
        save(store, samples.task())

        feed = events(store)
        assert [event.position for event in feed] == [1, 2, 3]
        assert list(published) == [event.event for event in feed[:2]]
        assert [("us", "anna", saved.id, 1, 0), ("us", "anna", saved.id, 1, 1)] == [
            (event.tenant, event.actor, event.subject_id, event.version, event.number) for event in feed[:2]
        ]
        assert feed[1:2] == events(store, after=1, limit=1)
        assert events(store, after=3) == []

    def test_feed_keeps_version_order_of_record(self, store: Store, samples: Samples) -> None:
        """Events of a record are ordered by version, even with diverging clocks."""
        task = save(store, samples.task(), ids=DecreasingIds())
        for _ in range(5):
            task = save(store, task.reassign(samples.id("user"), at=NOON), ids=DecreasingIds())

        assert [event.version for event in events(store)] == [1, 2, 3, 4, 5, 6]

    def test_feed_reverse_returns_newest_first(self, store: Store, samples: Samples) -> None:
        """`reverse` returns the newest event first and stops at `after`."""
        for _ in range(4):
            save(store, samples.task())

        assert [4, 3] == [event.position for event in events(store, limit=2, reverse=True)]
        assert [4, 3, 2] == [event.position for event in events(store, after=1, reverse=True)]

    def test_prune_events_removes_oldest_and_keeps_newest(self, store: Store, samples: Samples) -> None:
        """Pruning keeps the newest event, and positions continue."""
        for _ in range(4):
            save(store, samples.task())
        events(store)
        with begin(store) as transaction:
            assert transaction.prune_events(until=2) == 2
        assert [1, 2, 3, 4] == [event.position for event in events(store)]
        for until, left in ((2, [3, 4]), (99, [4]), (99, [4])):
            with begin(store) as transaction:
                transaction.prune_events(until=until)
                transaction.commit()

            assert left == [event.position for event in events(store)]
        save(store, samples.task())

        assert [4, 5] == [event.position for event in events(store)]

    def test_concurrent_writers_lose_no_event(self, threadsafe_store: Store) -> None:
        """A reader gets each event of four writers once, in order per record."""
        ids, done = SequentialIds(), threading.Event()
        received: list[Any] = []

        def write(_: int) -> None:
            samples = Samples(ids)
            for _ in range(15):
                task = retry_on_conflict(partial(save, threadsafe_store, samples.task(), ids=ids))
                with begin(threadsafe_store, ids=ids) as transaction:
                    transaction.save(samples.task())
                retry_on_conflict(partial(save, threadsafe_store, task.complete(at=NOON), ids=ids))

        def read_feed() -> None:
            while True:
                last = done.is_set()
                new_events = retry_on_conflict(partial(events, threadsafe_store, after=len(received), limit=7))
                received.extend(new_events)
                if last and not new_events:
                    return
                done.wait(0.001)

        reader = threading.Thread(target=read_feed)
        reader.start()
        try:
            run_in_threads(4, write)
        finally:
            done.set()
            reader.join()

        assert list(range(1, 121)) == [event.position for event in received]
        versions: dict[str, list[int]] = {}
        for event in received:
            versions.setdefault(event.subject_id, []).append(event.version)
        assert list(versions.values()) == [[1, 2]] * 60

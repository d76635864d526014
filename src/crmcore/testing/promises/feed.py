"""What happened is told once and in order."""

import threading
from datetime import timedelta
from functools import partial
from typing import Any

from crmcore.adapters.ids import CountingIds
from crmcore.domain.deals.deal import Deal
from crmcore.services.ports import Store
from crmcore.testing.promises.hands import (
    THEM_ACTING_HERE,
    CountingDown,
    begin,
    events,
    in_threads,
    insist,
    save,
)
from crmcore.testing.samples import NOON, Samples


class Feed:
    """What happened is told once and in order."""

    def test_entries_are_appended(self, store: Store, samples: Samples) -> None:
        """A record's entries are kept in order, with who made them, and are handed out only when they are asked for."""
        funnel = samples.funnel()
        deal = save(store, samples.deal(funnel=funnel))
        moved = save(store, deal.move("Payment", funnel, at=NOON + timedelta(hours=1)), THEM_ACTING_HERE)
        closed = save(store, moved.lose("too dear", funnel, at=NOON + timedelta(hours=2)))

        with begin(store) as transaction:
            entries = list(transaction.entries(Deal, deal.id))
        assert closed.movements == ()
        assert [entry.number for entry in entries] == [1, 2, 3]
        assert [entry.actor for entry in entries] == ["anna", "berta", "anna"]
        assert [None, timedelta(hours=1), None] == [entry.stayed for entry in entries]
        assert entries[-1].reason == "too dear"

    def test_facts_are_published_with_the_save(self, store: Store, samples: Samples) -> None:
        """Each fact is in the feed once, with its tenant, actor, subject, version and place, without gaps, and reads as it was."""
        deal = samples.deal()
        facts = deal.pending
        saved = save(store, deal)
        save(store, samples.task())

        feed = events(store)
        assert [fact.position for fact in feed] == [1, 2, 3]
        assert list(facts) == [fact.event for fact in feed[:2]]
        assert [("us", "anna", saved.id, 1, 0), ("us", "anna", saved.id, 1, 1)] == [
            (fact.tenant, fact.actor, fact.subject, fact.version, fact.number) for fact in feed[:2]
        ]
        assert feed[1:2] == events(store, after=1, limit=1)
        assert events(store, after=3) == []

    def test_the_feed_keeps_the_order_of_a_record(self, store: Store, samples: Samples) -> None:
        """Facts of one record come in the order of its versions, however its writers' clocks differ."""
        task = save(store, samples.task(), ids=CountingDown())
        for _ in range(5):
            task = save(store, task.reassign(samples.id("user"), at=NOON), ids=CountingDown())

        assert [fact.version for fact in events(store)] == [1, 2, 3, 4, 5, 6]

    def test_the_feed_is_read_from_its_end(self, store: Store, samples: Samples) -> None:
        """Backwards the newest fact comes first, and the position is where reading stops."""
        for _ in range(4):
            save(store, samples.task())

        assert [4, 3] == [fact.position for fact in events(store, limit=2, backwards=True)]
        assert [4, 3, 2] == [fact.position for fact in events(store, after=1, backwards=True)]

    def test_the_beginning_of_the_feed_is_forgotten(self, store: Store, samples: Samples) -> None:
        """Facts up to a position go, the newest stays whatever is asked for, and numbers go on where they were."""
        for _ in range(4):
            save(store, samples.task())
        events(store)
        with begin(store) as transaction:
            assert transaction.forget_events(until=2) == 2
        assert [1, 2, 3, 4] == [fact.position for fact in events(store)]
        for until, left in ((2, [3, 4]), (99, [4]), (99, [4])):
            with begin(store) as transaction:
                transaction.forget_events(until=until)
                transaction.commit()

            assert left == [fact.position for fact in events(store)]
        save(store, samples.task())

        assert [4, 5] == [fact.position for fact in events(store)]

    def test_no_fact_is_lost_between_writers(self, shared: Store) -> None:
        """A reader that follows four writers, some of whom fail, hears every committed fact once, in order per record."""
        ids, done = CountingIds(), threading.Event()
        heard: list[Any] = []

        def write(_: int) -> None:
            samples = Samples(ids)
            for _ in range(15):
                task = insist(partial(save, shared, samples.task(), ids=ids))
                with begin(shared, ids=ids) as transaction:
                    transaction.save(samples.task())
                insist(partial(save, shared, task.complete(at=NOON), ids=ids))

        def follow() -> None:
            while True:
                last = done.is_set()
                fresh = insist(partial(events, shared, after=len(heard), limit=7))
                heard.extend(fresh)
                if last and not fresh:
                    return
                done.wait(0.001)

        reader = threading.Thread(target=follow)
        reader.start()
        try:
            in_threads(4, write)
        finally:
            done.set()
            reader.join()

        assert list(range(1, 121)) == [fact.position for fact in heard]
        versions: dict[str, list[int]] = {}
        for fact in heard:
            versions.setdefault(fact.subject, []).append(fact.version)
        assert list(versions.values()) == [[1, 2]] * 60

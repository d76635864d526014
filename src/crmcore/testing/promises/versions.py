"""Nobody writes over what he has not seen."""

import pytest

from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.conflicts import StaleVersion
from crmcore.domain.messages import Message
from crmcore.domain.tasks import Task
from crmcore.services.ports import Store
from crmcore.testing.promises.hands import begin, find, get, in_threads, insist, read, save
from crmcore.testing.samples import NOON, Samples


class Versions:
    """Nobody writes over what he has not seen."""

    def test_a_stale_version_is_refused(self, store: Store, samples: Samples) -> None:
        """Who saves over a version that has been overtaken is refused, and the overtaker's work stays."""
        task = save(store, samples.task())
        faster = save(store, task.complete(at=NOON, result="faster"))
        with pytest.raises(StaleVersion) as refusal:
            save(store, task.complete(at=NOON, result="slower"))

        assert (Task.shape.kind, task.id, 1) == (refusal.value.kind, refusal.value.id, refusal.value.expected)
        assert faster == read(store, Task, task.id)

    def test_a_removed_record_is_gone(self, store: Store, samples: Samples) -> None:
        """A removed record is neither read nor found, frees its keys, takes its entries along, and cannot be saved over."""
        deal = save(store, samples.deal(request=samples.request()))
        with begin(store) as transaction:
            transaction.remove(get(transaction, Deal, deal.id))
            transaction.commit()

        with begin(store) as transaction:
            assert None is transaction.get(Deal, deal.id)
            assert list(transaction.find(Deal)) == []
            assert list(transaction.entries(Deal, deal.id)) == []
        with pytest.raises(StaleVersion):
            save(store, deal.expect(NOON.date(), at=NOON))
        assert 1 == save(store, samples.deal(request=samples.request())).version

    def test_removing_a_stale_version_is_refused(self, store: Store, samples: Samples) -> None:
        """Who removes a version that has been overtaken is refused."""
        task = save(store, samples.task())
        save(store, task.complete(at=NOON))
        with pytest.raises(StaleVersion), begin(store) as transaction:
            transaction.remove(task)
            transaction.commit()

        assert len(find(store, Task)) == 1

    def test_no_update_is_lost_between_threads(self, shared: Store, samples: Samples) -> None:
        """Eight threads that each count up ten times, and try again on conflict, count eighty."""
        message = save(shared, Message.queue(samples.id("message"), "notice", at=NOON))

        def count_up(_: int) -> None:
            for _ in range(10):
                insist(lambda: save(shared, read(shared, Message, message.id).failed("no", at=NOON, permanent=True)))

        in_threads(8, count_up)

        assert read(shared, Message, message.id).attempts == 80

"""Optimistic locking: a stale version is never written."""

import pytest

from crmcore.domain.activities.tasks import Task
from crmcore.domain.kernel.errors.conflicts import StaleVersionError
from crmcore.domain.messaging.messages import Message
from crmcore.domain.sales.deals.deal import Deal
from crmcore.ports import Store
from crmcore.testing.contract.support import begin, find, get, read, retry_on_conflict, run_in_threads, save
from crmcore.testing.samples import NOON, Samples


class OptimisticLocking:
    """Optimistic locking: a stale version is never written."""

    def test_save_stale_version_is_rejected(self, store: Store, samples: Samples) -> None:
        """Saving a stale version raises `StaleVersionError`.

        The newer version is kept.
        """
        task = save(store, samples.task())
        faster = save(store, task.complete(at=NOON, result="faster"))
        with pytest.raises(StaleVersionError) as excinfo:
            save(store, task.complete(at=NOON, result="slower"))

        assert (Task.meta.prefix, task.id, 1) == (
            excinfo.value.entity,
            excinfo.value.id,
            excinfo.value.expected_version,
        )
        assert faster == read(store, Task, task.id)

    def test_deleted_record_is_not_found(self, store: Store, samples: Samples) -> None:
        """A deleted record, its log and its unique keys are gone.

        The record cannot be saved again.
        """
        deal = save(store, samples.deal(external_id=samples.external_id()))
        with begin(store) as transaction:
            transaction.delete(get(transaction, Deal, deal.id))
            transaction.commit()

        with begin(store) as transaction:
            assert None is transaction.get(Deal, deal.id)
            assert list(transaction.find(Deal)) == []
            assert list(transaction.entries(Deal, deal.id)) == []
        with pytest.raises(StaleVersionError):
            save(store, deal.set_expected_close(NOON.date(), at=NOON))
        assert 1 == save(store, samples.deal(external_id=samples.external_id())).version

    def test_delete_stale_version_is_rejected(self, store: Store, samples: Samples) -> None:
        """Deleting a stale version raises `StaleVersionError`."""
        task = save(store, samples.task())
        save(store, task.complete(at=NOON))
        with pytest.raises(StaleVersionError), begin(store) as transaction:
            transaction.delete(task)
            transaction.commit()

        assert len(find(store, Task)) == 1

    def test_concurrent_updates_with_retry_lose_nothing(self, threadsafe_store: Store, samples: Samples) -> None:
        """Eighty concurrent updates with retry are all kept."""
        message = save(threadsafe_store, Message.queue(samples.id("message"), "notice", at=NOON))

        def count_up(_: int) -> None:
            for _ in range(10):
                retry_on_conflict(
                    lambda: save(
                        threadsafe_store,
                        read(threadsafe_store, Message, message.id).mark_failed("no", at=NOON, is_permanent=True),
                    )
                )

        run_in_threads(8, count_up)

        assert read(threadsafe_store, Message, message.id).attempts == 80

"""Many stories are told in one transaction, each of them all or nothing."""

from contextlib import suppress

import pytest

from crmcore.domain.activities.tasks import Task
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError
from crmcore.domain.kernel.errors.rules import BusinessRuleError, TransactionClosedError
from crmcore.domain.organization.users import User
from crmcore.ports import Batch, BatchStore
from crmcore.testing.contract.support import THEIRS, USES, begin, events, find, get, open_batch, save, save_in_batch
from crmcore.testing.samples import NOON, Samples


class Batches:
    """Many stories are told in one transaction, each of them all or nothing."""

    def test_batch_commit_keeps_all_commands(self, batch_store: BatchStore, samples: Samples) -> None:
        """What its stories left, each seeing what those before it did, is there after the batch's commit, with its facts in order."""
        with open_batch(batch_store) as batch:
            first = save_in_batch(batch, samples.task())
            with begin(batch) as transaction:
                done = transaction.save(get(transaction, Task, first.id).complete(at=NOON))
                transaction.commit()
            second = save_in_batch(batch, samples.task())
            batch.commit()

        assert [done, second] == find(batch_store, Task)
        assert [(first.id, 1), (first.id, 2), (second.id, 1)] == [
            (event.subject_id, event.version) for event in events(batch_store)
        ]

    def test_batch_without_commit_keeps_nothing(self, batch_store: BatchStore, samples: Samples) -> None:
        """Nothing of any of its stories lasts."""
        with open_batch(batch_store) as batch:
            save_in_batch(batch, samples.task())

        assert find(batch_store, Task) == []
        assert events(batch_store) == []

    def test_failed_command_in_batch_rolls_back_only_itself(self, batch_store: BatchStore, samples: Samples) -> None:
        """One that ends without its commit, or by an error, leaves nothing, and the others alone."""
        with open_batch(batch_store) as batch:
            first = save_in_batch(batch, samples.task())
            with begin(batch) as transaction:
                transaction.save(samples.task())
                assert 2 == transaction.count(Task)
            with suppress(ZeroDivisionError), begin(batch) as transaction:
                transaction.save(samples.task())
                raise ZeroDivisionError
            last = save_in_batch(batch, samples.task())
            batch.commit()

        assert [first, last] == find(batch_store, Task)
        assert [first.id, last.id] == [event.subject_id for event in events(batch_store)]

    def test_batch_of_other_tenant_is_rejected(self, batch_store: BatchStore) -> None:
        """Another tenant's story is refused."""
        with open_batch(batch_store) as batch, pytest.raises(BusinessRuleError):
            begin(batch, THEIRS)

    def test_batch_with_duplicate_key_keeps_nothing(self, batch_store: BatchStore, samples: Samples) -> None:
        """A key that belongs to somebody else is refused at the latest by the batch's commit, and then nothing of it lasts."""
        taken = save(batch_store, samples.user(login="anna"))
        with pytest.raises(DuplicateKeyError), open_batch(batch_store) as batch:
            save_in_batch(batch, samples.user(login="berta"))
            save_in_batch(batch, samples.user(login="anna"))
            batch.commit()

        assert [taken] == find(batch_store, User)

    @pytest.mark.parametrize("ending", ["commit", "block", "commit and block"])
    def test_ended_batch_rejects_begin_and_commit(self, batch_store: BatchStore, samples: Samples, ending: str) -> None:
        """After its commit, and after its block, it begins and commits nothing more, by `TransactionClosedError`."""
        with open_batch(batch_store) as batch:
            save_in_batch(batch, samples.task())
            if "commit" in ending:
                batch.commit()
            if ending == "commit":
                self._assert_ended(batch)
        if "block" in ending:
            self._assert_ended(batch)

        assert ("commit" in ending) == len(find(batch_store, Task)) == len(events(batch_store))

    @pytest.mark.parametrize("use", USES)
    @pytest.mark.parametrize("ending", ["of the transaction", "of the batch", "of the batch without commit"])
    def test_ended_transaction_of_batch_rejects_every_method(
        self, batch_store: BatchStore, samples: Samples, ending: str, use: str
    ) -> None:
        """After its own end, and after the batch's, every method raises `TransactionClosedError`, and nothing more is stored."""
        task, late = save(batch_store, samples.task()), samples.task()
        with open_batch(batch_store) as batch:
            save_in_batch(batch, samples.task())
            transaction = begin(batch)
            transaction.save(samples.task())
            if ending == "of the transaction":
                transaction.commit()
                with pytest.raises(TransactionClosedError):
                    USES[use](transaction, task, late)
            if ending != "of the batch without commit":
                batch.commit()
        with pytest.raises(TransactionClosedError):
            USES[use](transaction, task, late)

        stored = {"of the transaction": 3, "of the batch": 2, "of the batch without commit": 1}[ending]
        assert stored == len(find(batch_store, Task)) == len(events(batch_store))

    def _assert_ended(self, batch: Batch) -> None:
        """Look that a batch takes nothing more."""
        with pytest.raises(TransactionClosedError):
            begin(batch)
        with pytest.raises(TransactionClosedError):
            batch.commit()

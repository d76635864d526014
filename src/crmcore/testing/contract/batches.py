"""Batches: many commands in one transaction, each of them atomic."""

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
    """Batches: many commands in one transaction, each of them atomic."""

    def test_batch_commit_keeps_all_commands(self, batch_store: BatchStore, samples: Samples) -> None:
        """The commit of a batch keeps all changes, with events in order."""
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
        """Without a commit nothing of the batch is stored."""
        with open_batch(batch_store) as batch:
            save_in_batch(batch, samples.task())

        assert find(batch_store, Task) == []
        assert events(batch_store) == []

    def test_failed_command_in_batch_rolls_back_only_itself(self, batch_store: BatchStore, samples: Samples) -> None:
        """A command without commit, or with an error, is rolled back alone."""
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
        """A transaction of another tenant is rejected."""
        with open_batch(batch_store) as batch, pytest.raises(BusinessRuleError):
            begin(batch, THEIRS)

    def test_batch_with_duplicate_key_keeps_nothing(self, batch_store: BatchStore, samples: Samples) -> None:
        """A duplicate key fails at the latest at commit; nothing is stored."""
        taken = save(batch_store, samples.user(login="anna"))
        with pytest.raises(DuplicateKeyError), open_batch(batch_store) as batch:
            save_in_batch(batch, samples.user(login="berta"))
            save_in_batch(batch, samples.user(login="anna"))
            batch.commit()

        assert [taken] == find(batch_store, User)

    @pytest.mark.parametrize("ending", ["commit", "block", "commit and block"])
    def test_ended_batch_rejects_begin_and_commit(self, batch_store: BatchStore, samples: Samples, ending: str) -> None:
        """After its commit or block, a batch raises `TransactionClosedError`."""
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
        """After the end, every method raises `TransactionClosedError`.

        This is the end of the command or of its batch.
        """
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
        """Check that a batch is closed."""
        with pytest.raises(TransactionClosedError):
            begin(batch)
        with pytest.raises(TransactionClosedError):
            batch.commit()

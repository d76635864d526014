"""Transactions are atomic."""

import pytest

from crmcore.domain.activities.tasks import Task
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError
from crmcore.domain.kernel.errors.rules import TransactionClosedError
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.ports import Store
from crmcore.testing.contract.support import USES, begin, events, find, get, read, save
from crmcore.testing.samples import NOON, Samples


class Transactions:
    """Transactions are atomic."""

    def test_transaction_without_commit_keeps_nothing(self, store: Store, samples: Samples) -> None:
        """Leaving a transaction without commit rolls everything back.

        This covers records, child records, logs and events.
        """
        deal = samples.deal()
        with begin(store) as transaction:
            transaction.save(deal)
            transaction.find(Deal)

        with begin(store) as transaction:
            assert None is transaction.get(Deal, deal.id)
            assert list(transaction.entries(Deal, deal.id)) == []
            assert list(transaction.read_events()) == []

    def test_exception_rolls_back_transaction(self, store: Store, samples: Samples) -> None:
        """An exception rolls the transaction back and propagates."""
        user = samples.user()
        with pytest.raises(ZeroDivisionError), begin(store) as transaction:
            transaction.save(user)
            transaction.find(User)
            raise ZeroDivisionError

        assert find(store, User) == []

    def test_transaction_reads_its_own_writes(self, store: Store, samples: Samples) -> None:
        """A transaction reads, finds and counts its own writes."""
        task = save(store, samples.task(kind="call"))
        with begin(store) as transaction:
            done = transaction.save(get(transaction, Task, task.id).complete(at=NOON))
            new = transaction.save(samples.task(kind="call"))

            assert done == transaction.get(Task, task.id)
            assert [done, new] == list(transaction.find(Task, Eq("kind", "call")))
            assert [new] == list(transaction.find(Task, Eq("state", new.state)))
            assert transaction.count(Task) == 2

    def test_failed_commit_keeps_nothing(self, store: Store, samples: Samples) -> None:
        """When one record of a transaction conflicts, none of them is stored."""
        first = save(store, samples.user(login="anna"))
        other = samples.user(login="berta")
        with pytest.raises(DuplicateKeyError), begin(store) as transaction:
            transaction.save(other)
            transaction.save(get(transaction, User, first.id).set_roles(["boss"], at=NOON))
            transaction.save(samples.user(login="anna"))
            transaction.commit()

        assert [first] == find(store, User)

    def test_save_unchanged_record_writes_nothing(self, store: Store, samples: Samples) -> None:
        """Saving a record as it was read changes neither its version nor the feed."""
        task = save(store, samples.task())
        with begin(store) as transaction:
            transaction.save(get(transaction, Task, task.id))
            transaction.commit()

        assert task == read(store, Task, task.id)
        assert len(events(store)) == 1

    def test_save_twice_increases_version_twice(self, store: Store, samples: Samples) -> None:
        """Two saves in one transaction store the last state with two new versions."""
        task = save(store, samples.task())
        with begin(store) as transaction:
            once = transaction.save(get(transaction, Task, task.id).reassign(samples.id("user"), at=NOON))
            twice = transaction.save(once.complete(at=NOON))
            transaction.commit()

        assert twice.version == 3
        assert twice == read(store, Task, task.id)
        assert [event.version for event in events(store)] == [1, 2, 3]

    @pytest.mark.parametrize("use", USES)
    @pytest.mark.parametrize("ending", ["commit", "block", "commit and block"])
    def test_ended_transaction_rejects_every_method(
        self, store: Store, samples: Samples, ending: str, use: str
    ) -> None:
        """After commit or block, every method raises `TransactionClosedError`."""
        task, late = save(store, samples.task()), samples.task()
        with begin(store) as transaction:
            transaction.save(samples.task())
            if "commit" in ending:
                transaction.commit()
            if ending == "commit":
                with pytest.raises(TransactionClosedError):
                    USES[use](transaction, task, late)
        if "block" in ending:
            with pytest.raises(TransactionClosedError):
                USES[use](transaction, task, late)

        assert (1 if ending == "block" else 2) == len(find(store, Task)) == len(events(store))

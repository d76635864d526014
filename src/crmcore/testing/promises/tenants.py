"""Nothing of one tenant reaches another."""

import pytest

from crmcore.domain.criteria import Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.conflicts import StaleVersion
from crmcore.domain.tasks import Task
from crmcore.services.ports import Store
from crmcore.testing.promises.hands import THEM, begin, read, save
from crmcore.testing.samples import NOON, Samples


class Tenants:
    """Nothing of one tenant reaches another."""

    def test_tenants_do_not_see_each_other(self, store: Store, samples: Samples) -> None:
        """Nothing of one tenant is read, found, counted, told or claimed by another."""
        ours = save(store, samples.deal(request=samples.request()))
        theirs = save(store, samples.deal(request=samples.request()), THEM)

        with begin(store, THEM) as transaction:
            assert None is transaction.get(Deal, ours.id)
            assert [theirs] == list(transaction.find(Deal))
            assert [theirs] == list(transaction.find(Deal, Is("title", ours.title) | Is("title", "x")))
            assert list(transaction.entries(Deal, ours.id)) == []
            assert transaction.count(Deal) == 1
            assert {"them"} == {fact.tenant for fact in transaction.events()}

    def test_a_foreign_record_cannot_be_saved_over(self, store: Store, samples: Samples) -> None:
        """A record of one tenant cannot be changed or removed by way of another."""
        task = save(store, samples.task())
        with pytest.raises(StaleVersion):
            save(store, task.complete(at=NOON), THEM)
        with pytest.raises(StaleVersion), begin(store, THEM) as transaction:
            transaction.remove(task)
            transaction.commit()

        assert task == read(store, Task, task.id)

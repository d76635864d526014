"""Tenant isolation: records and events of other tenants are invisible."""

import pytest

from crmcore.domain.activities.tasks import Task
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.errors.conflicts import StaleVersionError
from crmcore.domain.sales.deals.deal import Deal
from crmcore.ports import Store
from crmcore.testing.contract.support import THEIRS, begin, read, save
from crmcore.testing.samples import NOON, Samples


class TenantIsolation:
    """Tenant isolation: records and events of other tenants are invisible."""

    def test_other_tenant_cannot_read_records_or_events(self, store: Store, samples: Samples) -> None:
        """Records, logs and events of other tenants are not read or counted."""
        ours = save(store, samples.deal(external_id=samples.external_id()))
        theirs = save(store, samples.deal(external_id=samples.external_id()), THEIRS)

        with begin(store, THEIRS) as transaction:
            assert None is transaction.get(Deal, ours.id)
            assert [theirs] == list(transaction.find(Deal))
            assert [theirs] == list(transaction.find(Deal, Eq("title", ours.title) | Eq("title", "x")))
            assert list(transaction.entries(Deal, ours.id)) == []
            assert transaction.count(Deal) == 1
            assert {"them"} == {event.tenant for event in transaction.read_events()}

    def test_other_tenant_cannot_change_or_delete_record(self, store: Store, samples: Samples) -> None:
        """Saving or deleting another tenant's record raises an error.

        The error is `StaleVersionError`.
        """
        task = save(store, samples.task())
        with pytest.raises(StaleVersionError):
            save(store, task.complete(at=NOON), THEIRS)
        with pytest.raises(StaleVersionError), begin(store, THEIRS) as transaction:
            transaction.delete(task)
            transaction.commit()

        assert task == read(store, Task, task.id)

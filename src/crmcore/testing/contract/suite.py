"""Contract suite of the store port: subclass `StoreContract`.

    class TestMyStore(StoreContract):
        capabilities = frozenset({"threads"})

        def make_store(self) -> Store:
            return MyStore(...)

The docstring of each test states one rule of the port. Optional capabilities have names; tests of a capability that the store does not declare
are skipped. A subclass may override a test only with `pytest.mark.xfail(reason=...)`, so that a deviation is visible in the report.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, cast

import pytest

from crmcore.domain.sales.deals.deal import Deal
from crmcore.ports import BatchStore, Store
from crmcore.ports.grouped_counts import GroupedCount
from crmcore.testing.contract.batches import Batches
from crmcore.testing.contract.event_feed import EventFeed
from crmcore.testing.contract.grouped_counts import GroupedCounts
from crmcore.testing.contract.idempotency_and_locking import IdempotencyAndLocking
from crmcore.testing.contract.optimistic_locking import OptimisticLocking
from crmcore.testing.contract.records import Records
from crmcore.testing.contract.search import Search
from crmcore.testing.contract.support import begin
from crmcore.testing.contract.tenant_isolation import TenantIsolation
from crmcore.testing.contract.transactions import Transactions
from crmcore.testing.contract.unique_keys import UniqueKeys
from crmcore.testing.samples import Samples

CAPABILITIES: Final[Mapping[str, str]] = {
    "aggregate": "answers grouped counts set-wise; otherwise crmcore counts record by record",
    "batch": "runs many commands in one transaction; otherwise `Crm.batch` raises an error, and bulk commands commit one by one",
    "skip_locked": "skips records that another transaction has locked; otherwise two workers may meet, and one of them retries",
    "threads": "may be shared by threads, or by processes over the same data; otherwise the host serialises the commands",
}
"""The optional capabilities of a store, by name, with their meaning."""


class StoreContract(
    Records,
    Transactions,
    OptimisticLocking,
    UniqueKeys,
    Search,
    EventFeed,
    TenantIsolation,
    IdempotencyAndLocking,
    GroupedCounts,
    Batches,
):
    """Contract tests that every store must pass.

    Attributes:
        capabilities: names from `CAPABILITIES` that the store supports; all by default.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset(CAPABILITIES)

    def make_store(self) -> Store:
        """Return a new, empty store; the suite closes it after the test."""
        raise NotImplementedError("make_store() must return a new, empty store")

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """Provide the store of one test."""
        store = self.make_store()
        yield store
        store.close()

    @pytest.fixture
    def aggregating_store(self, store: Store) -> Store:
        """Provide a store that evaluates grouped counts itself."""
        return self._require_capability("aggregate", store)

    @pytest.fixture
    def batch_store(self, store: Store) -> BatchStore:
        """Provide a store with batches."""
        return cast("BatchStore", self._require_capability("batch", store))

    @pytest.fixture
    def skip_locked_store(self, store: Store) -> Store:
        """Provide a store that skips locked records."""
        return self._require_capability("skip_locked", store)

    @pytest.fixture
    def threadsafe_store(self, store: Store) -> Store:
        """Provide a store that threads may share."""
        return self._require_capability("threads", store)

    @pytest.fixture
    def samples(self) -> Samples:
        """Provide sample records."""
        return Samples()

    def test_contract_test_is_not_overridden(self) -> None:
        """A subclass overrides a test only with an `xfail` mark."""
        for name in dir(StoreContract):
            own_test = getattr(type(self), name)
            if name.startswith("test_") and own_test is not getattr(StoreContract, name):
                marks = [mark.name for mark in getattr(own_test, "pytestmark", ())]

                assert "xfail" in marks, (
                    f"{name} is overridden; mark it with xfail(reason=...) if the store cannot pass it"
                )

    def test_capability_name_is_known(self) -> None:
        """Declared capabilities are known names."""
        assert self.capabilities <= frozenset(CAPABILITIES), f"capabilities may hold {', '.join(CAPABILITIES)}"

    def test_supported_capability_is_declared(self, store: Store) -> None:
        """A store with batches or grouped counts declares the capability."""
        with begin(store) as transaction:
            aggregates = transaction.execute_query(GroupedCount(entity_type=Deal)) is not None

        assert "batch" in self.capabilities or not hasattr(store, "batch"), (
            'it has batch(); add "batch" to capabilities'
        )
        assert "aggregate" in self.capabilities or not aggregates, (
            'it evaluates grouped counts; add "aggregate" to capabilities'
        )

    def _require_capability(self, name: str, store: Store) -> Store:
        if name not in self.capabilities:
            pytest.skip(f'does not declare "{name}": {CAPABILITIES[name]}')
        return store

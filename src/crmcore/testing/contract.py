"""What every store promises. Subclass `StoreContract`, give it one method, say what it offers, and let pytest run it.

    class TestMyStore(StoreContract):
        offers = frozenset({"threads"})

        def make_store(self) -> Store:
            return MyStore(...)

Each test promises something in its docstring. What a store need not offer has a name; the promises of what it does not offer are skipped.
None of the others may be overridden unless it is marked as expected to fail, with a reason: a store that cannot keep a promise says so
where everybody can read it.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, cast

import pytest

from crmcore.domain.deals.deal import Deal
from crmcore.services.ports import BatchStore, Store
from crmcore.services.tally import Tally
from crmcore.testing.promises.batches import Batches
from crmcore.testing.promises.counting import Counting
from crmcore.testing.promises.feed import Feed
from crmcore.testing.promises.hands import begin
from crmcore.testing.promises.keys import Keys
from crmcore.testing.promises.records import Records
from crmcore.testing.promises.searching import Searching
from crmcore.testing.promises.tenants import Tenants
from crmcore.testing.promises.transactions import Transactions
from crmcore.testing.promises.versions import Versions
from crmcore.testing.promises.work import Work
from crmcore.testing.samples import Samples

OPTIONAL: Final[Mapping[str, str]] = {
    "ask": "answers tallies set-wise; otherwise crmcore counts record by record",
    "batch": "tells many stories in one transaction; otherwise `Crm.batch` is refused, and bulk commands commit one by one",
    "lock": "passes over what another transaction works on; otherwise two workers may meet, and one of them tries again",
    "threads": "may be shared by threads, or by processes over the same data; otherwise the host sees to it that one story is told at a time",
}
"""What a store need not offer, by name, and what that means."""


class StoreContract(Records, Transactions, Versions, Keys, Searching, Feed, Tenants, Work, Counting, Batches):
    """The promises of a store.

    Attributes:
        offers: the names of what it offers of `OPTIONAL`; all of it unless a subclass says otherwise.
    """

    offers: ClassVar[frozenset[str]] = frozenset(OPTIONAL)

    def make_store(self) -> Store:
        """Give a new, empty store; it is closed after the test."""
        raise NotImplementedError("make_store() has to give a new, empty store")

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """The store of one test."""
        store = self.make_store()
        yield store
        store.close()

    @pytest.fixture
    def asking(self, store: Store) -> Store:
        """A store that answers tallies set-wise."""
        return self._offering("ask", store)

    @pytest.fixture
    def batching(self, store: Store) -> BatchStore:
        """A store that tells many stories in one transaction."""
        return cast("BatchStore", self._offering("batch", store))

    @pytest.fixture
    def locking(self, store: Store) -> Store:
        """A store that passes over what another transaction works on."""
        return self._offering("lock", store)

    @pytest.fixture
    def shared(self, store: Store) -> Store:
        """A store that threads may share."""
        return self._offering("threads", store)

    @pytest.fixture
    def samples(self) -> Samples:
        """Records to fill it with."""
        return Samples()

    def test_no_promise_is_overridden(self) -> None:
        """A subclass overrides no promise, unless it marks it as expected to fail."""
        for name in dir(StoreContract):
            mine = getattr(type(self), name)
            if name.startswith("test_") and mine is not getattr(StoreContract, name):
                marks = [mark.name for mark in getattr(mine, "pytestmark", ())]

                assert "xfail" in marks, f"{name} is overridden; mark it with xfail(reason=...) if it cannot be kept"

    def test_what_it_offers_has_a_name(self) -> None:
        """A store offers nothing of a name that nobody knows, such as a misspelt one."""
        assert self.offers <= frozenset(OPTIONAL), f"offers may hold {', '.join(OPTIONAL)}"

    def test_what_it_offers_is_told(self, store: Store) -> None:
        """A store that has a way to tell batches or to answer tallies names it, so that its promises are looked at."""
        with begin(store) as transaction:
            answers = transaction.ask(Tally(kind=Deal)) is not None

        assert "batch" in self.offers or not hasattr(store, "batch"), 'it has batch(); add "batch" to offers'
        assert "ask" in self.offers or not answers, 'it answers tallies; add "ask" to offers'

    def _offering(self, name: str, store: Store) -> Store:
        if name not in self.offers:
            pytest.skip(f'does not offer "{name}": {OPTIONAL[name]}')
        return store

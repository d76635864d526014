"""What every store promises. Subclass `StoreContract`, give it one method, and let pytest run it.

    class TestMyStore(StoreContract):
        def make_store(self) -> Store:
            return MyStore(...)

Each test promises something in its docstring. None may be overridden unless it is marked as expected to fail, with a reason: a store that
cannot keep a promise says so where everybody can read it.
"""

from collections.abc import Iterator

import pytest

from crmcore.services.ports import Store
from crmcore.testing.promises.counting import Counting
from crmcore.testing.promises.feed import Feed
from crmcore.testing.promises.keys import Keys
from crmcore.testing.promises.records import Records
from crmcore.testing.promises.searching import Searching
from crmcore.testing.promises.tenants import Tenants
from crmcore.testing.promises.transactions import Transactions
from crmcore.testing.promises.versions import Versions
from crmcore.testing.promises.work import Work
from crmcore.testing.samples import Samples


class StoreContract(Records, Transactions, Versions, Keys, Searching, Feed, Tenants, Work, Counting):
    """The promises of a store."""

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

"""A house for the tests of stories, in memory and on SQLite."""

from collections.abc import Iterator

import pytest

from crmcore import MemoryStore, SqlStore
from crmcore.services.ports import Store
from tests.services.world import World, furnish


@pytest.fixture(params=["memory", "sqlite"])
def house(request: pytest.FixtureRequest) -> Iterator[World]:
    """A house with one of everything in it, for one test."""
    store: Store = MemoryStore() if request.param == "memory" else SqlStore.open("sqlite://")
    yield furnish(store)
    store.close()

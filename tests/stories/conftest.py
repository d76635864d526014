"""Stores of the acceptance stories."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from crmcore import MemoryStore, SqlStore
from crmcore.ports import Store
from tests.servers import fresh_database


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[Store]:
    """An empty store of each type."""
    with ExitStack() as closing:
        if request.param == "memory":
            made: Store = MemoryStore()
        elif request.param == "sqlite":
            made = SqlStore.open(sqlite_url)
        else:
            url = closing.enter_context(fresh_database(request.getfixturevalue("postgresql_url")))
            made = SqlStore.open(url)
        closing.callback(made.close)
        yield made

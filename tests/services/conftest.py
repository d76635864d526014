"""Fixtures of the service tests: stores, and a prepared CRM."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crmcore import MemoryStore, SqlStore
from crmcore.ports import Store
from tests.adapters.test_store_contract import truncate_tables
from tests.services.world import World, create_world


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A CRM with one record of each entity type, for one test."""
    store: Store = MemoryStore() if request.param == "memory" else SqlStore.open("sqlite://")
    yield create_world(store)
    store.close()


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each type, for one test."""
    if request.param == "memory":
        yield MemoryStore()
        return
    is_server = request.param == "postgresql"
    path = f"sqlite:///{tmp_path / 'crm.db'}"
    opened = SqlStore.open(request.getfixturevalue("postgresql_url") if is_server else path)
    if is_server:
        truncate_tables(opened)
    yield opened
    opened.close()

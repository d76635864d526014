"""The stores of crmcore pass the contract suite of the store port."""

from pathlib import Path

import pytest

from crmcore import MemoryStore, SqlStore
from crmcore.ports import Store
from crmcore.testing.contract.suite import StoreContract

SQLITE_CAPABILITIES = frozenset({"aggregate", "batch", "threads"})
"""It has one writer at a time, so that there is nothing to pass over."""


class TestMemory(StoreContract):
    capabilities = frozenset({"batch", "threads"})

    def make_store(self) -> Store:
        return MemoryStore()


class TestSqliteInMemory(StoreContract):
    capabilities = SQLITE_CAPABILITIES

    def make_store(self) -> Store:
        return SqlStore.open("sqlite://")


class TestSqliteFile(StoreContract):
    capabilities = SQLITE_CAPABILITIES

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self._path = tmp_path / "crm.db"

    def make_store(self) -> Store:
        return SqlStore.open(f"sqlite:///{self._path}")


@pytest.mark.postgresql
class TestPostgresql(StoreContract):
    @pytest.fixture(autouse=True)
    def _url(self, postgresql_url: str) -> None:
        self._postgresql_url = postgresql_url

    def make_store(self) -> Store:
        store = SqlStore.open(self._postgresql_url)
        truncate_tables(store)
        return store


@pytest.mark.mariadb
class TestMariadb(StoreContract):
    @pytest.fixture(autouse=True)
    def _url(self, mariadb_url: str) -> None:
        self._mariadb_url = mariadb_url

    def make_store(self) -> Store:
        store = SqlStore.open(self._mariadb_url)
        truncate_tables(store)
        return store


def truncate_tables(store: SqlStore) -> None:
    """Empty all tables of a store."""
    with store.engine.begin() as connection:
        for table in store.schema.tables:  # a TRUNCATE is a change of the schema, and takes long
            connection.exec_driver_sql(f"DELETE FROM {table.name}")


@pytest.mark.postgresql
class TestPostgresqlWithoutPipeline(StoreContract):
    @pytest.fixture(autouse=True)
    def _url(self, postgresql_url: str) -> None:
        self._postgresql_url = postgresql_url

    def make_store(self) -> Store:
        store = SqlStore.open(self._postgresql_url, pipeline=False)
        truncate_tables(store)
        return store

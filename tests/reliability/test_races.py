"""Two at once leave what one after the other would have left."""

import random

import pytest

from crmcore import SqlStore
from tests.reliability.interleavings import check as play_orders, check_interleavings
from tests.reliability.races import check as play_races, check_races, without_version_checks


def test_races_on_sqlite_are_serializable() -> None:
    """Sixteen pairs, a hundred races each on an SQLite file: no anomaly."""
    assert play_races(random.Random(1), 100, "").passed


def test_races_find_unversioned_store() -> None:
    """A store without version checks shows anomalies at once."""
    assert not play_races(random.Random(1), 10, "blind").passed


def test_interleavings_in_memory_are_serializable() -> None:
    """The orders in which two commands can mesh, up to seventy for each pair: no anomaly."""
    assert play_orders(random.Random(1), 70, "").passed


def test_interleavings_find_unversioned_store() -> None:
    """A store without version checks shows anomalies at once."""
    assert not play_orders(random.Random(1), 10, "blind").passed


@pytest.mark.postgresql
def test_races_on_postgresql_are_serializable(postgresql_url: str) -> None:
    """Ten races of each pair on a PostgreSQL server: no anomaly; without version checks some."""
    store = SqlStore.open(postgresql_url)

    assert check_races(store, 10, name="race").passed
    with without_version_checks(store):
        assert not check_races(store, 5, name="blind").passed
    store.close()


@pytest.mark.postgresql
def test_interleavings_on_postgresql_are_serializable(postgresql_url: str) -> None:
    """Ten orders of each pair on a PostgreSQL server, where one may wait for the other's lock: no anomaly."""
    store = SqlStore.open(postgresql_url)

    assert check_interleavings(store, random.Random(1), 10, name="order").passed
    store.close()


@pytest.mark.long
def test_long_form() -> None:
    """Five thousand races of each pair on an SQLite file."""
    assert play_races(random.Random(2), 5_000, "").passed


@pytest.mark.long
@pytest.mark.postgresql
def test_long_form_on_postgresql(postgresql_url: str) -> None:
    """Two hundred races, and up to two thousand orders of each pair, on a PostgreSQL server."""
    store = SqlStore.open(postgresql_url)

    assert check_races(store, 200, name="long-race").passed
    assert check_interleavings(store, random.Random(2), 2_000, name="long-order").passed
    store.close()

"""A value means the same on every store."""

import random

import pytest

from crmcore import MemoryStore, SqlStore
from crmcore.ports import Store
from tests.reliability.value_round_trips import MUTATIONS, check, check_on, database_with_collation


def test_values_are_equal_in_memory_and_sqlite() -> None:
    """More than a hundred values and as many questions."""
    verdict = check_on({"memory": MemoryStore(), "SQLite": SqlStore.open("sqlite://")}, random.Random(1), 1)

    assert verdict.passed, verdict


@pytest.mark.postgresql
def test_values_are_equal_on_postgresql_in_two_collations(postgresql_url: str) -> None:
    """The same on PostgreSQL, in the C collation and in another."""
    stores: dict[str, Store] = {
        "memory": MemoryStore(),
        "C": SqlStore.open(postgresql_url),
        "sorted otherwise": SqlStore.open(database_with_collation(postgresql_url)),
    }
    verdict = check_on(stores, random.Random(1), 1)
    for store in stores.values():
        store.close()

    assert verdict.passed, verdict


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """What ignores case, puts nothing last, or cuts seconds is found."""
    assert not check(random.Random(1), 1, mutation).passed

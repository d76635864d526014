"""A value means the same on every store."""

import random

import pytest

from crmcore import MemoryStore, SqlStore
from crmcore.services.ports import Store
from tests.programmes.values import SABOTAGES, play, play_on, sorted_otherwise


def test_memory_and_sqlite() -> None:
    """More than a hundred values and as many questions."""
    verdict = play_on({"memory": MemoryStore(), "SQLite": SqlStore.open("sqlite://")}, random.Random(1), 1)

    assert verdict.passed, verdict


@pytest.mark.postgresql
def test_postgresql_in_two_collations(postgresql_url: str) -> None:
    """The same on PostgreSQL, in the C collation and in another."""
    stores: dict[str, Store] = {
        "memory": MemoryStore(),
        "C": SqlStore.open(postgresql_url),
        "sorted otherwise": SqlStore.open(sorted_otherwise(postgresql_url)),
    }
    verdict = play_on(stores, random.Random(1), 1)
    for store in stores.values():
        store.close()

    assert verdict.passed, verdict


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str) -> None:
    """What ignores case, puts nothing last, or cuts seconds is found."""
    assert not play(random.Random(1), 1, sabotage).passed

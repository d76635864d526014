"""What comes due by itself happens once."""

import random
from pathlib import Path

import pytest

from crmcore import SqlStore
from tests.adapters.test_store_contract import truncate_tables
from tests.reliability.due_jobs import MUTATIONS, check_on
from tests.reliability.harness import Verdict, is_detected


@pytest.fixture
def postgresql(postgresql_url: str) -> str:
    """An empty database on a server."""
    store = SqlStore.open(postgresql_url)
    truncate_tables(store)
    store.close()
    return postgresql_url


def test_escalations_run_once_on_sqlite(tmp_path: Path) -> None:
    """Four processes, kills and jumping clocks on SQLite: none missed, none twice."""
    verdict = check_on(f"sqlite:///{tmp_path / 'crm.db'}", random.Random(1), 700, "")

    assert verdict.passed, str(verdict)


@pytest.mark.postgresql
def test_escalations_run_once_on_postgresql(postgresql: str) -> None:
    """So on PostgreSQL."""
    verdict = check_on(postgresql, random.Random(2), 700, "")

    assert verdict.passed, str(verdict)


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(tmp_path: Path, mutation: str) -> None:
    """An escalation that is not saved repeats; polling misses jobs that came due meanwhile."""

    def run_once(rng: random.Random) -> Verdict:
        return check_on(f"sqlite:///{tmp_path / str(rng.random())}.db", rng, 80, mutation)

    assert is_detected(run_once)


@pytest.mark.long
@pytest.mark.postgresql
def test_long_form(tmp_path: Path, postgresql: str) -> None:
    """A hundred thousand steps would take an hour; ten thousand on each take minutes."""
    for url in (f"sqlite:///{tmp_path / 'crm.db'}", postgresql):
        verdict = check_on(url, random.Random(3), 3_500, "")

        assert verdict.passed, str(verdict)

"""What comes due by itself happens once."""

import random
from pathlib import Path

import pytest

from crmcore import SqlStore
from tests.adapters.test_stores import empty
from tests.programmes.due import SABOTAGES, play_on
from tests.programmes.programme import Verdict, shows


@pytest.fixture
def postgresql(postgresql_url: str) -> str:
    """An empty database on a server."""
    store = SqlStore.open(postgresql_url)
    empty(store)
    store.close()
    return postgresql_url


def test_escalations_on_a_file(tmp_path: Path) -> None:
    """Four processes, kills and jumping clocks on SQLite: none missed, none twice."""
    verdict = play_on(f"sqlite:///{tmp_path / 'crm.db'}", random.Random(1), 700, "")

    assert verdict.passed, str(verdict)


@pytest.mark.postgresql
def test_escalations_on_a_server(postgresql: str) -> None:
    """So on PostgreSQL."""
    verdict = play_on(postgresql, random.Random(2), 700, "")

    assert verdict.passed, str(verdict)


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(tmp_path: Path, sabotage: str) -> None:
    """A step that is not kept is told twice; who polls misses what came due while nobody looked."""

    def one(chance: random.Random) -> Verdict:
        return play_on(f"sqlite:///{tmp_path / str(chance.random())}.db", chance, 80, sabotage)

    assert shows(one)


@pytest.mark.long
@pytest.mark.postgresql
def test_the_long_form(tmp_path: Path, postgresql: str) -> None:
    """A hundred thousand steps would take an hour; ten thousand on each take minutes."""
    for url in (f"sqlite:///{tmp_path / 'crm.db'}", postgresql):
        verdict = play_on(url, random.Random(3), 3_500, "")

        assert verdict.passed, str(verdict)

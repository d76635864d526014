"""A process may be killed in the middle of deliver, run_due and batch."""

import random
from pathlib import Path

import pytest

from tests.programmes.killwork import SABOTAGES, play, play_on
from tests.programmes.programme import shows

WORK = {"mark-first": "deliver", "done-later": "run_due", "no-batch": "batch"}


def test_killed_on_a_file(tmp_path: Path) -> None:
    """Ten kills in each kind of work on an SQLite file: nothing is lost, half done or done twice."""
    verdict = play_on(f"sqlite:///{tmp_path}/crm.db", random.Random(1), 10, "")

    assert verdict.passed, verdict


@pytest.mark.postgresql
def test_killed_on_a_server(postgresql_url: str) -> None:
    """So on PostgreSQL."""
    verdict = play_on(postgresql_url, random.Random(1), 10, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str, tmp_path: Path) -> None:
    """Marking before sending, two transactions for due work, and commands without a batch are found."""
    url = f"sqlite:///{tmp_path}/crm.db"

    assert shows(lambda chance: play_on(url, chance, 10, sabotage, works=[WORK[sabotage]]))


@pytest.mark.long
def test_the_long_form() -> None:
    """A hundred kills in each kind of work on SQLite and on PostgreSQL."""
    verdict = play(random.Random(2), 100, "")

    assert verdict.passed, verdict

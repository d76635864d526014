"""A process may die at any moment."""

import random
from pathlib import Path

import pytest

from tests.programmes.killhost import SABOTAGES, play, play_on
from tests.programmes.programme import shows


def test_killed_on_a_file(tmp_path: Path) -> None:
    """Thirty kills on an SQLite file: nothing acknowledged is lost, and no story is half done."""
    verdict = play_on(f"sqlite:///{tmp_path}/crm.db", random.Random(1), 30, "")

    assert verdict.passed, verdict


@pytest.mark.postgresql
def test_killed_on_postgresql(postgresql_url: str) -> None:
    """Ten kills on PostgreSQL."""
    verdict = play_on(postgresql_url, random.Random(1), 10, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str, tmp_path: Path) -> None:
    """Without one transaction for each story, or with an early acknowledgement, something is missing."""
    assert shows(lambda chance: play_on(f"sqlite:///{tmp_path}/crm.db", chance, 30, sabotage))


@pytest.mark.long
def test_the_long_form() -> None:
    """Two hundred kills on SQLite and fifty on PostgreSQL."""
    assert play(random.Random(2), 200, "").passed

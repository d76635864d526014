"""A process may die at any moment."""

import random
from pathlib import Path

import pytest

from tests.reliability.harness import is_detected
from tests.reliability.kill_process import MUTATIONS, check, check_on


def test_killed_process_loses_nothing_on_sqlite(tmp_path: Path) -> None:
    """Thirty kills on an SQLite file: nothing acknowledged is lost, and no command is half done."""
    verdict = check_on(f"sqlite:///{tmp_path}/crm.db", random.Random(1), 30, "")

    assert verdict.passed, verdict


@pytest.mark.postgresql
def test_killed_process_loses_nothing_on_postgresql(postgresql_url: str) -> None:
    """Ten kills on PostgreSQL."""
    verdict = check_on(postgresql_url, random.Random(1), 10, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str, tmp_path: Path) -> None:
    """Without one transaction for each command, or with an early acknowledgement, something is missing."""
    assert is_detected(lambda rng: check_on(f"sqlite:///{tmp_path}/crm.db", rng, 30, mutation))


@pytest.mark.long
def test_long_form() -> None:
    """Two hundred kills on SQLite and fifty on PostgreSQL."""
    assert check(random.Random(2), 200, "").passed

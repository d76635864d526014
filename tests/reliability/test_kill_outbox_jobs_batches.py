"""A process may be killed in the middle of deliver, run_due and batch."""

import random
from pathlib import Path

import pytest

from tests.reliability.harness import is_detected
from tests.reliability.kill_outbox_jobs_batches import SABOTAGES, play, play_on

WORK = {"mark-first": "deliver", "done-later": "run_due_jobs", "no-batch": "batch"}


def test_killed_on_a_file(tmp_path: Path) -> None:
    """Ten kills in each kind of work on an SQLite file: nothing is lost, half done or done twice."""
    verdict = play_on(f"sqlite:///{tmp_path}/crm.db", random.Random(1), 10, "")

    assert verdict.passed, verdict


@pytest.mark.postgresql
def test_killed_on_a_server(postgresql_url: str) -> None:
    """So on PostgreSQL."""
    verdict = play_on(postgresql_url, random.Random(1), 10, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("mutation", SABOTAGES)
def test_a_planted_bug_is_found(mutation: str, tmp_path: Path) -> None:
    """Marking before sending, two transactions for due work, and commands without a batch are found."""
    url = f"sqlite:///{tmp_path}/crm.db"

    assert is_detected(lambda chance: play_on(url, chance, 10, mutation, works=[WORK[mutation]]))


@pytest.mark.long
def test_the_long_form() -> None:
    """A hundred kills in each kind of work on SQLite and on PostgreSQL."""
    verdict = play(random.Random(2), 100, "")

    assert verdict.passed, verdict

"""A process may be killed in the middle of deliver, run_due and batch."""

import random
from pathlib import Path

import pytest

from tests.reliability.harness import is_detected
from tests.reliability.kill_outbox_jobs_batches import MUTATIONS, check, check_on

WORK = {"mark-first": "deliver", "done-later": "run_due_jobs", "no-batch": "batch"}


def test_killed_process_loses_no_work_on_sqlite(tmp_path: Path) -> None:
    """Ten kills in each kind of work on an SQLite file: nothing is lost, half done or done twice."""
    verdict = check_on(f"sqlite:///{tmp_path}/crm.db", random.Random(1), 10, "")

    assert verdict.passed, verdict


@pytest.mark.postgresql
def test_killed_process_loses_no_work_on_postgresql(postgresql_url: str) -> None:
    """So on PostgreSQL."""
    verdict = check_on(postgresql_url, random.Random(1), 10, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str, tmp_path: Path) -> None:
    """Marking before sending, two transactions for due work, and commands without a batch are found."""
    url = f"sqlite:///{tmp_path}/crm.db"

    assert is_detected(lambda rng: check_on(url, rng, 10, mutation, works=[WORK[mutation]]))


@pytest.mark.long
def test_long_form() -> None:
    """A hundred kills in each kind of work on SQLite and on PostgreSQL."""
    verdict = check(random.Random(2), 100, "")

    assert verdict.passed, verdict

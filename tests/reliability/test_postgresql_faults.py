"""Whichever statement fails on PostgreSQL, and however, nothing is half done."""

import random

import pytest

from tests.reliability.postgresql_faults import EXECUTION_MODES, MUTATIONS, check, check_on
from tests.reliability.store_faults import COMMANDS

pytestmark = pytest.mark.postgresql


def test_fault_at_every_statement_is_atomic(postgresql_url: str) -> None:
    """A deal is moved and a task is done: every statement, four ways to fail, one by one and together: all or nothing, and once."""
    verdict = check_on(postgresql_url, [one for one in COMMANDS if one.path in {"deals.move", "tasks.complete"}], "")

    assert verdict.passed, verdict
    assert all(verdict.counts[f"{way}: faults"] > 40 for way in EXECUTION_MODES), verdict


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_long_form() -> None:
    """All kinds of commands."""
    verdict = check(random.Random(1), len(COMMANDS), "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(postgresql_url: str, mutation: str) -> None:
    """Statements that are transactions of their own, and a caller without a key, are found on either way."""
    command = next(one for one in COMMANDS if one.path == ("tasks.create" if mutation == "new-key" else "deals.lose"))
    verdict = check_on(postgresql_url, [command], mutation)

    assert not verdict.passed
    for way in EXECUTION_MODES:
        assert any(note.endswith(way) for note in verdict.notes), verdict

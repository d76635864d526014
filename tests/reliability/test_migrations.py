"""The tables of every release are led on without losing a row, also when the migration was killed on its way."""

import random

import pytest

from tests.reliability.migrations import MUTATIONS, check_on


def test_interrupted_migration_loses_no_row(database_server: str) -> None:
    """From nothing and from release 0.1 with ten thousand rows, killed at one step each, on each database: no row differs."""
    verdict = check_on(database_server, random.Random(1), 1, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(sqlite_url: str, mutation: str) -> None:
    """A migration that overwrites something, or that cannot be run again, is found."""
    assert not check_on(sqlite_url, random.Random(1), 1, mutation).passed


@pytest.mark.long
def test_long_form(database_server: str) -> None:
    """Killed at every single step."""
    verdict = check_on(database_server, random.Random(2), 10_000, "")

    assert verdict.passed, verdict

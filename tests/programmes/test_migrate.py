"""The tables of every release are led on without losing a row, also when the migration was killed on its way."""

import random

import pytest

from tests.programmes.migrate import SABOTAGES, play_on


def test_every_way_to_the_newest_version(database_server: str) -> None:
    """From nothing and from release 0.1 with ten thousand rows, killed at one step each, on each database: no row differs."""
    verdict = play_on(database_server, random.Random(1), 1, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sqlite_url: str, sabotage: str) -> None:
    """A migration that overwrites something, or that cannot be run again, is found."""
    assert not play_on(sqlite_url, random.Random(1), 1, sabotage).passed


@pytest.mark.long
def test_the_long_form(database_server: str) -> None:
    """Killed at every single step."""
    verdict = play_on(database_server, random.Random(2), 10_000, "")

    assert verdict.passed, verdict

"""Whatever a host makes of its transaction, crmcore's part of it shares its lot."""

import random

import pytest

from tests.programmes.hosttx import SABOTAGES, play_on


def test_every_end_of_the_hosts_transaction(database_url: str) -> None:
    """Forty transactions of a host, on each database: what lasts is what the host kept."""
    assert play_on(database_url, random.Random(1), 40, "").passed


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sqlite_url: str, sabotage: str) -> None:
    """A store that commits, or keeps half a story, is found at once."""
    assert not play_on(sqlite_url, random.Random(1), 10, sabotage).passed


@pytest.mark.long
def test_the_long_form(database_url: str) -> None:
    """A thousand transactions on each database."""
    assert play_on(database_url, random.Random(2), 1_000, "").passed

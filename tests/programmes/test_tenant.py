"""No tenant sees, guesses or disturbs another."""

import random

import pytest

from tests.programmes.tenant import SABOTAGES, play


def test_two_houses_with_the_same_ids() -> None:
    """Thirty lives of a house with and without a neighbour that has the same ids, and every story asked for foreign ids."""
    verdict = play(random.Random(1), 30, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str) -> None:
    """A search that does not ask whose the rows are is found at once."""
    assert not play(random.Random(1), 2, sabotage).passed


@pytest.mark.long
def test_the_long_form() -> None:
    """A thousand lives."""
    assert play(random.Random(2), 1_000, "").passed

"""The same key has the same effect; who is disturbed tries again."""

import random

import pytest

from tests.programmes.idem import SABOTAGES, play


def test_keys_twins_upserts_and_disturbances() -> None:
    """Two thousand replays, twins, four writers of the same two hundred rows, and two hundred disturbed stories."""
    verdict = play(random.Random(1), 2_000, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str) -> None:
    """Without receipts, or without trying again, promises are missed."""
    assert not play(random.Random(1), 100, sabotage).passed


@pytest.mark.long
def test_the_long_form() -> None:
    """A hundred thousand replays."""
    assert play(random.Random(2), 100_000, "").passed

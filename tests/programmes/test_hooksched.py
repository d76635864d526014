"""The ladder of webhooks is as it was promised; and the programme that says so can say otherwise."""

import random

import pytest

from tests.programmes.hooksched import SABOTAGES, play


def test_the_ladder_is_climbed_as_promised() -> None:
    """Ten attempts at 0, 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h; 410 ends it, 3xx fails, Retry-After is heeded; replay."""
    verdict = play(random.Random(1), 50, "")

    assert verdict.passed, str(verdict)
    assert 450 == verdict.counts["attempts"]


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str) -> None:
    """A ladder that is too short, too even or endless, a deaf sender and a stubborn one are found out."""
    assert not play(random.Random(1), 20, sabotage).passed

"""Nothing that somebody wrote shows in a log or an error; and the programme that says so can say otherwise."""

import random

import pytest

from tests.programmes.log import SABOTAGES, SHAPES, play


def test_nothing_that_was_given_shows() -> None:
    """A canary in every input of every story, every failure forced: 0 canaries in logs, errors, tracebacks and problems kept."""
    verdict = play(random.Random(1), 4, "")

    assert verdict.passed, str(verdict)
    assert verdict.counts["errors"] > 1_000
    assert verdict.counts["lines logged"] > 30


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str) -> None:
    """A driver's words, a repeated id, a logged address are found out."""
    assert not play(random.Random(1), 1, sabotage).passed


@pytest.mark.long
def test_the_long_form() -> None:
    """Every form that a canary has."""
    verdict = play(random.Random(1), len(SHAPES), "")

    assert verdict.passed, str(verdict)

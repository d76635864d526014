"""What is read from JSON is what it should be, or is refused by an error of ours."""

import random

import pytest

from tests.programmes.deser import SABOTAGES, play


def test_bad_payloads_are_refused() -> None:
    """Two thousand spoilt records, facts and answers, and two hundred payloads that are none: refused, each by an error of ours."""
    verdict = play(random.Random(1), 2_000, "")

    assert verdict.passed, verdict
    assert verdict.counts["payloads"] + verdict.counts["spoilt"] > 2_100


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str) -> None:
    """A reader that turns texts into numbers is found."""
    assert not play(random.Random(1), 500, sabotage).passed


@pytest.mark.long
def test_the_long_form() -> None:
    """A hundred thousand."""
    assert play(random.Random(2), 100_000, "").passed

"""Working time is counted right at every leap of the clock."""

import random

import pytest

from tests.programmes.clock import SABOTAGES, play


def test_no_leap_of_any_clock_is_miscounted() -> None:
    """Every zone of IANA, every leap in ten years: what is open, and what is added and measured."""
    verdict = play(random.Random(1), 1, "")

    assert verdict.passed, str(verdict)
    assert verdict.counts["zones"] > 400
    assert verdict.counts["leaps of the clock"] > 3_000


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_the_programme_notices_clocks_that_are_read_carelessly(sabotage: str) -> None:
    """A local time that does not exist, and time read off the wall, are found out."""
    assert not play(random.Random(1), 1, sabotage).passed

"""A database server that is killed loses nothing that was acknowledged, and the stories go on when it is back."""

import random

import pytest

from tests.programmes.killdb import SABOTAGES, play
from tests.programmes.programme import shows

pytestmark = pytest.mark.postgresql


def test_five_kills() -> None:
    """Five kills of the server during intake: nothing lost, nothing twice, back within ten seconds."""
    verdict = play(random.Random(1), 5, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str) -> None:
    """A server that acknowledges too early loses leads; a sender without keys has them twice."""
    assert shows(lambda chance: play(chance, 3, sabotage))


@pytest.mark.long
def test_the_long_form() -> None:
    """Forty kills."""
    assert play(random.Random(2), 40, "").passed

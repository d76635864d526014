"""Whatever fails, and whenever, nothing is half done."""

import random

import pytest

from tests.programmes.faultk import SABOTAGES, STORIES, play


def test_every_call_fails_once_in_every_way() -> None:
    """Five kinds of stories, every call of theirs to the store, four ways to fail: all or nothing, and once when told again."""
    verdict = play(random.Random(1), 5, "")

    assert verdict.passed, verdict


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_long_form() -> None:
    """All kinds of stories."""
    assert play(random.Random(1), len(STORIES), "").passed


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(sabotage: str) -> None:
    """A store that commits on its way out, and a caller without a key, are found at once."""
    assert not play(random.Random(1), 1, sabotage).passed

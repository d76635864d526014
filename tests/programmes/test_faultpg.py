"""Whichever statement fails on PostgreSQL, and however, nothing is half done."""

import random

import pytest

from tests.programmes.faultk import STORIES
from tests.programmes.faultpg import SABOTAGES, WAYS, play, play_on

pytestmark = pytest.mark.postgresql


def test_every_statement_fails_once_in_every_way(postgresql_url: str) -> None:
    """A deal is moved and a task is done: every statement, four ways to fail, one by one and together: all or nothing, and once."""
    verdict = play_on(postgresql_url, [one for one in STORIES if one.path in {"deals.move", "tasks.complete"}], "")

    assert verdict.passed, verdict
    assert all(verdict.counts[f"{way}: faults"] > 40 for way in WAYS), verdict


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_the_long_form() -> None:
    """All kinds of stories."""
    verdict = play(random.Random(1), len(STORIES), "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_planted_bug_is_found(postgresql_url: str, sabotage: str) -> None:
    """Statements that are transactions of their own, and a caller without a key, are found on either way."""
    story = next(one for one in STORIES if one.path == ("tasks.give" if sabotage == "new-key" else "deals.lose"))
    verdict = play_on(postgresql_url, [story], sabotage)

    assert not verdict.passed
    for way in WAYS:
        assert any(note.endswith(way) for note in verdict.notes), verdict

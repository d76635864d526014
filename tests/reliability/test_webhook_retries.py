"""Webhook retries follow the documented schedule, and planted bugs are found."""

import random

import pytest

from tests.reliability.webhook_retries import MUTATIONS, check


def test_retry_schedule_is_followed() -> None:
    """Ten attempts at 0, 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h; 410 ends it, 3xx fails, Retry-After is heeded; replay."""
    verdict = check(random.Random(1), 50, "")

    assert verdict.passed, str(verdict)
    assert 450 == verdict.counts["attempts"]


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """A short, even or endless schedule and ignored responses are found."""
    assert not check(random.Random(1), 20, mutation).passed

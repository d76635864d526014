"""Whatever comes in, however often and in whatever order, has one effect; and the programme that says so can say otherwise."""

import random

import pytest

from tests.reliability.inbox import MUTATIONS, check


def test_inbox_message_has_one_effect() -> None:
    """10,000 deliveries, repeated, reordered, late and forged, in memory, and 1,000 in a database by four threads at once."""
    verdict = check(random.Random(1), 10_000, "")

    assert verdict.passed, str(verdict)
    assert (10_000, 1_000) == (verdict.counts["memory: calls"], verdict.counts["sqlite: calls"])


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """A house that forgets ids, or editions, that commits in two steps, or that believes everybody, is found out."""
    assert not check(random.Random(1), 600, mutation).passed

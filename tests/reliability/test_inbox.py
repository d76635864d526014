"""Whatever comes in, however often and in whatever order, has one effect, and planted bugs are found."""

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
    """Forgotten ids or revisions, two commits, and unchecked signatures are found."""
    assert not check(random.Random(1), 600, mutation).passed

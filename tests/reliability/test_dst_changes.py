"""Working time is counted right at every leap of the clock."""

import random

import pytest

from tests.reliability.dst_changes import MUTATIONS, check


def test_business_hours_are_correct_at_every_dst_change() -> None:
    """Every zone of IANA, every leap in ten years: what is open, and what is added and measured."""
    verdict = check(random.Random(1), 1, "")

    assert verdict.passed, str(verdict)
    assert verdict.counts["zones"] > 400
    assert verdict.counts["leaps of the clock"] > 3_000


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """A local time that does not exist, and time read off the wall, are found out."""
    assert not check(random.Random(1), 1, mutation).passed

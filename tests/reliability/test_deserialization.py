"""What is read from JSON is what it should be, or is refused by an error of ours."""

import random

import pytest

from tests.reliability.deserialization import MUTATIONS, check


def test_corrupt_payloads_are_rejected() -> None:
    """Two thousand spoilt records, facts and answers, and two hundred payloads that are none: refused, each by an error of ours."""
    verdict = check(random.Random(1), 2_000, "")

    assert verdict.passed, verdict
    assert verdict.counts["payloads"] + verdict.counts["spoilt"] > 2_100


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """A reader that turns texts into numbers is found."""
    assert not check(random.Random(1), 500, mutation).passed


@pytest.mark.long
def test_long_form() -> None:
    """A hundred thousand."""
    assert check(random.Random(2), 100_000, "").passed

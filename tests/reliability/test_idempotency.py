"""The same key has the same effect; who is disturbed tries again."""

import random

import pytest

from tests.reliability.idempotency import MUTATIONS, check


def test_repeated_and_disturbed_commands_have_one_effect() -> None:
    """Two thousand replays, twins, four writers of the same two hundred rows, and two hundred disturbed commands."""
    verdict = check(random.Random(1), 2_000, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """Without receipts, or without trying again, promises are missed."""
    assert not check(random.Random(1), 100, mutation).passed


@pytest.mark.long
def test_long_form() -> None:
    """A hundred thousand replays."""
    assert check(random.Random(2), 100_000, "").passed

"""Whatever fails, and whenever, nothing is half done."""

import random

import pytest

from tests.reliability.store_faults import COMMANDS, MUTATIONS, check


def test_fault_at_every_store_call_is_atomic() -> None:
    """Five kinds of commands, every call of theirs to the store, four ways to fail: all or nothing, and one effect when repeated."""
    verdict = check(random.Random(1), 5, "")

    assert verdict.passed, verdict


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_long_form() -> None:
    """All kinds of commands."""
    assert check(random.Random(1), len(COMMANDS), "").passed


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """A store that commits on its way out, and a caller without a key, are found at once."""
    assert not check(random.Random(1), 1, mutation).passed

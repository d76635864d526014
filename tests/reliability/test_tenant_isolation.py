"""No tenant sees, guesses or disturbs another."""

import random

import pytest

from tests.reliability.tenant_isolation import MUTATIONS, check


def test_tenants_with_equal_ids_are_independent() -> None:
    """Thirty rounds with and without another tenant with the same ids, and foreign ids for every command."""
    verdict = check(random.Random(1), 30, "")

    assert verdict.passed, verdict


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(mutation: str) -> None:
    """A search that does not ask whose the rows are is found at once."""
    assert not check(random.Random(1), 2, mutation).passed


@pytest.mark.long
def test_long_form() -> None:
    """A thousand lives."""
    assert check(random.Random(2), 1_000, "").passed

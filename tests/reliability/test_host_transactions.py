"""Whatever a host makes of its transaction, crmcore's part of it shares its lot."""

import random

import pytest

from tests.reliability.host_transactions import MUTATIONS, check_on


def test_host_transaction_end_decides_what_is_stored(database_url: str) -> None:
    """Forty transactions of a host, on each database: what lasts is what the host kept."""
    assert check_on(database_url, random.Random(1), 40, "").passed


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutation_is_found(sqlite_url: str, mutation: str) -> None:
    """A store that commits, or keeps half a command, is found at once."""
    assert not check_on(sqlite_url, random.Random(1), 10, mutation).passed


@pytest.mark.long
def test_long_form(database_url: str) -> None:
    """A thousand transactions on each database."""
    assert check_on(database_url, random.Random(2), 1_000, "").passed

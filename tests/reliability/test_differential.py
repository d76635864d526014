"""Memory and SQL are one model; the short form is `tests/testing/test_agreement.py`."""

import random

import pytest

from tests.reliability.differential import check


def test_short_run_passes_and_finds_mutation() -> None:
    """A few runs agree, and a planted bug does not."""
    assert check(random.Random(1), 3, "").passed
    assert not check(random.Random(1), 20, "NaiveTimes").passed


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_long_form() -> None:
    """Half a million steps."""
    assert check(random.Random(2), 10_000, "").passed

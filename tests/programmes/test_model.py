"""Memory and SQL are one model; the short form is `tests/testing/test_agreement.py`."""

import random

import pytest

from tests.programmes.model import play


def test_the_command_passes_and_finds() -> None:
    """A few runs agree, and a planted bug does not."""
    assert play(random.Random(1), 3, "").passed
    assert not play(random.Random(1), 20, "NaiveTimes").passed


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_the_long_form() -> None:
    """Half a million steps."""
    assert play(random.Random(2), 10_000, "").passed

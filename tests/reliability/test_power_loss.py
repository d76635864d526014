"""The power may fail at any moment."""

import os
import random

import pytest

from tests.reliability.power_loss.disk import compiler
from tests.reliability.power_loss.power_cuts import check

pytestmark = pytest.mark.skipif(
    compiler() is None and not os.environ.get("CI"), reason="no C compiler: the power cannot be cut"
)


def test_power_cut_loses_no_acknowledged_command() -> None:
    """Of 1,000 power cuts none loses an acknowledged command, leaves half of one, or spoils the file."""
    assert check(random.Random(1), 1_000, "").passed


def test_late_sync_is_found() -> None:
    """A store that acknowledges before it syncs is found out."""
    verdict = check(random.Random(1), 100, "relaxed")

    assert verdict.misses["nothing acknowledged is lost"] > 0
    assert verdict.misses["the file is in order"] == 0


@pytest.mark.long
def test_long_form() -> None:
    """Of 20,000 power cuts none loses anything."""
    assert check(random.Random(2), 20_000, "").passed

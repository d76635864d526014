"""Everything has a limit, which is checked and written down."""

import random

from tests.programmes.limit import play
from tools.limits import limits


def test_every_limit_holds() -> None:
    """Every field takes what lies at its limit and refuses one more; there is no field without a limit."""
    verdict = play(random.Random(1), 1, "")

    assert verdict.passed, verdict


def test_a_planted_bug_is_found() -> None:
    """Fields that check nothing are found."""
    assert not play(random.Random(1), 1, "blind").passed


def test_every_limited_field_is_written_down() -> None:
    """The page lists all records and parts that take something from outside."""
    page = limits()

    assert "| `Customer.name` | up to 200 characters |" in page
    assert "| `Deal.tags` |" in page

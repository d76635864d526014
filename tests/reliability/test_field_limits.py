"""Everything has a limit, which is checked and written down."""

import random

from tests.reliability.field_limits import check
from tools.limits import limits


def test_field_accepts_limit_and_rejects_one_more() -> None:
    """Every field takes what lies at its limit and refuses one more; there is no field without a limit."""
    verdict = check(random.Random(1), 1, "")

    assert verdict.passed, verdict


def test_mutation_is_found() -> None:
    """Fields that check nothing are found."""
    assert not check(random.Random(1), 1, "blind").passed


def test_limits_page_lists_every_record() -> None:
    """The page lists all records and parts that take something from outside."""
    page = limits()

    assert "| `Customer.name` | up to 200 characters |" in page
    assert "| `Deal.tags` |" in page

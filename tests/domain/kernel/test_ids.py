"""Ids have the prefix of their entity."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmcore import Deal
from crmcore.domain.kernel.ids import check_id, parse_id, prefix_of
from crmcore.errors import InvalidIdError

DIGITS = "018f3c0e6b7a7c1e9d2b4a5f60718293"


@given(st.from_regex(r"[a-z]{2,20}", fullmatch=True), st.from_regex(r"[0-9a-f]{32}", fullmatch=True))
def test_id_is_prefix_and_32_hex_digits(kind: str, digits: str) -> None:
    """An id is accepted for its own prefix only."""
    check_id(kind, f"{kind}_{digits}")

    assert kind == prefix_of(f"{kind}_{digits}")
    with pytest.raises(InvalidIdError):
        check_id(kind + "x", f"{kind}_{digits}")


@pytest.mark.parametrize(
    "id", [None, 5, "", "deal", DIGITS, f"deal-{DIGITS}", f"deal_{DIGITS.upper()}", f"deal_{DIGITS}\n"]
)
def test_invalid_id_is_rejected(id: Any) -> None:
    """The error shows the form of an id."""
    with pytest.raises(InvalidIdError, match="must look like deal_"):
        check_id("deal", id)


def test_parse_id_returns_the_id_of_the_entity_type() -> None:
    """A string of a URL becomes an id, if it has the prefix of the entity type."""
    assert f"deal_{DIGITS}" == parse_id(Deal, f"deal_{DIGITS}")
    with pytest.raises(InvalidIdError, match="deal id must look like"):
        parse_id(Deal, f"task_{DIGITS}")

"""An id says its kind, and nothing else is one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.domain.ids import check_id, kind_of
from crmcore.errors import InvalidId

DIGITS = "018f3c0e6b7a7c1e9d2b4a5f60718293"


@given(st.from_regex(r"[a-z]{2,20}", fullmatch=True), st.from_regex(r"[0-9a-f]{32}", fullmatch=True))
def test_an_id_is_a_prefix_and_32_digits(kind: str, digits: str) -> None:
    """It passes as an id of its own kind and of no other."""
    check_id(kind, f"{kind}_{digits}")

    assert kind == kind_of(f"{kind}_{digits}")
    with pytest.raises(InvalidId):
        check_id(kind + "x", f"{kind}_{digits}")


@pytest.mark.parametrize(
    "id", [None, 5, "", "deal", DIGITS, f"deal-{DIGITS}", f"deal_{DIGITS.upper()}", f"deal_{DIGITS}\n"]
)
def test_what_is_no_id_is_refused(id: Any) -> None:
    """With the form that an id has."""
    with pytest.raises(InvalidId, match="must look like deal_"):
        check_id("deal", id)

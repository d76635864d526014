"""Matching: the customer of a request is matched, ambiguous or unmatched."""

from hypothesis import given, strategies as st

from crmcore.domain.customers.matching import Ambiguous, Matched, Unmatched, match
from crmcore.domain.kernel.ids import CustomerId

IDENTIFIERS = st.sampled_from(["external_id", "email", "phone"])
FOUND = st.lists(st.tuples(IDENTIFIERS, st.sampled_from(["a", "b", "c"]).map(CustomerId)), max_size=6)


@given(FOUND)
def test_one_candidate_matches_and_several_are_ambiguous(found: list[tuple[str, CustomerId]]) -> None:
    """The result depends on the matches only, in any order."""
    whose = {customer_id for _, customer_id in found}
    answer = match(found)  # type: ignore[arg-type]  # Hypothesis gives plain texts

    assert answer == match(reversed(found))  # type: ignore[arg-type]  # as above
    match answer:
        case Unmatched():
            assert not whose
        case Matched(customer_id, by):
            assert whose == {customer_id}
            assert set(by) == {identifier for identifier, _ in found}
            assert list(by) == sorted(by, key=["external_id", "email", "phone"].index)
        case Ambiguous(candidates):
            assert len(candidates) > 1
            assert tuple(sorted(whose)) == candidates

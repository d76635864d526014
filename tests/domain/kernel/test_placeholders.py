"""Filling gaps is all that a text with gaps can do."""

from hypothesis import given, strategies as st

from crmcore.domain.kernel.placeholders import fill

VARIABLES = st.dictionaries(st.sampled_from(["customer", "deal", "at"]), st.text(max_size=20), max_size=3)


@given(st.text(alphabet="{}ab_ customer", max_size=60), VARIABLES)
def test_placeholder_in_value_is_not_filled_again(text: str, variables: dict[str, str]) -> None:
    """A customer who is called ``{deal}`` stays so: facts are inserted once, and never read as text with gaps."""
    hostile = dict.fromkeys(variables, "{deal}{at}{customer}")
    filled = fill(text, hostile)

    assert (
        filled
        == fill(text, dict.fromkeys(variables, "\0"), max_length=9_999).replace("\0", "{deal}{at}{customer}")[:200]
        or len(filled) == 200
    )


@given(st.text(max_size=300), VARIABLES, st.integers(1, 50))
def test_filled_text_is_one_line_within_limit(text: str, variables: dict[str, str], limit: int) -> None:
    """White space is one space, and what is too long ends in an ellipsis."""
    filled, whole = fill(text, variables, max_length=limit), fill(text, variables, max_length=10_000)

    assert whole == " ".join(whole.split())
    assert filled == (whole if len(whole) <= limit else whole[: limit - 1] + "…")


def test_unknown_placeholder_is_kept() -> None:
    """A text shows what it does not know, and braces that are no gap."""
    assert fill("Call {customer} at {at} {} {A}", {"customer": "Anna"}) == "Call Anna at {at} {} {A}"

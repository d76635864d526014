"""Placeholders: variables are filled once and verbatim."""

import pytest
from hypothesis import given, strategies as st

from crmcore.domain.kernel.placeholders import check_variables, fill
from crmcore.errors import MissingVariableError, UnknownVariableError

VARIABLES = st.dictionaries(st.sampled_from(["customer", "deal", "at"]), st.text(max_size=20), max_size=3)


@given(st.text(alphabet="{}ab_ customer", max_size=60), VARIABLES)
def test_placeholder_in_value_is_not_filled_again(text: str, variables: dict[str, str]) -> None:
    """Braces in a value are not filled."""
    hostile = dict.fromkeys(variables, "{deal}{at}{customer}")
    filled = fill(text, hostile)

    assert (
        filled
        == fill(text, dict.fromkeys(variables, "\0"), max_length=9_999).replace("\0", "{deal}{at}{customer}")[:200]
        or len(filled) == 200
    )


@given(st.text(max_size=300), VARIABLES, st.integers(1, 50))
def test_filled_text_is_one_line_within_limit(text: str, variables: dict[str, str], limit: int) -> None:
    """White space becomes one space, and a long line is cut with an ellipsis."""
    filled, whole = fill(text, variables, max_length=limit), fill(text, variables, max_length=10_000)

    assert whole == " ".join(whole.split())
    assert filled == (whole if len(whole) <= limit else whole[: limit - 1] + "…")


def test_unknown_placeholder_is_kept() -> None:
    """Unknown variables and other braces stay in the text."""
    assert fill("Call {customer} at {at} {} {A}", {"customer": "Anna"}) == "Call Anna at {at} {} {A}"


def test_unknown_variable_of_a_text_is_rejected() -> None:
    """The error names the variable and the known ones."""
    check_variables("action.title", "Call {customer}", frozenset({"customer", "deal"}))
    with pytest.raises(UnknownVariableError) as error:
        check_variables("action.title", "Call {custmer}", frozenset({"customer", "deal"}))

    assert ("custmer", ("customer", "deal")) == (error.value.variable, error.value.known)
    assert "action.title contains {custmer}, which has no value; use {customer}, {deal}" == str(error.value)


def test_missing_variable_error_names_topic_and_variables() -> None:
    """The message says which variables of which topic need a value."""
    error = MissingVariableError("message.variables", topic="notice", variables=("text",))

    assert "message.variables must have a value for {text}: the text of 'notice' contains it" == str(error)

"""JSON encoding: the fast encoder equals the json module."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmcore.adapters.wire import _make_encoder

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_value_is_encoded_like_json_module(data: Any) -> None:
    """The JSON is compact and does not escape Unicode."""
    assert json.dumps(data, ensure_ascii=False, separators=(",", ":")) == _make_encoder()(data)


@pytest.mark.parametrize("quick", [True, False])
def test_value_without_json_form_is_rejected(quick: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001  # a case
    """NaN and unknown types are rejected, with and without the C encoder."""
    if not quick:
        monkeypatch.setattr("json.encoder.c_make_encoder", None)
    write = _make_encoder()

    assert '{"ā":[1,"Ж"]}' == write({"ā": [1, "Ж"]})
    with pytest.raises(ValueError, match="JSON compliant"):
        write(float("nan"))
    with pytest.raises(TypeError, match="not JSON serializable"):
        write(object())

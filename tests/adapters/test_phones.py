"""The phone parser agrees with the library for all countries."""

from typing import Any

import phonenumbers
import pytest
from hypothesis import example, given, strategies as st

from crmcore.adapters import phones
from crmcore.adapters.phones import LibPhoneNumberParser
from crmcore.errors import InvalidPhoneError, InvalidTypeError

SAMPLES = [
    phonenumbers.format_number(sample, phonenumbers.PhoneNumberFormat.E164)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in range(11)
    if (sample := phonenumbers.example_number_for_type(region, kind)) is not None
]


def normalized_by_library(number: str) -> str:
    """Return the library's international form, or None."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ""
    valid = phonenumbers.is_valid_number(parsed)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)) if valid else ""


def normalized_by_crm(number: str) -> str:
    """The same by crmcore."""
    try:
        return LibPhoneNumberParser().normalize(number, region=None)
    except InvalidPhoneError:
        return ""


def test_example_numbers_of_all_regions_equal_library() -> None:
    """Examples of the library are normalized as by the library.

    Most of them take the shortcut.
    """
    assert list(map(normalized_by_library, SAMPLES)) == list(map(normalized_by_crm, SAMPLES))
    assert sum(map(phones._is_canonical, SAMPLES)) > len(SAMPLES) // 2


@example("+393123456789", 4, "0")
@example("+5491123456789", 3, "")
@given(st.sampled_from(SAMPLES), st.integers(1, 12), st.text("0123456789", max_size=2))
def test_fast_path_equals_library(number: str, place: int, digits: str) -> None:
    """After adding, removing or changing a digit, both agree."""
    for changed in (number[:place] + digits + number[place:], number[:place] + digits + number[place + 1 :]):
        assert normalized_by_library(changed) == normalized_by_crm(changed)


@pytest.mark.parametrize("number", ["+99999999999", "+2101234567", "call me", "+1 800"])
def test_number_outside_numbering_plan_is_rejected(number: str) -> None:
    """Numbers outside every numbering plan are rejected."""
    with pytest.raises(InvalidPhoneError):
        LibPhoneNumberParser().normalize(number, region=None)


@pytest.mark.parametrize("number", [None, 37120000000])
def test_non_string_number_is_rejected(number: Any) -> None:
    """Integers are rejected, because they lose leading zeros."""
    with pytest.raises(InvalidTypeError):
        LibPhoneNumberParser().normalize(number, region=None)

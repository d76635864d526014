"""The phone numbers of the whole world are what the library says, by the short way and by the long one."""

from typing import Any

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmcore.adapters import phones
from crmcore.adapters.phones import WorldPhones
from crmcore.errors import InvalidPhone, WrongType

SAMPLES = [
    phonenumbers.format_number(sample, phonenumbers.PhoneNumberFormat.E164)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in range(11)
    if (sample := phonenumbers.example_number_for_type(region, kind)) is not None
]


def by_the_library(number: str) -> str:
    """The international form, or nothing for what no plan has."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ""
    valid = phonenumbers.is_valid_number(parsed)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)) if valid else ""


def by_us(number: str) -> str:
    """The same by crmcore."""
    try:
        return WorldPhones().key(number, region=None)
    except InvalidPhone:
        return ""


def test_samples_of_all_regions() -> None:
    """Whatever the library gives as an example is taken as the library takes it, most of it by the short way."""
    assert list(map(by_the_library, SAMPLES)) == list(map(by_us, SAMPLES))
    assert sum(map(phones._is_plain, SAMPLES)) > len(SAMPLES) // 2


@example("+393123456789", 4, "0")
@example("+5491123456789", 3, "")
@given(st.sampled_from(SAMPLES), st.integers(1, 12), st.text("0123456789", max_size=2))
def test_the_short_way_comes_to_the_same(number: str, place: int, digits: str) -> None:
    """A digit more, less or another: the answer is the library's."""
    for changed in (number[:place] + digits + number[place:], number[:place] + digits + number[place + 1 :]):
        assert by_the_library(changed) == by_us(changed)


@pytest.mark.parametrize("number", ["+99999999999", "+2101234567", "call me", "+1 800"])
def test_what_no_plan_has_is_refused(number: str) -> None:
    """No region has such a number."""
    with pytest.raises(InvalidPhone):
        WorldPhones().key(number, region=None)


@pytest.mark.parametrize("number", [None, 37120000000])
def test_a_number_is_a_text(number: Any) -> None:
    """A number is no number: leading zeros would be lost."""
    with pytest.raises(WrongType):
        WorldPhones().key(number, region=None)

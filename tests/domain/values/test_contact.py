"""Phones and e-mail addresses have one form in which two of them are the same."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.domain.values import contact
from crmcore.domain.values.contact import email_key, phone_key
from crmcore.errors import InvalidEmail, InvalidInput, WrongType

NATIONAL = [
    ("LV", "20000000", "+37120000000"),
    ("LV", "371 2000 0000", "+37120000000"),
    ("AZ", "050 123 45 67", "+994501234567"),
    ("AZ", "501234567", "+994501234567"),
    ("UZ", "90 123 45 67", "+998901234567"),
    ("MN", "8811 2233", "+97688112233"),
    ("IR", "۰۹۱۲ ۳۴۵ ۶۷۸۹", "+989123456789"),
    ("IR", "9123456789", "+989123456789"),
]


@pytest.mark.parametrize(("region", "number", "key"), NATIONAL)
def test_national_numbers_get_their_country(region: str, number: str, key: str) -> None:
    """A number as it is dialled at home is the same as the international one."""
    assert key == phone_key(number, region=region) == phone_key(key)


@given(st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True), st.sampled_from(["+", "00", "\uff0b"]), st.data())
def test_a_phone_is_its_digits(digits: str, prefix: str, data: st.DataObject) -> None:
    """Spaces, brackets, hyphens, marks of direction and other scripts' digits change nothing; a key is its own key."""
    gaps = st.sampled_from(["", " ", "-", "(", ")", ".", "/", "\u200e", "\xa0", "\u2013"])
    scripts = data.draw(st.sampled_from(["0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"]))
    typed = prefix + "".join(data.draw(gaps) * (i % 3 == 0) + scripts[int(d)] for i, d in enumerate(digits))

    assert "+" + digits == phone_key(typed) == phone_key("+" + digits)


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("", None),
        ("20000000", None),
        ("20000000", "XX"),
        ("+123", None),
        ("+1234567890123456", None),
        ("+0123456789", None),
        ("call me", "LV"),
        ("123", "LV"),
        ("+", None),
        ("+371+20000000", None),
        ("x" * 41, None),
    ],
)
def test_what_is_no_number_is_refused(number: str, region: str | None) -> None:
    """A number that no plan has, or whose country nobody knows, is refused by name."""
    with pytest.raises(InvalidInput) as refusal:
        phone_key(number, region=region)

    assert refusal.value.field == "phone"


@pytest.mark.parametrize("number", [None, 37120000000, b"+37120000000"])
def test_a_phone_is_a_text(number: Any) -> None:
    """A number is no number: leading zeros would be lost."""
    with pytest.raises(WrongType):
        phone_key(number)


locals_ = st.from_regex(r"[A-Za-z0-9_+-]{1,20}(\.[A-Za-z0-9_+-]{1,20})?", fullmatch=True)
domains = st.from_regex(r"([a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\.){1,3}[a-z]{2,6}", fullmatch=True)


@given(locals_, domains)
def test_an_address_is_its_small_letters(local: str, domain: str) -> None:
    """Upper case and spaces around change nothing; a key is its own key."""
    key = email_key(f"{local}@{domain}")

    assert key == email_key(f"  {local.upper()}@{domain.upper()}\n") == email_key(key)


@pytest.mark.parametrize("address", ["пример@почта.рф", "نام@مثال.ایران", "o'neil@example.com", "a@b-c.example"])
def test_addresses_of_the_world_are_taken(address: str) -> None:
    """International addresses are taken as they are written."""
    assert address == email_key(address)


@pytest.mark.parametrize(
    "address",
    [
        "anna",
        "anna@",
        "@example.com",
        "anna@localhost",
        "an na@example.com",
        "a..b@example.com",
        ".a@example.com",
        "a.@example.com",
        "a@b@example.com",
        "a@-b.com",
        "a@b-.com",
        "a@b..com",
        "a@1.2",
        "a,b@example.com",
        "x" * 65 + "@b.co",
        "=?utf-8?q?a=40evil.example=3E?=@b.example",
        "a=?b@b.example",
        "a\uff20evil.example@b.example",
        "a\uff0cb@b.example",
        "\ufdfa@b.example",
        "a\u200eb@b.example",
        "a\u202eb@b.example",
        "a\u00a0b@b.example",
        "a@\ufdfa.example",
        "a@\u2474.example",
        "a@b\uff0eexample",
        "a@\u0130stanbul.example",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """No mail could be sent there."""
    with pytest.raises(InvalidEmail):
        email_key(address)


def outcome(key: Callable[[str], str], given: str) -> str:
    """The key of what is given, or the refusal."""
    try:
        return key(given)
    except InvalidInput as refusal:
        return repr(refusal)


@given(st.one_of(st.from_regex(contact._PLAIN, fullmatch=True), st.text("aZ9.-_+@\u00e9", max_size=70)))
def test_a_plain_address_needs_no_second_look(address: str) -> None:
    """What is taken as it stands comes to the same as with a space before it, which is looked at in full."""
    assert outcome(email_key, f" {address}") == outcome(email_key, address)


@given(st.one_of(st.from_regex(r"\+[0-9]{5,17}", fullmatch=True), st.text("+09\u0661 ", max_size=18)))
def test_a_plain_number_needs_no_second_look(number: str) -> None:
    """What is taken as it stands comes to the same as with a space before it, which is looked at in full."""
    assert outcome(phone_key, f" {number}") == outcome(phone_key, number)

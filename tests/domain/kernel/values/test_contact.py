"""Phone numbers and e-mail addresses have one canonical form."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from crmcore.domain.kernel.values import contact
from crmcore.domain.kernel.values.contact import normalize_email, normalize_phone
from crmcore.errors import InvalidEmailError, InvalidInputError, InvalidTypeError

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
def test_national_number_gets_country_code(region: str, number: str, key: str) -> None:
    """A national number equals its international form."""
    assert key == normalize_phone(number, region=region) == normalize_phone(key)


@given(st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True), st.sampled_from(["+", "00", "\uff0b"]), st.data())
def test_phone_number_formatting_is_ignored(digits: str, prefix: str, data: st.DataObject) -> None:
    """Spaces, brackets, hyphens, direction marks and other digits change nothing; the form is stable."""
    gaps = st.sampled_from(["", " ", "-", "(", ")", ".", "/", "\u200e", "\xa0", "\u2013"])
    scripts = data.draw(st.sampled_from(["0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"]))
    typed = prefix + "".join(data.draw(gaps) * (i % 3 == 0) + scripts[int(d)] for i, d in enumerate(digits))

    assert "+" + digits == normalize_phone(typed) == normalize_phone("+" + digits)


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
def test_invalid_phone_number_is_rejected(number: str, region: str | None) -> None:
    """A number outside all plans, or without a known region, is rejected."""
    with pytest.raises(InvalidInputError) as excinfo:
        normalize_phone(number, region=region)

    assert excinfo.value.field == "phone"


@pytest.mark.parametrize("number", [None, 37120000000, b"+37120000000"])
def test_non_string_phone_number_is_rejected(number: Any) -> None:
    """An int is rejected: it loses leading zeros."""
    with pytest.raises(InvalidTypeError):
        normalize_phone(number)


locals_ = st.from_regex(r"[A-Za-z0-9_+-]{1,20}(\.[A-Za-z0-9_+-]{1,20})?", fullmatch=True)
domains = st.from_regex(r"([a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\.){1,3}[a-z]{2,6}", fullmatch=True)


@given(locals_, domains)
def test_email_address_is_case_insensitive(local: str, domain: str) -> None:
    """Case and surrounding spaces change nothing; the form is stable."""
    key = normalize_email(f"{local}@{domain}")

    assert key == normalize_email(f"  {local.upper()}@{domain.upper()}\n") == normalize_email(key)


@pytest.mark.parametrize("address", ["пример@почта.рф", "نام@مثال.ایران", "o'neil@example.com", "a@b-c.example"])
def test_internationalized_email_address_is_accepted(address: str) -> None:
    """International addresses are accepted as they are written."""
    assert address == normalize_email(address)


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
def test_invalid_email_address_is_rejected(address: str) -> None:
    """An address that no server accepts is rejected."""
    with pytest.raises(InvalidEmailError):
        normalize_email(address)


def key_or_error(key: Callable[[str], str], given: str) -> str:
    """The canonical form, or the error."""
    try:
        return key(given)
    except InvalidInputError as error:
        return repr(error)


@given(st.one_of(st.from_regex(contact._SIMPLE_EMAIL, fullmatch=True), st.text("aZ9.-_+@\u00e9", max_size=70)))
def test_email_fast_path_equals_full_parser(address: str) -> None:
    """The fast path has the same result as the full check, which a leading space causes."""
    assert key_or_error(normalize_email, f" {address}") == key_or_error(normalize_email, address)


@given(st.one_of(st.from_regex(r"\+[0-9]{5,17}", fullmatch=True), st.text("+09\u0661 ", max_size=18)))
def test_phone_fast_path_equals_full_parser(number: str) -> None:
    """The fast path has the same result as the full check, which a leading space causes."""
    assert key_or_error(normalize_phone, f" {number}") == key_or_error(normalize_phone, number)

"""Headers are sent as written, and parsers read the original text."""

import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32
from email.utils import getaddresses

import pytest
from hypothesis import given, strategies as st

from crmcore.adapters.notifications.headers import (
    checked_address,
    create_message,
    encode_mailbox,
    encode_text,
    encode_url,
)

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=300) | st.text(
    '=?utf-8qQbB_ ,<>@"\\()0AD.;:a', max_size=200
)
reordering = re.compile("[\u202a-\u202e\u2066-\u2069]")


def head(name: str, value: str) -> bytes:
    """Build an e-mail with one header."""
    mail = create_message()
    mail[name] = value
    return mail.as_bytes()


def shown(text: str) -> str:
    """Return a text as header parsers display it."""
    return reordering.sub("", text).strip()


@given(texts)
def test_text_arrives_as_it_is(text: str) -> None:
    """Any subject becomes one folded ASCII header.

    Decoding it once returns the text.
    """
    content = head("Subject", encode_text(text))
    read = message_from_bytes(content, policy=compat32)

    assert ["Subject"] == read.keys()
    assert all(len(line) <= 78 for line in content.split(b"\r\n"))
    assert content.isascii()
    assert shown(text) == str(make_header(decode_header(read["Subject"].replace("\r\n", ""))))


@given(texts)
def test_name_leaves_the_address_alone(name: str) -> None:
    """Any name results in one mailbox with the given address."""
    value = encode_mailbox("anna@example.com", name)
    read = message_from_bytes(head("To", value), policy=compat32)
    [(display, address)] = getaddresses([read["To"].replace("\r\n", "")])

    assert "anna@example.com" == address
    assert shown(name) == str(make_header(decode_header(display)))


@given(texts | st.from_regex(r"=\?utf-8\?q\?[a-z0-9=]{0,20}\?=@[a-z.]{1,10}", fullmatch=True) | st.emails())
def test_address_is_one_word(text: str) -> None:
    """An accepted address has one reading, for all parsers."""
    try:
        address = checked_address(text)
    except ValueError:
        return

    assert [("", address)] == getaddresses([address])
    assert not set(address) & set(' <>()[],;:"\\\r\n')
    assert "=?" not in address


@pytest.mark.parametrize("value", ["a\r\nBcc: b", "a\nb", "a  b", " a", "a\x00", "a\u2028b", "a\ud800", "x" * 998])
def test_value_that_cannot_be_sent_is_not_stored(value: str) -> None:
    """The value is checked in the form in which it is sent."""
    with pytest.raises(ValueError, match="cannot be sent"):
        create_message()["Subject"] = value


def test_addresses_of_the_world_are_written() -> None:
    """Domains are converted to ASCII; local parts are unchanged."""
    assert "пример@xn--80a1acny.xn--p1ai" == checked_address("пример@почта.рф")
    assert "o'neil+a=b@example.com" == checked_address("o'neil+a=b@example.com")


def test_words_of_an_encoded_text_hold_whole_characters() -> None:
    """Encoded words have at most 75 characters (RFC 2047 5).

    Each of them can be decoded alone.
    """
    for text in (
        "Очень длинное имя " * 20,
        "نام بلند " * 30,
        "é" * 400,
        "Zvanīt Jānim par logiem " * 10,
        "👩‍👩‍👧" * 40,
    ):
        words = encode_text(text).split(" ")

        assert all(len(word) <= 75 and str(make_header(decode_header(word))) for word in words)
        assert len(words) > 1


def test_url_keeps_what_is_encoded_already() -> None:
    """Percent signs and the characters of queries stay as they are."""
    url = "https://example.com/a%20b?c=d&e=[f]#g,h;i"

    assert f"<{url}>" == encode_url(url)

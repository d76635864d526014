"""Mail headers: written here in full, never re-encoded by a library.

Python's `email` package decodes the encoded words (RFC 2047) of every value that it is given, and writes what it decoded. A name that
passed a check as ``=?utf-8?q?Bob=0d=0aBcc:...?=`` is then another text than the one that was checked.

Invariants:
    1. A value is checked in the form in which it is sent: words with one space between them, where lines are folded.
    2. Text is plain ASCII without ``=?``, or encoded words created here. So an encoded word in a text arrives as literal text.
    3. An address is a dot-atom and a domain name, checked after the conversion of the domain to ASCII (IDNA).
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import quote

from crmcore.domain.kernel.values.contact import MAX_EMAIL_LENGTH, is_local_part

LINE_LENGTH: Final = 78
"""The preferred maximum length of a line, in characters (RFC 5322 2.1.1)."""
MAX_WORD_LENGTH: Final = 970
"""The maximum length of a word, which cannot be folded: a line has at most 998 characters with its header name."""

_BIDI_CONTROLS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PLAIN: Final = re.compile(r"[!-~]{1,60}( [!-~]{1,60})*")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_UNQUOTED: Final = re.compile(r"[^\"\\<>]+")
_Q_LITERALS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_WORD_CAPACITY: Final = 63
"""The maximum number of encoded characters in a word, without ``=?utf-8?q?`` and ``?=`` (75 in all, RFC 2047 2)."""
_FIRST_WORD_CAPACITY: Final = 55
"""The same for the first word after ``Subject:``, because such a line has at most 76 characters."""
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_URL: Final = re.compile(r"([a-z][a-z0-9+.-]*:(?://)?)([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_INVALID_IN_URL: Final = re.compile("[\\s\x00-\x20\x7f-\x9f\\\\<>]")
_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))


class VerbatimHeaders(EmailPolicy):
    """Stores header values as given and folds them at their spaces.

    It decodes nothing unless a caller reads a value.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, str]:
        """Check and return a header.

        Raises:
            ValueError: the value is not in a form that can be sent.
        """
        if value and not all(map(_is_word, value.split(" "))):
            raise ValueError(f"{name} cannot be sent as it is")
        return name, value

    def fold(self, name: str, value: str) -> str:
        """Format a header, folded at the spaces of its value."""
        first, *words = value.split(" ")
        lines = [f"{name}: {first}"]  # no fold before the first word: some parsers would keep the space
        for word in words:
            if len(lines[-1]) + 1 + len(word) > LINE_LENGTH:
                lines.append("")
            lines[-1] += f" {word}"
        return self.linesep.join(lines) + self.linesep

    def fold_binary(self, name: str, value: str) -> bytes:
        """Encode a header as bytes: ASCII, except addresses (RFC 6532)."""
        return self.fold(name, value).encode()


def create_message() -> EmailMessage:
    """Create an empty e-mail whose headers are sent as they are set."""
    return EmailMessage(policy=VerbatimHeaders(linesep="\r\n", cte_type="7bit"))


def encode_text(text: str) -> str:
    """Encode free text, such as a subject, for a header.

    Controls that reorder the text behind them (embeddings, overrides and isolates of Unicode's bidirectional algorithm) are removed.

    Example:
        >>> encode_text("Late: call Anna"), encode_text("Zvanīt"), encode_text("=?utf-8?q?a?=")
        ('Late: call Anna', '=?utf-8?q?Zvan=C4=ABt?=', '=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=')
    """
    text = _BIDI_CONTROLS.sub("", text).strip()
    return text if _is_plain(text) else " ".join(_encoded_words(text))


def encode_mailbox(address: str, name: str) -> str:
    """Write one mailbox: an optional name and a checked address.

    Example:
        >>> encode_mailbox("crm@example.com", "Logi, SIA")
        '"Logi, SIA" <crm@example.com>'
    """
    name = _BIDI_CONTROLS.sub("", name).strip()
    if not name:
        return address
    if _is_plain(name) and _UNQUOTED.fullmatch(name):
        name = name if _ATOMS.fullmatch(name) else f'"{name}"'
    else:
        name = " ".join(_encoded_words(name))
    return f"{name} <{address}>"


def checked_address(address: str) -> str:
    """Parse an address as a mail server does, with its domain in ASCII.

    Raises:
        ValueError: the text is not one e-mail address.

    Example:
        >>> checked_address("anna@ēx.lv")
        'anna@xn--x-oia.lv'
    """
    if len(address) > MAX_EMAIL_LENGTH:
        raise ValueError("an address is too long")
    local, _, domain = address.rpartition("@")
    written = f"{local}@{to_ascii_domain(domain)}"
    # The last check parses the address as smtplib does before the SMTP command.
    if not is_local_part(local) or len(written.encode()) > MAX_EMAIL_LENGTH or parseaddr(written) != ("", written):
        raise ValueError("that is no address")
    return written


def to_ascii_domain(domain: str) -> str:
    """Convert a domain name to ASCII (IDNA) and check the result.

    Raises:
        ValueError: the result is not a domain name.
    """
    written = domain if domain.isascii() else domain.encode("idna").decode()
    if not _DOMAIN.fullmatch(written):
        raise ValueError("that is no domain")
    return written


def encode_url(url: str) -> str:
    """Write a web address in angle brackets.

    Characters beyond ASCII are percent-encoded, in the host by IDNA (RFC 3987 3.1).

    Raises:
        ValueError: the text is not a web address, contains a space, a control character or an angle bracket, or is too long for a line.

    Example:
        >>> encode_url("https://example.com/stop?who=jānis")
        '<https://example.com/stop?who=j%C4%81nis>'
    """
    parts = _URL.fullmatch(url)
    if not parts or _INVALID_IN_URL.search(url):
        raise ValueError("that is no web address")
    scheme, host, rest = parts.groups()
    written = f"<{scheme}{host if host.isascii() else to_ascii_domain(host)}{quote(rest, safe=_ASCII)}>"
    if not _is_word(written):
        raise ValueError("the web address is too long")
    return written


def _is_word(word: str) -> bool:
    """Return whether a word is printable and fits into a header line."""
    return word != "" and " " not in word and word.isprintable() and len(word.encode()) <= MAX_WORD_LENGTH


def _is_plain(text: str) -> bool:
    return "=?" not in text and _PLAIN.fullmatch(text) is not None


def _encoded_words(text: str) -> Iterator[str]:
    """Write text as encoded words (RFC 2047), each of whole characters.

    They use the readable Q encoding, or Base64 if Q would be more than twice as long as the text.
    """
    readable = [_q_encode(char) for char in text]
    if sum(map(len, readable)) <= 2 * len(text.encode()):
        for piece in _split_by_capacity(readable, _FIRST_WORD_CAPACITY, _WORD_CAPACITY):
            yield f"=?utf-8?q?{piece}?="
    else:
        for piece in _split_by_capacity(text, _FIRST_WORD_CAPACITY // 4 * 3, _WORD_CAPACITY // 4 * 3):
            yield f"=?utf-8?b?{b64encode(piece.encode()).decode()}?="


def _q_encode(char: str) -> str:
    return "_" if char == " " else "".join(chr(b) if b in _Q_LITERALS else f"={b:02X}" for b in char.encode())


def _split_by_capacity(parts: Iterable[str], first_capacity: int, capacity: int) -> Iterator[str]:
    """Join parts into pieces of a maximum size in bytes."""
    piece, left = "", first_capacity
    for part in parts:
        size = len(part.encode())
        if size > left:
            yield piece
            piece, left = "", capacity
        piece, left = piece + part, left - size
    yield piece

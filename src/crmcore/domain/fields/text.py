"""Texts: trimmed, in Unicode's composed form, without control characters, and of a stated length."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from crmcore.domain.errors.given import Blank, ControlCharacter, TooLong
from crmcore.domain.fields.build import NO_DEFAULT, build, require, wrong_type

LINE: Final = 200
"""The default limit of a one-line text, in characters."""
NOTE: Final = 10_000
"""The default limit of a text of several lines, in characters."""
LONG_TEXT: Final = 100_000
"""The limit of what a customer and an employee write to each other, in characters: a mail of thirty pages."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_BREAK = re.compile("[\t\n\u2028\u2029]")


def text(
    *,
    personal: bool,
    limit: int = LINE,
    lines: bool = False,
    blank: bool = False,
    optional: bool = False,
    default: Any = NO_DEFAULT,
) -> Any:
    """Hold a text.

    Args:
        personal: whether it tells something about a person.
        limit: in characters, after trimming.
        lines: whether line breaks and tabs may stand in it.
        blank: whether it may be empty.
        optional: whether it may be None.
        default: what it is when nothing is given.

    Raises:
        WrongType, Blank, TooLong, ControlCharacter: when the record is made.
    """
    check = text_check(limit=limit, lines=lines, blank=blank)
    return build(check, optional=optional, default=default, converter=tidy, personal=personal, limit=limit)


def words(*, personal: bool, limit: int = LINE, most: int = 100, default: Any = NO_DEFAULT) -> Any:
    """Hold a tuple of short texts, such as tags; a list or a set of texts is taken too.

    Raises:
        WrongType, Blank, TooLong, ControlCharacter: when the record is made.
    """
    check_word = text_check(limit=limit)

    def tidied(value: Any) -> Any:
        return tuple(tidy(word) for word in value) if isinstance(value, (tuple, list, set, frozenset)) else value

    def check(value: Any) -> None:
        if type(value) is not tuple:
            raise wrong_type("a tuple of texts", value)
        if len(value) > most:
            raise TooLong("", limit=most, length=len(value))
        for word in value:
            check_word(word)

    return build(check, default=default, converter=tidied, personal=personal, limit=limit, items=most)


def tidy(value: Any) -> Any:
    """Trim a text, compose its accents (Unicode NFC), end its lines alike; anything else passes, for the check to refuse."""
    if type(value) is str:
        value = value.strip()
        if "\r" in value:
            value = value.replace("\r\n", "\n").replace("\r", "\n")
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    return value


def text_check(*, limit: int = LINE, lines: bool = False, blank: bool = False) -> Callable[[Any], None]:
    """Make the check of a text field."""

    def check(value: Any) -> None:
        if type(value) is not str:
            raise wrong_type("a text", value)
        if not value and not blank:
            raise Blank("")
        if len(value) > limit:
            raise TooLong("", limit=limit, length=len(value))
        # isprintable() is one call in C; what it refuses, such as a Persian name's zero-width non-joiner, is looked at.
        if not value.isprintable() and (bad := _FORBIDDEN.search(value) or (not lines and _BREAK.search(value))):
            raise ControlCharacter("", position=bad.start())

    return check


def checked_text(path: str, value: Any, *, limit: int = LINE, lines: bool = False, blank: bool = False) -> str:
    """Tidy and check a text that is an argument and not a field.

    Raises:
        WrongType, Blank, TooLong, ControlCharacter: naming `path`.
    """
    value = tidy(value)
    require(path, text_check(limit=limit, lines=lines, blank=blank), value)
    return str(value)


def printable_line(value: object, *, limit: int) -> str:
    r"""Make one line of the words of another system, such as an error's, so that every text field takes it.

    White space becomes one space, a control character U+FFFD, and what is too long ends in an ellipsis.

    Example:
        >>> printable_line("550 5.1.1\r\nUser unknown\0", limit=40)
        '550 5.1.1 User unknown�'
    """
    line = " ".join(_FORBIDDEN.sub(lambda bad: " " if bad[0].isspace() else "\ufffd", str(value)).split())
    line = unicodedata.normalize("NFC", line)
    return line if len(line) <= limit else line[: limit - 1] + "…"

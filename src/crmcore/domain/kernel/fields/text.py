"""Text fields: trimmed, composed (NFC), without control characters."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from crmcore.domain.kernel.errors.validation import InvalidCharacterError, RequiredError, TooLongError
from crmcore.domain.kernel.fields.base import NO_DEFAULT, make_field, type_error, validate_argument

MAX_LINE_LENGTH: Final = 200
"""The default maximum length of a one-line text, in characters."""
MAX_NOTE_LENGTH: Final = 10_000
"""The default maximum length of a text of several lines, in characters."""
LONG_TEXT: Final = 100_000
"""The maximum length of a message between a customer and a user, in characters."""

_FORBIDDEN_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_LINE_BREAK = re.compile("[\t\n\u2028\u2029]")


def text(
    *,
    personal: bool,
    max_length: int = MAX_LINE_LENGTH,
    multiline: bool = False,
    allow_blank: bool = False,
    optional: bool = False,
    default: Any = NO_DEFAULT,
) -> Any:
    """Declare a text.

    Args:
        personal: whether it is personal data.
        max_length: in characters, after trimming.
        multiline: whether line breaks and tabs are allowed.
        allow_blank: whether it may be empty.
        optional: whether it may be None.
        default: the default value.

    Raises:
        InvalidTypeError, RequiredError, TooLongError, InvalidCharacterError: the value is invalid.
    """
    check = text_check(max_length=max_length, multiline=multiline, allow_blank=allow_blank)
    return make_field(
        check, optional=optional, default=default, converter=normalize_text, personal=personal, max_length=max_length
    )


def text_list(
    *, personal: bool, max_length: int = MAX_LINE_LENGTH, max_items: int = 100, default: Any = NO_DEFAULT
) -> Any:
    """Declare a tuple of short texts. Lists and sets are converted.

    Raises:
        InvalidTypeError, RequiredError, TooLongError, InvalidCharacterError: the value is invalid.
    """
    check_text = text_check(max_length=max_length)

    def normalized(value: Any) -> Any:
        return (
            tuple(normalize_text(word) for word in value) if isinstance(value, (tuple, list, set, frozenset)) else value
        )

    def check(value: Any) -> None:
        if type(value) is not tuple:
            raise type_error("a tuple of texts", value)
        if len(value) > max_items:
            raise TooLongError("", max_length=max_items, length=len(value))
        for word in value:
            check_text(word)

    return make_field(
        check, default=default, converter=normalized, personal=personal, max_length=max_length, max_items=max_items
    )


def normalize_text(value: Any) -> Any:
    """Trim a text, compose it (NFC) and unify its line ends.

    Other values are returned unchanged, for the check to reject.
    """
    if type(value) is str:
        value = value.strip()
        if "\r" in value:
            value = value.replace("\r\n", "\n").replace("\r", "\n")
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    return value


def text_check(
    *, max_length: int = MAX_LINE_LENGTH, multiline: bool = False, allow_blank: bool = False
) -> Callable[[Any], None]:
    """Return the check of a text field."""

    def check(value: Any) -> None:
        if type(value) is not str:
            raise type_error("a text", value)
        if not value and not allow_blank:
            raise RequiredError("")
        if len(value) > max_length:
            raise TooLongError("", max_length=max_length, length=len(value))
        # isprintable() is one call in C. The characters that it rejects, such as the zero-width non-joiner of Persian names, are checked below.
        if not value.isprintable() and (
            bad := _FORBIDDEN_CHARACTERS.search(value) or (not multiline and _LINE_BREAK.search(value))
        ):
            raise InvalidCharacterError("", position=bad.start())

    return check


def checked_text(
    path: str, value: Any, *, max_length: int = MAX_LINE_LENGTH, multiline: bool = False, allow_blank: bool = False
) -> str:
    """Normalize and check a text argument.

    Raises:
        InvalidTypeError, RequiredError, TooLongError, InvalidCharacterError: with `path` as the field.
    """
    value = normalize_text(value)
    validate_argument(path, text_check(max_length=max_length, multiline=multiline, allow_blank=allow_blank), value)
    return str(value)


def printable_line(value: object, *, limit: int) -> str:
    r"""Make one printable line of a text of another system.

    White space becomes one space, a control character U+FFFD; a longer text is cut with an ellipsis.

    Example:
        >>> printable_line("550 5.1.1\r\nUser unknown\0", limit=40)
        '550 5.1.1 User unknown�'
    """
    line = " ".join(_FORBIDDEN_CHARACTERS.sub(lambda bad: " " if bad[0].isspace() else "\ufffd", str(value)).split())
    line = unicodedata.normalize("NFC", line)
    return line if len(line) <= limit else line[: limit - 1] + "…"

"""Template filters and tests: the operations on values, with limits."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from jinja2 import Undefined
from markupsafe import Markup, escape

from crmcore.adapters.templates.allowlist import DisallowedSyntaxError

MAX_TEXT_LENGTH: Final = 64 * 2**10
"""The maximum length of a resulting text, in characters."""

_NUMBER_PATTERN: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_DATE_DIRECTIVE: Final = re.compile(r"%(.?)")


def to_number(value: Any) -> int | Decimal:
    """Return a number, given as a number or as a numeric text."""
    if isinstance(value, Undefined):
        str(value)
    if type(value) is int or type(value) is Decimal:
        return value
    text = repr(value) if type(value) is float else value
    if isinstance(text, str) and _NUMBER_PATTERN.fullmatch(text):
        return Decimal(str.__str__(text))
    raise DisallowedSyntaxError("calculates with a value that is not a number")


def default(value: Any, default_value: Any = "", replace_blank: Any = False, /) -> Any:  # noqa: FBT002  # arguments of filters are positional
    """Return a default for a missing value, and optionally for an empty one."""
    return default_value if isinstance(value, Undefined) or (replace_blank is True and not value) else value


def _require_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if type(value) in {int, float, Decimal}:
        return f"{value:f}" if type(value) is Decimal else str(value)
    raise DisallowedSyntaxError("a filter for texts has a value that is not a text")


def _join(values: Any, separator: str = "", /) -> str:
    if not isinstance(values, list):
        raise DisallowedSyntaxError("join works on a list")
    texts = [_require_text(value) for value in values]
    if sum(map(len, texts)) + len(separator) * len(texts) > MAX_TEXT_LENGTH:
        raise DisallowedSyntaxError(f"makes a text of more than {MAX_TEXT_LENGTH:,} characters")
    if any(isinstance(text, Markup) for text in (*texts, separator)):
        return Markup("").join(map(escape, texts)) if not separator else escape(separator).join(map(escape, texts))
    return separator.join(texts)


def _truncate(value: Any, length: int = 100, /) -> str:
    text = _require_text(value)
    if type(length) is not int or length < 1:
        raise DisallowedSyntaxError("truncate wants a length of 1 or more")
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _round(value: Any, places: int = 0, /) -> Decimal:
    if type(places) is not int or not 0 <= places <= 6:
        raise DisallowedSyntaxError("round wants 0 to 6 places")
    return Decimal(to_number(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _length(value: Any, /) -> int:
    if not isinstance(value, (str, list, dict)):
        raise DisallowedSyntaxError("length works on a text or a list")
    return len(value)


def _first(value: Any, /) -> Any:
    return value[0] if isinstance(value, (str, list)) and value else ""


def _last(value: Any, /) -> Any:
    return value[-1] if isinstance(value, (str, list)) and value else ""


def _items(value: Any, /) -> list[list[Any]]:
    if not isinstance(value, dict):
        raise DisallowedSyntaxError("items works on a group of named values")
    return [[name, item] for name, item in value.items()]


def _date(value: Any, format_string: str = "%d.%m.%Y", /) -> str:
    """Format an ISO 8601 date or time: ``%d %m %Y %y %H %M``."""
    if not value:
        return ""
    try:
        moment = datetime.fromisoformat(_require_text(value))
    except ValueError:
        raise DisallowedSyntaxError("date works on a date such as 2026-03-02 or 2026-03-02 09:00") from None
    parts = {
        "d": f"{moment:%d}",
        "m": f"{moment:%m}",
        "Y": f"{moment.year:04}",
        "y": f"{moment:%y}",
        "H": f"{moment:%H}",
        "M": f"{moment:%M}",
    }

    def write(match: "re.Match[str]") -> str:
        if match[1] not in parts:
            raise DisallowedSyntaxError("date knows %d %m %Y %y %H and %M")
        return parts[match[1]]

    return _DATE_DIRECTIVE.sub(write, _require_text(format_string))


def _escape(value: Any, /) -> Markup:
    return escape(_require_text(value))


def _text_filter(transform: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: transform(_require_text(value))


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "capitalize": _text_filter(lambda text: text.capitalize()),
    "count": _length,
    "date": _date,
    "e": _escape,
    "escape": _escape,
    "first": _first,
    "items": _items,
    "join": _join,
    "last": _last,
    "length": _length,
    "lower": _text_filter(lambda text: text.lower()),
    "number": to_number,
    "round": _round,
    "title": _text_filter(lambda text: text.title()),
    "trim": _text_filter(lambda text: text.strip()),
    "truncate": _truncate,
    "upper": _text_filter(lambda text: text.upper()),
}
"""The filters by name."""


def _require_integer(value: Any) -> int:
    if type(value) is not int:
        raise DisallowedSyntaxError("odd and even are whole numbers")
    return value


TESTS: Final[Mapping[str, Callable[..., Any]]] = {
    "defined": lambda value: not isinstance(value, Undefined),
    "undefined": lambda value: isinstance(value, Undefined),
    "none": lambda value: value is None,
    "odd": lambda value: _require_integer(value) % 2 == 1,
    "even": lambda value: _require_integer(value) % 2 == 0,
}
"""The tests by name."""

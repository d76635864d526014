"""What a template may do with a value: the filters and tests, each with limits of its own."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from jinja2 import Undefined
from markupsafe import Markup, escape

from crmcore.adapters.templates.walls import Refused

LONGEST: Final = 64 * 2**10
"""How long a text may become, in characters."""

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_DATE_PART: Final = re.compile(r"%(.?)")


def number(value: Any) -> int | Decimal:
    """Take a number, or a text that is one."""
    if isinstance(value, Undefined):
        str(value)
    if type(value) is int or type(value) is Decimal:
        return value
    text = repr(value) if type(value) is float else value
    if isinstance(text, str) and _NUMBER.fullmatch(text):
        return Decimal(str.__str__(text))
    raise Refused("calculates with what is not a number")


def default(value: Any, instead: Any = "", blank: Any = False, /) -> Any:  # noqa: FBT002  # a filter's arguments stand in order
    """Give something instead of what is missing, and on demand of what is empty."""
    return instead if isinstance(value, Undefined) or (blank is True and not value) else value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if type(value) in {int, float, Decimal}:
        return f"{value:f}" if type(value) is Decimal else str(value)
    raise Refused("a filter for texts stands behind what is not a text")


def _join(values: Any, between: str = "", /) -> str:
    if not isinstance(values, list):
        raise Refused("join works on a list")
    words = [_text(value) for value in values]
    if sum(map(len, words)) + len(between) * len(words) > LONGEST:
        raise Refused(f"makes a text of more than {LONGEST:,} characters")
    if any(isinstance(word, Markup) for word in (*words, between)):
        return Markup("").join(map(escape, words)) if not between else escape(between).join(map(escape, words))
    return between.join(words)


def _truncate(value: Any, length: int = 100, /) -> str:
    text = _text(value)
    if type(length) is not int or length < 1:
        raise Refused("truncate wants a length of 1 or more")
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _round(value: Any, places: int = 0, /) -> Decimal:
    if type(places) is not int or not 0 <= places <= 6:
        raise Refused("round wants 0 to 6 places")
    return Decimal(number(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _length(value: Any, /) -> int:
    if not isinstance(value, (str, list, dict)):
        raise Refused("length works on a text or a list")
    return len(value)


def _first(value: Any, /) -> Any:
    return value[0] if isinstance(value, (str, list)) and value else ""


def _last(value: Any, /) -> Any:
    return value[-1] if isinstance(value, (str, list)) and value else ""


def _items(value: Any, /) -> list[list[Any]]:
    if not isinstance(value, dict):
        raise Refused("items works on a group of named values")
    return [[name, item] for name, item in value.items()]


def _date(value: Any, form: str = "%d.%m.%Y", /) -> str:
    """Write a date or a time, given in ISO 8601, in another order: ``%d %m %Y %y %H %M``."""
    if not value:
        return ""
    try:
        at = datetime.fromisoformat(_text(value))
    except ValueError:
        raise Refused("date works on a date such as 2026-03-02 or 2026-03-02 09:00") from None
    parts = {"d": f"{at:%d}", "m": f"{at:%m}", "Y": f"{at.year:04}", "y": f"{at:%y}", "H": f"{at:%H}", "M": f"{at:%M}"}

    def write(match: "re.Match[str]") -> str:
        if match[1] not in parts:
            raise Refused("date knows %d %m %Y %y %H and %M")
        return parts[match[1]]

    return _DATE_PART.sub(write, _text(form))


def _of_escaped(value: Any, /) -> Markup:
    return escape(_text(value))


def _of_texts(work: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: work(_text(value))


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "capitalize": _of_texts(lambda text: text.capitalize()),
    "count": _length,
    "date": _date,
    "e": _of_escaped,
    "escape": _of_escaped,
    "first": _first,
    "items": _items,
    "join": _join,
    "last": _last,
    "length": _length,
    "lower": _of_texts(lambda text: text.lower()),
    "number": number,
    "round": _round,
    "title": _of_texts(lambda text: text.title()),
    "trim": _of_texts(lambda text: text.strip()),
    "truncate": _truncate,
    "upper": _of_texts(lambda text: text.upper()),
}
"""What a template may write behind ``|``, and ``default``."""


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise Refused("odd and even are whole numbers")
    return value


TESTS: Final[Mapping[str, Callable[..., Any]]] = {
    "defined": lambda value: not isinstance(value, Undefined),
    "undefined": lambda value: isinstance(value, Undefined),
    "none": lambda value: value is None,
    "odd": lambda value: _whole(value) % 2 == 1,
    "even": lambda value: _whole(value) % 2 == 0,
}
"""What a template may write behind ``is``."""

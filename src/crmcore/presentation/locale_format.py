"""Locale formats: text direction, digits, separators, bidi isolation."""

import unicodedata
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from crmcore.domain.kernel.values.money import Money
from crmcore.domain.kernel.zones import zone_of
from crmcore.locales.catalogue import direction, label, negotiate_language
from crmcore.presentation.model import Cell, LabelledName, Percentage, TextKey

LRI, RLI, PDI = "\u2066", "\u2067", "\u2069"
NBSP: Final = "\u00a0"

# Digits, thousands separator, decimal separator, percent sign.
_NUMBER_FORMATS: Final = {
    "az": ("0123456789", ".", ",", "%"),
    "en": ("0123456789", ",", ".", "%"),
    "fa": ("۰۱۲۳۴۵۶۷۸۹", "٬", "٫", "٪"),
    "lv": ("0123456789", NBSP, ",", f"{NBSP}%"),
    "mn": ("0123456789", ",", ".", "%"),
    "uz": ("0123456789", NBSP, ",", "%"),
}
# An Arabic font first for Arabic script, then a Latin one: a viewer takes the first font that has the letter.
_LATIN_FONTS: Final = "'Segoe UI', 'Noto Sans', 'DejaVu Sans', Roboto, 'Helvetica Neue', Arial, sans-serif"
_FONTS: Final = {"fa": f"Vazirmatn, 'Noto Sans Arabic', 'Noto Naskh Arabic', Tahoma, {_LATIN_FONTS}"}
_RTL_CATEGORIES: Final = frozenset({"R", "AL"})


@frozen
class LocaleFormat:
    """The format of values in one language and one time zone."""

    language: str
    direction: str
    fonts: str
    time_zone: str = "UTC"

    @classmethod
    def for_language(cls, language: str | None, *, time_zone: str = "UTC") -> "LocaleFormat":
        """Return the format of a language, or of the nearest supported one.

        Raises:
            InvalidChoiceError: no such time zone.
        """
        zone_of(time_zone)
        supported = negotiate_language(language)
        return cls(supported, direction(supported), _FONTS.get(supported, _LATIN_FONTS), time_zone)

    @property
    def is_right_to_left(self) -> bool:
        """Whether the language is written from right to left."""
        return self.direction == "rtl"

    @property
    def list_separator(self) -> str:
        """The separator of list items."""
        return "، " if self.is_right_to_left else ", "

    def format(self, cell: Cell) -> str:
        r"""Format the value of a cell.

        Example:
            >>> fa, lv = LocaleFormat.for_language("fa"), LocaleFormat.for_language("lv")
            >>> fa.format(Money("1234.50", "EUR")), lv.format(Percentage(4550)), lv.format(TextKey("won"))
            ('۱٬۲۳۴٫۵۰\xa0EUR', '45,5\xa0%', 'Uzvarēts')
        """
        match cell:
            case None:
                return ""
            case TextKey(key):
                return label(key, self.language)
            case str():
                return cell
            case int():
                return self._localize_number(f"{cell:,}")
            case Percentage(points):
                sign = _NUMBER_FORMATS[self.language][3]
                return self._localize_number(f"{points / 100:.1f}".removesuffix(".0")) + sign
            case LabelledName(text_key, name):
                return f"{self.format(text_key)}: {name}"
            case Money():
                return self._localize_number(f"{cell.amount:,}") + NBSP + cell.currency
            case timedelta():
                minutes = cell // timedelta(minutes=1)
                return self._localize_digits(f"{minutes // 60}:{minutes % 60:02}")
            case datetime():
                return self._localize_digits(cell.astimezone(zone_of(self.time_zone)).strftime("%Y-%m-%d %H:%M"))
            case _:
                return self.list_separator.join(self.format(item) for item in cell)

    def isolate(self, text: str) -> str:
        """Isolate a text from the direction of the text around it (Unicode bidi).

        On a right-to-left page, a text with any right-to-left letter is right-to-left; otherwise its first letter decides.
        """
        directions = [unicodedata.bidirectional(char) for char in text]
        strong_directions = [direction for direction in directions if direction == "L" or direction in _RTL_CATEGORIES]
        decisive = strong_directions if self.is_right_to_left else strong_directions[:1]
        return (RLI if _RTL_CATEGORIES.intersection(decisive) else LRI) + text + PDI

    def _localize_number(self, text: str) -> str:
        _, thousands, point, _ = _NUMBER_FORMATS[self.language]
        return self._localize_digits(text.translate({ord(","): thousands, ord("."): point}))

    def _localize_digits(self, text: str) -> str:
        digits = _NUMBER_FORMATS[self.language][0]
        return text if digits.isascii() else text.translate(str.maketrans("0123456789", digits))

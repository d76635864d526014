"""How a language writes: from which side, with which digits and separators, in which letters; and how scripts are kept apart."""

import unicodedata
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from crmcore.domain.texts.catalogue import direction, label, spoken
from crmcore.domain.values.money import Money
from crmcore.domain.zones import zone_of
from crmcore.services.pages.sheet import Cell, Named, Share, Word

LRI, RLI, PDI = "\u2066", "\u2067", "\u2069"
NBSP: Final = "\u00a0"

# Digits, thousands separator, decimal separator, percent sign.
_NUMBERS: Final = {
    "az": ("0123456789", ".", ",", "%"),
    "en": ("0123456789", ",", ".", "%"),
    "fa": ("۰۱۲۳۴۵۶۷۸۹", "٬", "٫", "٪"),
    "lv": ("0123456789", NBSP, ",", f"{NBSP}%"),
    "mn": ("0123456789", ",", ".", "%"),
    "uz": ("0123456789", NBSP, ",", "%"),
}
# An Arabic face first where Arabic letters are written, and a Latin one after it: a viewer takes the first that has the letter.
_LATIN: Final = "'Segoe UI', 'Noto Sans', 'DejaVu Sans', Roboto, 'Helvetica Neue', Arial, sans-serif"
_FONTS: Final = {"fa": f"Vazirmatn, 'Noto Sans Arabic', 'Noto Naskh Arabic', Tahoma, {_LATIN}"}
_FROM_THE_RIGHT: Final = frozenset({"R", "AL"})


@frozen
class Writing:
    """How one language writes, and in which zone it tells the time."""

    language: str
    direction: str
    fonts: str
    zone: str = "UTC"

    @classmethod
    def of(cls, language: str | None, *, zone: str = "UTC") -> "Writing":
        """How crmcore writes for somebody of that language.

        Raises:
            NotAllowed: no zone of that name.
        """
        zone_of(zone)
        known = spoken(language)
        return cls(known, direction(known), _FONTS.get(known, _LATIN), zone)

    @property
    def is_mirrored(self) -> bool:
        """Whether it writes from the right."""
        return self.direction == "rtl"

    @property
    def comma(self) -> str:
        """What stands between the items of a list."""
        return "، " if self.is_mirrored else ", "

    def write(self, cell: Cell) -> str:
        r"""Write anything that can stand on a page.

        Example:
            >>> fa, lv = Writing.of("fa"), Writing.of("lv")
            >>> fa.write(Money("1234.50", "EUR")), lv.write(Share(4550)), lv.write(Word("won"))
            ('۱٬۲۳۴٫۵۰\xa0EUR', '45,5\xa0%', 'Uzvarēts')
        """
        match cell:
            case None:
                return ""
            case Word(key):
                return label(key, self.language)
            case str():
                return cell
            case int():
                return self._number(f"{cell:,}")
            case Share(points):
                sign = _NUMBERS[self.language][3]
                return self._number(f"{points / 100:.1f}".removesuffix(".0")) + sign
            case Named(sort, name):
                return f"{self.write(sort)}: {name}"
            case Money():
                return self._number(f"{cell.amount:,}") + NBSP + cell.currency
            case timedelta():
                minutes = cell // timedelta(minutes=1)
                return self._digits(f"{minutes // 60}:{minutes % 60:02}")
            case datetime():
                return self._digits(cell.astimezone(zone_of(self.zone)).strftime("%Y-%m-%d %H:%M"))
            case _:
                return self.comma.join(self.write(item) for item in cell)

    def isolate(self, text: str) -> str:
        """Wrap a text so that the letters around it do not change its order, nor it theirs.

        On a page that is read from the right a text with any letter of such a script is read from the right too; elsewhere its first
        letter decides.
        """
        sides = [unicodedata.bidirectional(char) for char in text]
        strong = [side for side in sides if side == "L" or side in _FROM_THE_RIGHT]
        leading = strong if self.is_mirrored else strong[:1]
        return (RLI if _FROM_THE_RIGHT.intersection(leading) else LRI) + text + PDI

    def _number(self, text: str) -> str:
        _, thousands, point, _ = _NUMBERS[self.language]
        return self._digits(text.translate({ord(","): thousands, ord("."): point}))

    def _digits(self, text: str) -> str:
        digits = _NUMBERS[self.language][0]
        return text if digits.isascii() else text.translate(str.maketrans("0123456789", digits))

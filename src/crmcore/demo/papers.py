"""The company's papers: an invoice in each language, filled without any library."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final

INVOICE: Final = "Invoice"
_GAP: Final = re.compile(r"\{\{ ?([a-z_]+)\.([a-z_]+) ?\}\}")

# Title, customer, address, service, amount, payment details.
_WORDS: Final = {
    "az": ("Hesab-faktura", "Müştəri", "Ünvan", "Xidmət", "Məbləğ", "Ödəniş rekvizitləri"),
    "en": ("Invoice", "Customer", "Address", "Service", "Amount", "Payment details"),
    "fa": ("صورتحساب", "مشتری", "نشانی", "خدمت", "مبلغ", "اطلاعات پرداخت"),
    "lv": ("Rēķins", "Klients", "Adrese", "Pakalpojums", "Summa", "Maksājuma rekvizīti"),
    "mn": ("Нэхэмжлэх", "Үйлчлүүлэгч", "Хаяг", "Үйлчилгээ", "Дүн", "Төлбөрийн мэдээлэл"),
    "uz": ("Hisob-faktura", "Mijoz", "Manzil", "Xizmat", "Summa", "To‘lov rekvizitlari"),
    "uz-Cyrl": ("Ҳисоб-фактура", "Мижоз", "Манзил", "Хизмат", "Сумма", "Тўлов реквизитлари"),
}


def invoices() -> Mapping[str, str]:
    """The invoice's template in each language."""
    gaps = ("customer.name", "customer.address", "deal.about", "deal.value", "company.bank")
    texts = {}
    for language, (title, *words) in _WORDS.items():
        rows = "\n".join(
            f"<tr><th>{word}</th><td dir='auto'>{{{{ {gap} }}}}</td></tr>"
            for word, gap in zip(words, gaps, strict=True)
        )
        side = "rtl" if language == "fa" else "ltr"
        texts[language] = (
            f'<!DOCTYPE html>\n<html lang="{language}" dir="{side}"><meta charset="utf-8">\n'
            f"<title>{title}</title>\n<h1>{title}</h1>\n<p>{{{{ company.name }}}}</p>\n<table>\n{rows}\n</table>\n</html>\n"
        )
    return texts


class Gaps:
    """A renderer that needs no library: it fills ``{{ customer.name }}`` and knows nothing else. A host may plug in any other."""

    def check(self, template: str, body: str, /, *, media_type: str) -> None:
        """Take any text: there is nothing in it that could be dangerous."""

    def render(self, template: str, body: str, data: Mapping[str, Any], /, *, media_type: str) -> str:
        """Fill the gaps; what the data do not know stays empty."""

        def found(gap: re.Match[str]) -> str:
            text = str(data.get(gap[1], {}).get(gap[2], ""))
            return escape(text) if media_type == "text/html" else text

        return _GAP.sub(found, body)

"""Documents of the demo: an invoice in each language, without Jinja2."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final

INVOICE: Final = "Invoice"
_PLACEHOLDER: Final = re.compile(r"\{\{ ?([a-z_]+)\.([a-z_]+) ?\}\}")

# Title, customer, address, service, amount, payment details.
_LABELS: Final = {
    "az": ("Hesab-faktura", "Müştəri", "Ünvan", "Xidmət", "Məbləğ", "Ödəniş rekvizitləri"),
    "en": ("Invoice", "Customer", "Address", "Service", "Amount", "Payment details"),
    "fa": ("صورتحساب", "مشتری", "نشانی", "خدمت", "مبلغ", "اطلاعات پرداخت"),
    "lv": ("Rēķins", "Klients", "Adrese", "Pakalpojums", "Summa", "Maksājuma rekvizīti"),
    "mn": ("Нэхэмжлэх", "Үйлчлүүлэгч", "Хаяг", "Үйлчилгээ", "Дүн", "Төлбөрийн мэдээлэл"),
    "uz": ("Hisob-faktura", "Mijoz", "Manzil", "Xizmat", "Summa", "To‘lov rekvizitlari"),
    "uz-Cyrl": ("Ҳисоб-фактура", "Мижоз", "Манзил", "Хизмат", "Сумма", "Тўлов реквизитлари"),
}


def invoice_templates() -> Mapping[str, str]:
    """Return the template of the invoice in each language."""
    placeholders = ("customer.name", "customer.address", "deal.about", "deal.value", "company.bank")
    templates = {}
    for language, (title, *labels) in _LABELS.items():
        rows = "\n".join(
            f"<tr><th>{label}</th><td dir='auto'>{{{{ {placeholder} }}}}</td></tr>"
            for label, placeholder in zip(labels, placeholders, strict=True)
        )
        direction = "rtl" if language == "fa" else "ltr"
        templates[language] = (
            f'<!DOCTYPE html>\n<html lang="{language}" dir="{direction}"><meta charset="utf-8">\n'
            f"<title>{title}</title>\n<h1>{title}</h1>\n<p>{{{{ company.name }}}}</p>\n<table>\n{rows}\n</table>\n</html>\n"
        )
    return templates


class PlaceholderRenderer:
    """Renderer without dependencies: replaces ``{{ customer.name }}``."""

    def check(self, template: str, body: str, /, *, media_type: str) -> None:
        """Accept any text; placeholders cannot execute code."""

    def render(self, template: str, body: str, variables: Mapping[str, Any], /, *, media_type: str) -> str:
        """Replace placeholders; unknown variables are empty."""

        def replace(match: re.Match[str]) -> str:
            text = str(variables.get(match[1], {}).get(match[2], ""))
            return escape(text) if media_type == "text/html" else text

        return _PLACEHOLDER.sub(replace, body)

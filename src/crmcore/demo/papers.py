"""The company's papers: an invoice in each language, filled without any library, and a folder in which sent letters can be read."""

import re
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTPUTF8
from html import escape
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from crmcore.domain.messages import Letter

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


@frozen
class LetterFolder:
    """A notifier that puts each letter into a folder, as a mail program would read it. The same letter is the same file."""

    folder: Path

    def send(self, letter: Letter, /) -> None:
        """Write the letter's file, whole or not at all."""
        mail = EmailMessage(policy=SMTPUTF8)
        mail["Date"] = letter.at
        mail["From"] = "crm@windows.example"
        mail["To"] = letter.to or "nobody@windows.example"
        mail["Subject"] = letter.subject
        mail["Message-ID"] = f"<{letter.id}@windows.example>"
        mail["Content-Language"] = letter.language
        mail.set_content(letter.body, cte="8bit")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{letter.at:%Y-%m-%d-%H%M}-{letter.topic.replace('.', '-')}-{letter.id[-8:]}.eml"
        draft = path.with_suffix(".part")
        draft.write_bytes(mail.as_bytes())
        draft.replace(path)

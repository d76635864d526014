"""Contact data: e-mail addresses and phone numbers in a canonical form."""

import re
import unicodedata
from typing import Final

from crmcore.domain.kernel.errors.validation import InvalidEmailError, InvalidPhoneError
from crmcore.domain.kernel.fields.text import checked_text

MAX_EMAIL_LENGTH: Final = 254
"""The longest e-mail address that fits into an SMTP path (RFC 5321 4.5.3.1.3)."""

_ATOM = r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LOCAL_LIMIT: Final = 64
_DOMAIN_LABEL = re.compile(r"[^\W_]([^\W_]|-){0,61}[^\W_]|[^\W_]")
_PHONE_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015\u200e\u200f\u202a-\u202e\u2066-\u2069\xa0]")
E164_FORMAT: Final = re.compile(r"\+[1-9][0-9]{6,14}")
"""The international form of a phone number (ITU-T E.164)."""
# A common address that already has its canonical form and needs no further check.
_SIMPLE_EMAIL = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z]+")
_SIMPLE_EMAIL_MAX_LENGTH: Final = 64

# Country calling code, the prefix dialled before a number within the country, and how many digits follow it.
_NATIONAL_NUMBERING_PLANS: Final = {
    "AZ": ("994", "0", {9}),
    "IR": ("98", "0", {10}),
    "LV": ("371", "", {8}),
    "MN": ("976", "0", {8}),
    "UZ": ("998", "", {9}),
}


def normalize_email(address: str) -> str:
    """Normalize an e-mail address.

    The canonical form is composed and in lower case, including the local part, as every provider treats it. International addresses (RFC
    6531) are accepted.

    Raises:
        InvalidEmailError: the text cannot be an e-mail address.

    Example:
        >>> normalize_email(" Anna.Berzina@Example.LV ")
        'anna.berzina@example.lv'
    """
    if type(address) is str and len(address) <= _SIMPLE_EMAIL_MAX_LENGTH and _SIMPLE_EMAIL.fullmatch(address):
        return address
    address = checked_text("email", address.lower() if type(address) is str else address, max_length=MAX_EMAIL_LENGTH)
    local, _, domain = address.rpartition("@")
    if not is_local_part(local):
        raise InvalidEmailError("email", "must look like name@example.com")
    if not (
        _is_domain(domain) and _is_domain(unicodedata.normalize("NFKC", domain))
    ):  # the second is how IDNA reads it
        raise InvalidEmailError("email", "must end in a domain such as example.com")
    return address


def is_local_part(local: str) -> bool:
    """Return whether a text is a dot-atom (RFC 5322 3.2.3, RFC 6531 3.3).

    No character may become another one in a mail library or server: no encoded word (RFC 2047), no compatibility form of a special character
    such as the fullwidth ``＠``, no invisible character.

    Example:
        >>> is_local_part("anna.berzina"), is_local_part("=?utf-8?q?a=40evil.example=3E?="), is_local_part("a＠b")
        (True, False, False)
    """
    if len(local) > _LOCAL_LIMIT or not local.isprintable():
        return False
    read = unicodedata.normalize("NFKC", local)
    return "=?" not in read and " " not in read and _LOCAL_PART.fullmatch(read) is not None


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and all(map(_DOMAIN_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def normalize_phone(number: str, *, region: str | None = None) -> str:
    """Normalize a phone number to the international form (ITU-T E.164).

    Arabic and Persian digits are accepted; spaces, dots, hyphens and brackets are ignored. A number without ``+`` or ``00`` is a national
    number of `region`: AZ, IR, LV, MN and UZ are known here, all regions with the ``phone`` extra.

    Raises:
        InvalidPhoneError: the text cannot be a phone number, or is a national number without a region.

    Example:
        >>> normalize_phone("+371 2000-0000"), normalize_phone("۰۹۱۲ ۳۴۵ ۶۷۸۹", region="IR")
        ('+37120000000', '+989123456789')
    """
    if type(number) is str and E164_FORMAT.fullmatch(number):
        return number
    text = _PHONE_SEPARATORS.sub("", checked_text("phone", number, max_length=40))
    plus, digits = text[:1] in {"+", "\uff0b"}, text.lstrip("+\uff0b")
    if not digits.isdecimal():
        raise InvalidPhoneError("phone", "must be digits, with + and the country's code in front")
    digits = "".join(str(int(digit)) for digit in digits)
    if not plus and digits.startswith("00"):
        plus, digits = True, digits[2:]
    if not plus:
        digits = _to_international(digits, region)
    if not E164_FORMAT.fullmatch("+" + digits):
        raise InvalidPhoneError("phone", "must have 7 to 15 digits after the +")
    return "+" + digits


def _to_international(digits: str, region: str | None) -> str:
    if region not in _NATIONAL_NUMBERING_PLANS:
        raise InvalidPhoneError("phone", "needs + and the country's code in front, or the region that it is dialled in")
    code, trunk, lengths = _NATIONAL_NUMBERING_PLANS[region]
    if digits.startswith(code) and len(digits) - len(code) in lengths:
        return digits
    local = digits.removeprefix(trunk)
    if len(local) not in lengths:
        raise InvalidPhoneError("phone", f"is not a number of {region}; write it with + and the country's code")
    return code + local

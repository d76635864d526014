"""Who knows phone numbers: crmcore itself a few countries', a library those of the whole world."""

import re

from attrs import frozen

from crmcore.domain.errors.given import InvalidPhone
from crmcore.domain.errors.outside import MissingExtra
from crmcore.domain.fields.text import checked_text
from crmcore.domain.values.contact import INTERNATIONAL, phone_key


@frozen
class SimplePhones:
    """International numbers, and the national ones of the countries that crmcore itself knows."""

    def key(self, number: str, /, *, region: str | None) -> str:
        """Bring a number into international form; see `crmcore.domain.values.contact.phone_key`."""
        return phone_key(number, region=region)


@frozen
class WorldPhones:
    """The numbering plans of the whole world, by the extra ``phone``.

    Raises:
        MissingExtra: the extra is not installed.
    """

    def __attrs_post_init__(self) -> None:
        try:
            import phonenumbers  # noqa: F401  # only to see whether it is there
        except ImportError:
            raise MissingExtra("phone numbers of the whole world", "phone") from None

    def key(self, number: str, /, *, region: str | None) -> str:
        """Bring a number into international form, and check it against its country's plan.

        Raises:
            InvalidPhone: no number of that country can look like this.
        """
        import phonenumbers

        if _is_plain(number):
            return number
        text = checked_text("phone", number, limit=40)
        try:
            parsed = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            raise InvalidPhone("phone", "must be a phone number, with + and the country's code in front") from None
        # The library parses many a number that no plan has.
        if not phonenumbers.is_valid_number(parsed):
            raise InvalidPhone("phone", "is no number of its country's plan")
        return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _is_plain(number: str) -> bool:
    """Tell whether a number is valid, and in international form already, without having the library take it apart.

    That is most of what it costs. A number of which the library might take away a prefix, or keep a zero, is not plain.
    """
    import phonenumbers

    if type(number) is not str or not INTERNATIONAL.fullmatch(number):
        return False
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    code = next((code for end in (2, 3, 4) if (code := int(number[1:end])) in regions), 0)
    rest = number[1 + len(str(code)) :]
    plan = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, regions[code][0]) if code else None
    if plan is None or rest.startswith("0") or re.match(plan.national_prefix_for_parsing or "(?!)", rest):
        return False
    return phonenumbers.is_valid_number(phonenumbers.PhoneNumber(code, int(rest)))

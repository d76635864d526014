"""Phone numbers: a few countries built in, or all by a library."""

import re

from attrs import frozen

from crmcore.domain.kernel.errors.infrastructure import MissingDependencyError
from crmcore.domain.kernel.errors.validation import InvalidPhoneError
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.values.contact import E164_FORMAT, normalize_phone


@frozen
class BasicPhoneParser:
    """International numbers, and national ones of the built-in countries."""

    def normalize(self, number: str, /, *, region: str | None) -> str:
        """Normalize a number to international form.

        See `crmcore.domain.kernel.values.contact.normalize_phone`.
        """
        return normalize_phone(number, region=region)


@frozen
class LibPhoneNumberParser:
    """Parses phone numbers of all countries (extra ``phone``).

    Raises:
        MissingDependencyError: the extra is not installed.
    """

    def __attrs_post_init__(self) -> None:
        try:
            import phonenumbers  # noqa: F401  # only to check that it is installed
        except ImportError:
            raise MissingDependencyError("phone numbers of the whole world", "phone") from None

    def normalize(self, number: str, /, *, region: str | None) -> str:
        """Normalize a number and check it against its country's plan.

        Raises:
            InvalidPhoneError: the number does not fit the numbering plan of its country.
        """
        import phonenumbers

        if _is_canonical(number):
            return number
        text = checked_text("phone", number, max_length=40)
        try:
            parsed = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            raise InvalidPhoneError("phone", "must be a phone number, with + and the country's code in front") from None
        # The library also parses numbers that are in no numbering plan.
        if not phonenumbers.is_valid_number(parsed):
            raise InvalidPhoneError("phone", "is no number of its country's plan")
        return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _is_canonical(number: str) -> bool:
    """Return whether a number is valid and in international form already.

    This shortcut avoids the slow parsing by the library. It returns False for numbers from which the library might remove a prefix, or
    whose leading zero it might keep.
    """
    import phonenumbers

    if type(number) is not str or not E164_FORMAT.fullmatch(number):
        return False
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    code = next((code for length in (2, 3, 4) if (code := int(number[1:length])) in regions), 0)
    national_number = number[1 + len(str(code)) :]
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, regions[code][0]) if code else None
    if (
        metadata is None
        or national_number.startswith("0")
        or re.match(metadata.national_prefix_for_parsing or "(?!)", national_number)
    ):
        return False
    return phonenumbers.is_valid_number(phonenumbers.PhoneNumber(code, int(national_number)))

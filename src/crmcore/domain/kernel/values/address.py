"""Postal addresses: free lines and a country."""

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import value
from crmcore.domain.kernel.errors.validation import InvalidChoiceError
from crmcore.domain.kernel.fields.base import make_field


def _check_country(code: object) -> None:
    if type(code) is not str or len(code) != 2 or not code.isascii() or not code.isalpha() or not code.isupper():
        raise InvalidChoiceError("", allowed=("two capital letters of ISO 3166-1, such as LV",))


@value
class PostalAddress:
    """A postal address. No format is enforced but the country code.

    Attributes:
        street: street, building and flat, in one line or several.
        city: the city or village.
        postcode: in the format of the country.
        country: two letters of ISO 3166-1.
        region: province or district.
    """

    street: str = fields.text(personal=True, multiline=True, max_length=500)
    city: str = fields.text(personal=True, default="", allow_blank=True)
    postcode: str = fields.text(personal=True, max_length=20, default="", allow_blank=True)
    country: str | None = make_field(_check_country, optional=True, personal=False, default=None)
    region: str = fields.text(personal=True, default="", allow_blank=True)

    @property
    def lines(self) -> tuple[str, ...]:
        """The address as lines."""
        locality = " ".join(part for part in (self.postcode, self.city) if part)
        return tuple(line for line in (*self.street.splitlines(), locality, self.region, self.country or "") if line)

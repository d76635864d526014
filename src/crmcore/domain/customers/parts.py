"""Parts of a customer: contact points, external ids, relations, roles."""

from datetime import date
from enum import Enum
from typing import Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record, value
from crmcore.domain.kernel.ids import CustomerId
from crmcore.domain.kernel.values.contact import normalize_email, normalize_phone
from crmcore.domain.kernel.values.money import Money


class CustomerKind(Enum):
    """Person or organisation."""

    PERSON = "person"
    ORGANISATION = "organisation"


class Role(Enum):
    """The relation of a customer to the company; one may have several."""

    PROSPECT = "prospect"
    CUSTOMER = "customer"
    PARTNER = "partner"
    SUPPLIER = "supplier"
    COMPETITOR = "competitor"


class Channel(Enum):
    """A channel of communication."""

    PHONE = "phone"
    EMAIL = "email"
    MESSENGER = "messenger"
    WEB = "web"
    IN_PERSON = "in_person"
    POST = "post"
    SMS = "sms"


class Sex(Enum):
    """Gender, by ISO/IEC 5218 without the codes."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


@value
class ContactPoint:
    """One way to reach a customer.

    Attributes:
        channel: phone, e-mail or messenger.
        value: the canonical address or number.
        label: ``work``, ``home``.
        is_shared: whether several customers may have it: a family's phone, a switchboard.
        unique_key: the key that identifies the customer; None for a shared one.
    """

    channel: Channel = fields.enum(Channel)
    value: str = fields.text(personal=True, max_length=254)
    label: str = fields.text(personal=True, max_length=60, default="", allow_blank=True)
    is_shared: bool = fields.boolean(default=False)
    unique_key: str | None = fields.text(personal=True, max_length=270, optional=True, default=None)

    @classmethod
    def email(cls, address: str, *, label: str = "", is_shared: bool = False) -> Self:
        """Make a contact point from an e-mail address.

        Raises:
            InvalidEmailError: the text cannot be an e-mail address.
        """
        return cls._identifying(Channel.EMAIL, normalize_email(address), label, is_shared=is_shared)

    @classmethod
    def phone(cls, number: str, *, region: str | None = None, label: str = "", is_shared: bool = False) -> Self:
        """Make a contact point from a phone number.

        Raises:
            InvalidPhoneError: the text cannot be a phone number.
        """
        return cls._identifying(Channel.PHONE, normalize_phone(number, region=region), label, is_shared=is_shared)

    @classmethod
    def _identifying(cls, channel: Channel, key: str, label: str, *, is_shared: bool) -> Self:
        return cls(channel, key, label, is_shared, None if is_shared else f"{channel.value}:{key}")


@value
class ExternalId:
    """The id of a record in another system."""

    system: str = fields.text(personal=False, max_length=60)
    key: str = fields.text(personal=True, max_length=200)


class RelationKind(Enum):
    """The relation of one customer to another, from first to second."""

    EMPLOYEE_OF = "employee_of"
    CONTACT_OF = "contact_of"
    OWNER_OF = "owner_of"
    PART_OF = "part_of"
    RELATIVE_OF = "relative_of"
    REFERRED_BY = "referred_by"
    SUPPLIER_OF = "supplier_of"


@value
class Relation:
    """A relation to another customer."""

    kind: RelationKind = fields.enum(RelationKind)
    related_customer_id: CustomerId = fields.id_of("customer")
    note: str = fields.text(personal=True, default="", allow_blank=True)


@value
class CustomerRole:
    """A role of a customer, as a child record that can be searched."""

    role: Role = fields.enum(Role)


@record
class Profile:
    """Personal data of a customer."""

    sex: Sex | None = fields.enum(Sex, optional=True, personal=True, default=None)
    birth_date: date | None = fields.date(optional=True, personal=True, default=None)
    income: Money | None = fields.embedded(Money, optional=True, personal=True, default=None)
    purpose: str = fields.text(personal=True, default="", allow_blank=True)
    payment_method: str = fields.text(personal=True, default="", allow_blank=True)
    tastes: tuple[str, ...] = fields.text_list(personal=True, default=())
    needs: tuple[str, ...] = fields.text_list(personal=True, default=())
    priorities: tuple[str, ...] = fields.text_list(personal=True, default=())

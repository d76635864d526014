"""What a customer is made of: what it is, how it is reached, who else knows it, and what is known of it."""

from datetime import date
from enum import Enum
from typing import Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record, value
from crmcore.domain.kernel.ids import CustomerId
from crmcore.domain.kernel.values.contact import normalize_email, normalize_phone
from crmcore.domain.kernel.values.money import Money


class CustomerKind(Enum):
    """What a customer is in law."""

    PERSON = "person"
    ORGANISATION = "organisation"


class Role(Enum):
    """What a customer is to us; one may be several."""

    PROSPECT = "prospect"
    CUSTOMER = "customer"
    PARTNER = "partner"
    SUPPLIER = "supplier"
    COMPETITOR = "competitor"


class Channel(Enum):
    """A way in which people reach each other."""

    PHONE = "phone"
    EMAIL = "email"
    MESSENGER = "messenger"
    WEB = "web"
    IN_PERSON = "in_person"
    POST = "post"
    SMS = "sms"


class Sex(Enum):
    """As ISO/IEC 5218 counts, without the codes."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


@value
class ContactPoint:
    """One way to reach a customer.

    Attributes:
        channel: how.
        value: the address or number in its comparable form.
        label: ``work``, ``home``, whose.
        is_shared: whether others may have the same one: a family's phone, a company's switchboard.
        unique_key: the key by which it identifies the customer; None when it is shared or identifies nobody.
    """

    channel: Channel = fields.enum(Channel)
    value: str = fields.text(personal=True, max_length=254)
    label: str = fields.text(personal=True, max_length=60, default="", allow_blank=True)
    is_shared: bool = fields.boolean(default=False)
    unique_key: str | None = fields.text(personal=True, max_length=270, optional=True, default=None)

    @classmethod
    def email(cls, address: str, *, label: str = "", is_shared: bool = False) -> Self:
        """Make one of an e-mail address.

        Raises:
            InvalidEmailError: no address can look like this.
        """
        return cls._identifying(Channel.EMAIL, normalize_email(address), label, is_shared=is_shared)

    @classmethod
    def phone(cls, number: str, *, region: str | None = None, label: str = "", is_shared: bool = False) -> Self:
        """Make one of a phone number.

        Raises:
            InvalidPhoneError: no number can look like this.
        """
        return cls._identifying(Channel.PHONE, normalize_phone(number, region=region), label, is_shared=is_shared)

    @classmethod
    def _identifying(cls, channel: Channel, key: str, label: str, *, is_shared: bool) -> Self:
        return cls(channel, key, label, is_shared, None if is_shared else f"{channel.value}:{key}")


@value
class ExternalId:
    """The key under which another system knows a record."""

    system: str = fields.text(personal=False, max_length=60)
    key: str = fields.text(personal=True, max_length=200)


class RelationKind(Enum):
    """How one customer stands to another, read from the first to the second."""

    EMPLOYEE_OF = "employee_of"
    CONTACT_OF = "contact_of"
    OWNER_OF = "owner_of"
    PART_OF = "part_of"
    RELATIVE_OF = "relative_of"
    REFERRED_BY = "referred_by"
    SUPPLIER_OF = "supplier_of"


@value
class Relation:
    """A tie to another customer."""

    kind: RelationKind = fields.enum(RelationKind)
    related_customer_id: CustomerId = fields.id_of("customer")
    note: str = fields.text(personal=True, default="", allow_blank=True)


@value
class CustomerRole:
    """A role of a customer, as a part that can be searched."""

    role: Role = fields.enum(Role)


@record
class Profile:
    """What is known of a customer as a person who buys."""

    sex: Sex | None = fields.enum(Sex, optional=True, personal=True, default=None)
    birth_date: date | None = fields.date(optional=True, personal=True, default=None)
    income: Money | None = fields.embedded(Money, optional=True, personal=True, default=None)
    purpose: str = fields.text(personal=True, default="", allow_blank=True)
    payment_method: str = fields.text(personal=True, default="", allow_blank=True)
    tastes: tuple[str, ...] = fields.text_list(personal=True, default=())
    needs: tuple[str, ...] = fields.text_list(personal=True, default=())
    priorities: tuple[str, ...] = fields.text_list(personal=True, default=())

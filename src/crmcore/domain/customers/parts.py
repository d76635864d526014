"""What a customer is made of: what it is, how it is reached, who else knows it, and what is known of it."""

from datetime import date
from enum import Enum
from typing import Self

from crmcore.domain import fields
from crmcore.domain.ids import CustomerId
from crmcore.domain.kernel import record, value
from crmcore.domain.values.contact import email_key, phone_key
from crmcore.domain.values.money import Money


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
        shared: whether others may have the same one: a family's phone, a company's switchboard.
        claim: the key by which it identifies the customer; None when it is shared or identifies nobody.
    """

    channel: Channel = fields.one_of(Channel)
    value: str = fields.text(personal=True, limit=254)
    label: str = fields.text(personal=True, limit=60, default="", blank=True)
    shared: bool = fields.flag(default=False)
    claim: str | None = fields.text(personal=True, limit=270, optional=True, default=None)

    @classmethod
    def email(cls, address: str, *, label: str = "", shared: bool = False) -> Self:
        """Make one of an e-mail address.

        Raises:
            InvalidEmail: no address can look like this.
        """
        return cls._strong(Channel.EMAIL, email_key(address), label, shared=shared)

    @classmethod
    def phone(cls, number: str, *, region: str | None = None, label: str = "", shared: bool = False) -> Self:
        """Make one of a phone number.

        Raises:
            InvalidPhone: no number can look like this.
        """
        return cls._strong(Channel.PHONE, phone_key(number, region=region), label, shared=shared)

    @classmethod
    def _strong(cls, channel: Channel, key: str, label: str, *, shared: bool) -> Self:
        return cls(channel, key, label, shared, None if shared else f"{channel.value}:{key}")


@value
class ExternalId:
    """The key under which another system knows a record."""

    system: str = fields.text(personal=False, limit=60)
    key: str = fields.text(personal=True, limit=200)


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

    kind: RelationKind = fields.one_of(RelationKind)
    other: CustomerId = fields.ref("customer")
    note: str = fields.text(personal=True, default="", blank=True)


@value
class RoleHeld:
    """A role of a customer, as a part that can be searched."""

    role: Role = fields.one_of(Role)


@record
class Profile:
    """What is known of a customer as a person who buys."""

    sex: Sex | None = fields.one_of(Sex, optional=True, personal=True, default=None)
    born: date | None = fields.day(optional=True, personal=True, default=None)
    income: Money | None = fields.part(Money, optional=True, personal=True, default=None)
    purpose: str = fields.text(personal=True, default="", blank=True)
    payment_method: str = fields.text(personal=True, default="", blank=True)
    tastes: tuple[str, ...] = fields.words(personal=True, default=())
    needs: tuple[str, ...] = fields.words(personal=True, default=())
    priorities: tuple[str, ...] = fields.words(personal=True, default=())

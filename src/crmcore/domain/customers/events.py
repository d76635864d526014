"""The facts of a customer's life. They name fields and never repeat what a person told us."""

from typing import ClassVar

from crmcore.domain import fields
from crmcore.domain.customers.parts import CustomerKind
from crmcore.domain.ids import UserId
from crmcore.domain.kernel import Event, record


@record
class CustomerAdded(Event):
    """A customer entered the base."""

    name: ClassVar[str] = "customer.added"
    kind: CustomerKind = fields.one_of(CustomerKind)
    roles: tuple[str, ...] = fields.words(personal=False, default=())
    source: str = fields.text(personal=False, default="", blank=True)
    owner: UserId | None = fields.ref("user", optional=True, default=None)


@record
class CustomerChanged(Event):
    """Something about a customer changed; the values stay in the base."""

    name: ClassVar[str] = "customer.changed"
    fields: tuple[str, ...] = fields.words(personal=False, default=())


@record
class CustomerHandedOver(Event):
    """A customer got another owner."""

    name: ClassVar[str] = "customer.handed_over"
    before: UserId | None = fields.ref("user", optional=True, default=None)
    after: UserId | None = fields.ref("user", optional=True, default=None)

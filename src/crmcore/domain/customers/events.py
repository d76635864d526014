"""The facts of a customer's life. They name fields and never repeat what a person told us."""

from typing import ClassVar

from crmcore.domain.customers.parts import CustomerKind
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Event, record
from crmcore.domain.kernel.ids import UserId


@record
class CustomerCreated(Event):
    """A customer entered the base."""

    name: ClassVar[str] = "customer.created"
    kind: CustomerKind = fields.enum(CustomerKind)
    roles: tuple[str, ...] = fields.text_list(personal=False, default=())
    source: str = fields.text(personal=False, default="", allow_blank=True)
    owner_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class CustomerUpdated(Event):
    """Something about a customer changed; the values stay in the base."""

    name: ClassVar[str] = "customer.updated"
    changed_fields: tuple[str, ...] = fields.text_list(personal=False, default=())


@record
class CustomerOwnerChanged(Event):
    """A customer got another owner."""

    name: ClassVar[str] = "customer.owner_changed"
    previous_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    new_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)

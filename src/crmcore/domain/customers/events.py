"""Events of a customer. They name fields and contain no personal data."""

from typing import ClassVar

from crmcore.domain.customers.parts import CustomerKind
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Event, record
from crmcore.domain.kernel.ids import UserId


@record
class CustomerCreated(Event):
    """A customer was created."""

    name: ClassVar[str] = "customer.created"
    kind: CustomerKind = fields.enum(CustomerKind)
    roles: tuple[str, ...] = fields.text_list(personal=False, default=())
    source: str = fields.text(personal=False, default="", allow_blank=True)
    owner_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class CustomerUpdated(Event):
    """Fields of a customer changed. The event has no values."""

    name: ClassVar[str] = "customer.updated"
    changed_fields: tuple[str, ...] = fields.text_list(personal=False, default=())


@record
class CustomerOwnerChanged(Event):
    """The owner of a customer changed."""

    name: ClassVar[str] = "customer.owner_changed"
    previous_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    new_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)

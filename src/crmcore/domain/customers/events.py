"""The facts of a customer's life. They name fields and never repeat what a person told us."""

from typing import ClassVar

from crmcore.domain.customers.parts import CustomerKind
from crmcore.domain.ids import UserId
from crmcore.domain.kernel import (
    Event,
    one_of,
    record,
    ref,
    text,
    words,
)


@record
class CustomerAdded(Event):
    """A customer entered the base."""

    name: ClassVar[str] = "customer.added"
    kind: CustomerKind = one_of(CustomerKind)
    roles: tuple[str, ...] = words(personal=False, default=())
    source: str = text(personal=False, default="", blank=True)
    owner: UserId | None = ref("user", optional=True, default=None)


@record
class CustomerChanged(Event):
    """Something about a customer changed; the values stay in the base."""

    name: ClassVar[str] = "customer.changed"
    fields: tuple[str, ...] = words(personal=False, default=())


@record
class CustomerHandedOver(Event):
    """A customer got another owner."""

    name: ClassVar[str] = "customer.handed_over"
    before: UserId | None = ref("user", optional=True, default=None)
    after: UserId | None = ref("user", optional=True, default=None)

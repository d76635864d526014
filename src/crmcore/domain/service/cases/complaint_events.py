"""Events of a complaint."""

from datetime import datetime
from typing import ClassVar

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Event, record
from crmcore.domain.kernel.ids import ComplaintId, CustomerId, SlaPolicyId, UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.service.cases.complaint_lifecycle import ComplaintState, Severity
from crmcore.domain.service.cases.complaint_parts import CompensationState, Remedy


@record
class ComplaintReceived(Event):
    """A complaint was received."""

    name: ClassVar[str] = "complaint.received"
    type: str = fields.text(personal=False)
    severity: Severity = fields.enum(Severity)
    customer_id: CustomerId = fields.id_of("customer")
    owner_id: UserId = fields.id_of("user")
    due_at: datetime = fields.timestamp()
    repeat_of_id: ComplaintId | None = fields.id_of("complaint", optional=True, default=None)


@record
class ComplaintStatusChanged(Event):
    """The state of a complaint changed."""

    name: ClassVar[str] = "complaint.status_changed"
    before: ComplaintState = fields.enum(ComplaintState)
    after: ComplaintState = fields.enum(ComplaintState)


@record
class ComplaintAssessed(Event):
    """Type, severity or SLA of a complaint changed."""

    name: ClassVar[str] = "complaint.assessed"
    type: str = fields.text(personal=False)
    severity: Severity = fields.enum(Severity)
    sla_policy_id: SlaPolicyId | None = fields.id_of("sla", optional=True, default=None)


@record
class ComplaintReplyLogged(Event):
    """A reply was sent to the customer.

    Attributes:
        rejection_reason: why it does not count for the SLA; empty if it does.
    """

    name: ClassVar[str] = "complaint.reply_logged"
    channel: str = fields.text(personal=False, max_length=30, default="", allow_blank=True)
    is_automatic: bool = fields.boolean(default=False)
    rejection_reason: str = fields.text(personal=False, default="", allow_blank=True)


@record
class ComplaintCustomerReplied(Event):
    """The customer sent a message."""

    name: ClassVar[str] = "complaint.customer_replied"


@record
class ComplaintRootCauseSet(Event):
    """The root cause of a complaint was set."""

    name: ClassVar[str] = "complaint.root_cause_set"
    root_cause: str = fields.text(personal=False, max_length=100)


@record
class CompensationChanged(Event):
    """A compensation was proposed, or its state changed."""

    name: ClassVar[str] = "complaint.compensation_changed"
    number: int = fields.integer(min=1)
    remedy: Remedy = fields.enum(Remedy)
    amount: Money = fields.embedded(Money)
    state: CompensationState = fields.enum(CompensationState)
    author_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class ComplaintRated(Event):
    """The customer rated the outcome."""

    name: ClassVar[str] = "complaint.rated"
    score: int = fields.integer(min=1, max=5)


@record
class ComplaintOwnerChanged(Event):
    """The owner of a complaint changed."""

    name: ClassVar[str] = "complaint.owner_changed"
    previous_owner_id: UserId = fields.id_of("user")
    new_owner_id: UserId = fields.id_of("user")
    reason: str = fields.text(personal=False, default="requested")


@record
class ComplaintEscalated(Event):
    """A complaint that is late, or about to be, was escalated."""

    name: ClassVar[str] = "complaint.escalated"
    level: int = fields.integer(min=1)
    recipient_id: UserId | None = fields.id_of("user", optional=True, default=None)

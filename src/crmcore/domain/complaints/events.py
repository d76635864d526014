"""What happens to complaints."""

from datetime import datetime
from typing import ClassVar

from crmcore.domain import fields
from crmcore.domain.complaints.life import ComplaintState, Severity
from crmcore.domain.complaints.parts import CompensationState, Remedy
from crmcore.domain.ids import ComplaintId, CustomerId, LevelId, UserId
from crmcore.domain.kernel import Event, record
from crmcore.domain.values.money import Money


@record
class ComplaintReceived(Event):
    """A customer complained."""

    name: ClassVar[str] = "complaint.received"
    type: str = fields.text(personal=False)
    severity: Severity = fields.one_of(Severity)
    customer: CustomerId = fields.ref("customer")
    responsible: UserId = fields.ref("user")
    due_at: datetime = fields.moment()
    repeats: ComplaintId | None = fields.ref("complaint", optional=True, default=None)


@record
class ComplaintMoved(Event):
    """A complaint went on in its life."""

    name: ClassVar[str] = "complaint.moved"
    before: ComplaintState = fields.one_of(ComplaintState)
    after: ComplaintState = fields.one_of(ComplaintState)


@record
class ComplaintAssessed(Event):
    """It was judged what a complaint is about and how grave it is, and which times that promises."""

    name: ClassVar[str] = "complaint.assessed"
    type: str = fields.text(personal=False)
    severity: Severity = fields.one_of(Severity)
    service_level: LevelId | None = fields.ref("level", optional=True, default=None)


@record
class ComplaintAnswered(Event):
    """The customer was told something; `objection` says why it did not count as an answer, if it did not."""

    name: ClassVar[str] = "complaint.answered"
    channel: str = fields.text(personal=False, limit=30, default="", blank=True)
    automatic: bool = fields.flag(default=False)
    objection: str = fields.text(personal=False, default="", blank=True)


@record
class ComplaintHeard(Event):
    """The customer said something more."""

    name: ClassVar[str] = "complaint.heard"


@record
class ComplaintExplained(Event):
    """The cause of a complaint was found."""

    name: ClassVar[str] = "complaint.explained"
    cause: str = fields.text(personal=False, limit=100)


@record
class CompensationSet(Event):
    """A compensation was proposed, or went on in its life."""

    name: ClassVar[str] = "complaint.compensation"
    number: int = fields.whole(least=1)
    remedy: Remedy = fields.one_of(Remedy)
    amount: Money = fields.part(Money)
    state: CompensationState = fields.one_of(CompensationState)
    by: UserId | None = fields.ref("user", optional=True, default=None)


@record
class ComplaintRated(Event):
    """The customer said how content he or she is with the outcome."""

    name: ClassVar[str] = "complaint.rated"
    score: int = fields.whole(least=1, most=5)


@record
class ComplaintReassigned(Event):
    """Somebody else is responsible for a complaint now."""

    name: ClassVar[str] = "complaint.reassigned"
    before: UserId = fields.ref("user")
    after: UserId = fields.ref("user")
    reason: str = fields.text(personal=False, default="asked")


@record
class ComplaintEscalated(Event):
    """Somebody further up heard that a complaint is late, or about to be."""

    name: ClassVar[str] = "complaint.escalated"
    level: int = fields.whole(least=1)
    to: UserId | None = fields.ref("user", optional=True, default=None)

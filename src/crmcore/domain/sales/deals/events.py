"""Events of a deal."""

from datetime import date, datetime
from typing import ClassVar

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Event, record
from crmcore.domain.kernel.ids import CustomerId, DocumentId, FunnelId, UserId
from crmcore.domain.kernel.values.money import Money


@record
class DealOpened(Event):
    """A deal was opened.

    Attributes:
        recorded_at: when it was recorded, if later.
    """

    name: ClassVar[str] = "deal.opened"
    customer_id: CustomerId = fields.id_of("customer")
    funnel_id: FunnelId = fields.id_of("funnel")
    stage_key: str = fields.text(personal=False)
    owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    source: str = fields.text(personal=False, default="", allow_blank=True)
    value: Money | None = fields.embedded(Money, optional=True, default=None)
    recorded_at: datetime | None = fields.timestamp(optional=True, default=None)


@record
class DealMoved(Event):
    """A deal moved to another stage.

    Attributes:
        visit_number: how often it has been in the stage.
    """

    name: ClassVar[str] = "deal.moved"
    before: str = fields.text(personal=False)
    after: str = fields.text(personal=False)
    visit_number: int = fields.integer(min=1)


@record
class DealWon(Event):
    """A deal was won."""

    name: ClassVar[str] = "deal.won"
    stage_key: str = fields.text(personal=False)
    value: Money | None = fields.embedded(Money, optional=True, default=None)


@record
class DealLost(Event):
    """A deal was lost."""

    name: ClassVar[str] = "deal.lost"
    stage_key: str = fields.text(personal=False)
    reason: str = fields.text(personal=False)
    value: Money | None = fields.embedded(Money, optional=True, default=None)


@record
class DealReopened(Event):
    """A closed deal was reopened."""

    name: ClassVar[str] = "deal.reopened"
    stage_key: str = fields.text(personal=False)


@record
class DealValueChanged(Event):
    """The value of a deal changed."""

    name: ClassVar[str] = "deal.value_changed"
    before: Money | None = fields.embedded(Money, optional=True, default=None)
    after: Money | None = fields.embedded(Money, optional=True, default=None)


@record
class DealProbabilityChanged(Event):
    """The probability of a deal was set, in hundredths of a percent."""

    name: ClassVar[str] = "deal.probability_changed"
    before: int = fields.integer(max=10_000)
    after: int = fields.integer(max=10_000)


@record
class DealExpectedCloseChanged(Event):
    """The expected closing day of a deal changed."""

    name: ClassVar[str] = "deal.expected_close_changed"
    before: date | None = fields.date(optional=True, default=None)
    after: date | None = fields.date(optional=True, default=None)


@record
class DealOwnerChanged(Event):
    """The owner of a deal changed."""

    name: ClassVar[str] = "deal.owner_changed"
    previous_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    new_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class DealNextStepChanged(Event):
    """The next step of a deal was set or removed."""

    name: ClassVar[str] = "deal.next_step_changed"
    due_at: datetime | None = fields.timestamp(optional=True, default=None)


@record
class DealParticipantAdded(Event):
    """A participant was added to a deal."""

    name: ClassVar[str] = "deal.participant_added"
    role: str = fields.text(personal=False)
    participant_id: str = fields.text(personal=False)


@record
class DealDocumentAttached(Event):
    """A document was attached to a deal."""

    name: ClassVar[str] = "deal.document_attached"
    document_id: DocumentId = fields.id_of("document")


@record
class DealUpdated(Event):
    """Fields of a deal changed. The event has no values."""

    name: ClassVar[str] = "deal.updated"
    changed_fields: tuple[str, ...] = fields.text_list(personal=False, default=())

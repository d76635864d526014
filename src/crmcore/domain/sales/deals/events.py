"""The facts of a deal's life, as the world outside hears them."""

from datetime import date, datetime
from typing import ClassVar

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Event, record
from crmcore.domain.kernel.ids import CustomerId, DocumentId, FunnelId, UserId
from crmcore.domain.kernel.values.money import Money


@record
class DealOpened(Event):
    """A deal came into its funnel's first stage, or into another one; `recorded_at` tells when we took it in, if that was later."""

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
    """A deal went to another stage; `visit_number` counts how often it has been there."""

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
    """A deal was lost, in that stage and for that reason."""

    name: ClassVar[str] = "deal.lost"
    stage_key: str = fields.text(personal=False)
    reason: str = fields.text(personal=False)
    value: Money | None = fields.embedded(Money, optional=True, default=None)


@record
class DealReopened(Event):
    """A deal that was won or lost is open again."""

    name: ClassVar[str] = "deal.reopened"
    stage_key: str = fields.text(personal=False)


@record
class DealValueChanged(Event):
    """A deal is worth something else now."""

    name: ClassVar[str] = "deal.value_changed"
    before: Money | None = fields.embedded(Money, optional=True, default=None)
    after: Money | None = fields.embedded(Money, optional=True, default=None)


@record
class DealProbabilityChanged(Event):
    """Somebody gave a deal another chance than its stage does, in hundredths of a percent."""

    name: ClassVar[str] = "deal.probability_changed"
    before: int = fields.integer(max=10_000)
    after: int = fields.integer(max=10_000)


@record
class DealExpectedCloseChanged(Event):
    """A deal is expected to close on another day."""

    name: ClassVar[str] = "deal.expected_close_changed"
    before: date | None = fields.date(optional=True, default=None)
    after: date | None = fields.date(optional=True, default=None)


@record
class DealOwnerChanged(Event):
    """A deal got another owner."""

    name: ClassVar[str] = "deal.owner_changed"
    previous_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    new_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class DealNextStepChanged(Event):
    """A deal's next step was planned, or there is none any more."""

    name: ClassVar[str] = "deal.next_step_changed"
    due_at: datetime | None = fields.timestamp(optional=True, default=None)


@record
class DealParticipantAdded(Event):
    """Somebody takes part in a deal in a role: a measurer, a decision maker."""

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
    """A deal's title, lines, tags or custom fields changed; the values stay in the deal."""

    name: ClassVar[str] = "deal.updated"
    changed_fields: tuple[str, ...] = fields.text_list(personal=False, default=())

"""The facts of a deal's life, as the world outside hears them."""

from datetime import date, datetime
from typing import ClassVar

from crmcore.domain import fields
from crmcore.domain.ids import CustomerId, DocumentId, FunnelId, UserId
from crmcore.domain.kernel import Event, record
from crmcore.domain.values.money import Money


@record
class DealOpened(Event):
    """A deal came into its funnel's first stage, or into another one; `noted_at` tells when we took it in, if that was later."""

    name: ClassVar[str] = "deal.opened"
    customer: CustomerId = fields.ref("customer")
    funnel: FunnelId = fields.ref("funnel")
    stage: str = fields.text(personal=False)
    owner: UserId | None = fields.ref("user", optional=True, default=None)
    source: str = fields.text(personal=False, default="", blank=True)
    value: Money | None = fields.part(Money, optional=True, default=None)
    noted_at: datetime | None = fields.moment(optional=True, default=None)


@record
class DealMoved(Event):
    """A deal went to another stage; `visit` counts how often it has been there."""

    name: ClassVar[str] = "deal.moved"
    before: str = fields.text(personal=False)
    after: str = fields.text(personal=False)
    visit: int = fields.whole(least=1)


@record
class DealWon(Event):
    """A deal was won."""

    name: ClassVar[str] = "deal.won"
    stage: str = fields.text(personal=False)
    value: Money | None = fields.part(Money, optional=True, default=None)


@record
class DealLost(Event):
    """A deal was lost, in that stage and for that reason."""

    name: ClassVar[str] = "deal.lost"
    stage: str = fields.text(personal=False)
    reason: str = fields.text(personal=False)
    value: Money | None = fields.part(Money, optional=True, default=None)


@record
class DealReopened(Event):
    """A deal that was won or lost is open again."""

    name: ClassVar[str] = "deal.reopened"
    stage: str = fields.text(personal=False)


@record
class DealValued(Event):
    """A deal is worth something else now."""

    name: ClassVar[str] = "deal.valued"
    before: Money | None = fields.part(Money, optional=True, default=None)
    after: Money | None = fields.part(Money, optional=True, default=None)


@record
class DealReestimated(Event):
    """Somebody gave a deal another chance than its stage does, in hundredths of a percent."""

    name: ClassVar[str] = "deal.reestimated"
    before: int = fields.whole(most=10_000)
    after: int = fields.whole(most=10_000)


@record
class DealRescheduled(Event):
    """A deal is expected to close on another day."""

    name: ClassVar[str] = "deal.rescheduled"
    before: date | None = fields.day(optional=True, default=None)
    after: date | None = fields.day(optional=True, default=None)


@record
class DealHandedOver(Event):
    """A deal got another owner."""

    name: ClassVar[str] = "deal.handed_over"
    before: UserId | None = fields.ref("user", optional=True, default=None)
    after: UserId | None = fields.ref("user", optional=True, default=None)


@record
class DealPlanned(Event):
    """A deal's next step was planned, or there is none any more."""

    name: ClassVar[str] = "deal.planned"
    due_at: datetime | None = fields.moment(optional=True, default=None)


@record
class DealJoined(Event):
    """Somebody takes part in a deal in a role: a measurer, a decision maker."""

    name: ClassVar[str] = "deal.joined"
    role: str = fields.text(personal=False)
    who: str = fields.text(personal=False)


@record
class DealDocumented(Event):
    """A document was attached to a deal."""

    name: ClassVar[str] = "deal.documented"
    document: DocumentId = fields.ref("document")


@record
class DealDescribed(Event):
    """A deal's title, lines, tags or custom fields changed; the values stay in the deal."""

    name: ClassVar[str] = "deal.described"
    fields: tuple[str, ...] = fields.words(personal=False, default=())

"""Interactions: the calls, e-mails, meetings and visits of a customer."""

from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar, Self

from crmcore.domain.customers.parts import Channel
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.ids import CustomerId, DealId, InteractionId, UserId


class InteractionKind(Enum):
    """The channel of an interaction."""

    CALL = "call"
    MAIL = "mail"
    MEETING = "meeting"
    VISIT = "visit"
    CHAT = "chat"
    SURVEY = "survey"
    NOTE = "note"


class Direction(Enum):
    """The side that started the interaction."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"


@record
class InteractionLogged(Event):
    """An interaction was logged. The event has no content."""

    name: ClassVar[str] = "interaction.logged"
    kind: InteractionKind = fields.enum(InteractionKind)
    direction: Direction = fields.enum(Direction)
    customer_id: CustomerId = fields.id_of("customer")
    deal_id: DealId | None = fields.id_of("deal", optional=True, default=None)
    author_id: UserId | None = fields.id_of("user", optional=True, default=None)
    outcome: str = fields.text(personal=False, default="", allow_blank=True)


@record
class Interaction(Entity):
    """One contact with a customer.

    Attributes:
        happened_at: when it began.
        duration: of a call.
        outcome: a word of the company: ``reached``, ``no answer``.
        recording: where the recording or the e-mail is kept, for the host.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "interaction",
        "interactions",
        indexes=(("customer_id", "happened_at"), ("deal_id", "happened_at"), ("author_id", "happened_at")),
    )

    id: InteractionId = fields.id_of("interaction")
    kind: InteractionKind = fields.enum(InteractionKind)
    direction: Direction = fields.enum(Direction, default=Direction.OUTGOING)
    channel: Channel | None = fields.enum(Channel, optional=True, default=None)
    customer_id: CustomerId = fields.id_of("customer")
    deal_id: DealId | None = fields.id_of("deal", optional=True, default=None)
    author_id: UserId | None = fields.id_of("user", optional=True, default=None)
    happened_at: datetime = fields.timestamp()
    duration: timedelta | None = fields.duration(optional=True, default=None)
    outcome: str = fields.text(personal=False, default="", allow_blank=True)
    subject: str = fields.text(personal=True, default="", allow_blank=True)
    note: str = fields.text(personal=True, max_length=100_000, multiline=True, default="", allow_blank=True)
    recording: str = fields.text(personal=True, max_length=1_000, default="", allow_blank=True)

    @classmethod
    def log(
        cls,
        id: InteractionId,
        kind: InteractionKind | str,
        *,
        customer_id: CustomerId,
        at: datetime,
        happened_at: datetime | None = None,
        direction: Direction | str = Direction.OUTGOING,
        channel: Channel | str | None = None,
        deal_id: DealId | None = None,
        author_id: UserId | None = None,
        duration: timedelta | None = None,
        outcome: str = "",
        subject: str = "",
        note: str = "",
        recording: str = "",
    ) -> Self:
        """Log an interaction of now or of the past.

        Raises:
            OutOfRangeError: it lies in the future.
            InvalidInputError: a field that cannot be.
        """
        interaction = cls(
            id=id,
            kind=kind,  # type: ignore[arg-type]  # a word becomes its member
            direction=direction,  # type: ignore[arg-type]  # as above
            channel=channel,  # type: ignore[arg-type]  # as above
            customer_id=customer_id,
            deal_id=deal_id,
            author_id=author_id,
            happened_at=at if happened_at is None else happened_at,
            duration=duration,
            outcome=outcome,
            subject=subject,
            note=note,
            recording=recording,
        )
        if interaction.happened_at > at:
            raise OutOfRangeError("interaction.happened_at", "must not lie in the future; plan a task instead")
        event = InteractionLogged(
            at=at,
            kind=interaction.kind,
            direction=interaction.direction,
            customer_id=customer_id,
            deal_id=deal_id,
            author_id=author_id,
            outcome=interaction.outcome,
        )
        return interaction._record(event)

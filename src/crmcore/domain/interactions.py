"""Interactions: every call, mail, meeting, visit and chat with a customer, in one history."""

from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar, Self

from crmcore.domain import fields
from crmcore.domain.customers.parts import Channel
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.ids import CustomerId, DealId, InteractionId, UserId
from crmcore.domain.kernel import Entity, Event, Shape, record


class InteractionKind(Enum):
    """What sort of contact it was."""

    CALL = "call"
    MAIL = "mail"
    MEETING = "meeting"
    VISIT = "visit"
    CHAT = "chat"
    SURVEY = "survey"
    NOTE = "note"


class Direction(Enum):
    """Who turned to whom."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"


@record
class InteractionLogged(Event):
    """Somebody was in contact with a customer; what was said stays in the base."""

    name: ClassVar[str] = "interaction.logged"
    kind: InteractionKind = fields.one_of(InteractionKind)
    direction: Direction = fields.one_of(Direction)
    customer: CustomerId = fields.ref("customer")
    deal: DealId | None = fields.ref("deal", optional=True, default=None)
    user: UserId | None = fields.ref("user", optional=True, default=None)
    outcome: str = fields.text(personal=False, default="", blank=True)


@record
class Interaction(Entity):
    """One contact with a customer.

    Attributes:
        happened_at: when it began.
        duration: how long it took; a call has one.
        outcome: what came of it, in one of the house's words: ``reached``, ``no answer``.
        recording: where the recording or the mail itself is kept, as the host knows it.
    """

    shape: ClassVar[Shape] = Shape(
        "interaction",
        "interactions",
        indexes=(("customer", "happened_at"), ("deal", "happened_at"), ("user", "happened_at")),
    )

    id: InteractionId = fields.ref("interaction")
    kind: InteractionKind = fields.one_of(InteractionKind)
    direction: Direction = fields.one_of(Direction, default=Direction.OUTGOING)
    channel: Channel | None = fields.one_of(Channel, optional=True, default=None)
    customer: CustomerId = fields.ref("customer")
    deal: DealId | None = fields.ref("deal", optional=True, default=None)
    user: UserId | None = fields.ref("user", optional=True, default=None)
    happened_at: datetime = fields.moment()
    duration: timedelta | None = fields.span(optional=True, default=None)
    outcome: str = fields.text(personal=False, default="", blank=True)
    subject: str = fields.text(personal=True, default="", blank=True)
    note: str = fields.text(personal=True, limit=100_000, lines=True, default="", blank=True)
    recording: str = fields.text(personal=True, limit=1_000, default="", blank=True)

    @classmethod
    def log(
        cls,
        id: InteractionId,
        kind: InteractionKind | str,
        *,
        customer: CustomerId,
        at: datetime,
        happened_at: datetime | None = None,
        direction: Direction | str = Direction.OUTGOING,
        channel: Channel | str | None = None,
        deal: DealId | None = None,
        user: UserId | None = None,
        duration: timedelta | None = None,
        outcome: str = "",
        subject: str = "",
        note: str = "",
        recording: str = "",
    ) -> Self:
        """Note a contact, of now or of before.

        Raises:
            OutOfRange: it lies in the future.
            InvalidInput: a field that cannot be.
        """
        interaction = cls(
            id=id,
            kind=kind,  # type: ignore[arg-type]  # a word becomes its member
            direction=direction,  # type: ignore[arg-type]  # as above
            channel=channel,  # type: ignore[arg-type]  # as above
            customer=customer,
            deal=deal,
            user=user,
            happened_at=at if happened_at is None else happened_at,
            duration=duration,
            outcome=outcome,
            subject=subject,
            note=note,
            recording=recording,
        )
        if interaction.happened_at > at:
            raise OutOfRange("interaction.happened_at", "must not lie in the future; plan a task instead")
        fact = InteractionLogged(
            at=at,
            kind=interaction.kind,
            direction=interaction.direction,
            customer=customer,
            deal=deal,
            user=user,
            outcome=interaction.outcome,
        )
        return interaction._after(fact)

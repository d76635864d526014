"""Commitments: what was promised in a negotiation, by whom, until when. A broken promise shows; it is never just forgotten."""

from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, Transitions, check_transition, record
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.ids import CommitmentId, CustomerId, DealId, UserId


class Side(Enum):
    """Who promised."""

    OURS = "ours"
    THEIRS = "theirs"


class CommitmentState(Enum):
    """Where a commitment stands."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    RELEASED = "released"


COMMITMENT_TRANSITIONS: Final[Transitions[CommitmentState]] = {
    CommitmentState.OPEN: frozenset({CommitmentState.KEPT, CommitmentState.BROKEN, CommitmentState.RELEASED}),
    CommitmentState.KEPT: frozenset(),
    CommitmentState.BROKEN: frozenset({CommitmentState.KEPT}),
    CommitmentState.RELEASED: frozenset(),
}


@record
class CommitmentCreated(Event):
    """Something was promised."""

    name: ClassVar[str] = "commitment.created"
    side: Side = fields.enum(Side)
    customer_id: CustomerId = fields.id_of("customer")
    owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    due_at: datetime | None = fields.timestamp(optional=True, default=None)


@record
class CommitmentClosed(Event):
    """A promise was kept, broken, or released by the other side."""

    name: ClassVar[str] = "commitment.closed"
    state: CommitmentState = fields.enum(CommitmentState)


@record
class CommitmentOwnerChanged(Event):
    """Somebody else sees to a promise now."""

    name: ClassVar[str] = "commitment.owner_changed"
    previous_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    new_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class CommitmentEscalated(Event):
    """Somebody heard that a promise is late."""

    name: ClassVar[str] = "commitment.escalated"
    level: int = fields.integer(min=1)
    recipient_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class Commitment(Entity):
    """A promise between us and a customer.

    Attributes:
        side: who promised.
        owner_id: who of us sees to it, also when the customer promised.
        escalation_level: how many have heard that it is late.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "commitment",
        "commitments",
        indexes=(("customer_id",), ("deal_id",), ("owner_id", "state", "due_at"), ("due_at",)),
    )

    id: CommitmentId = fields.id_of("commitment")
    description: str = fields.text(personal=True, max_length=1_000, multiline=True)
    side: Side = fields.enum(Side)
    customer_id: CustomerId = fields.id_of("customer")
    deal_id: DealId | None = fields.id_of("deal", optional=True, default=None)
    owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    due_at: datetime | None = fields.timestamp(optional=True, default=None)
    state: CommitmentState = fields.enum(CommitmentState, default=CommitmentState.OPEN)
    escalation_level: int = fields.integer(max=100, default=0)
    created_at: datetime = fields.timestamp()
    closed_at: datetime | None = fields.timestamp(optional=True, default=None)

    @classmethod
    def create(
        cls,
        id: CommitmentId,
        description: str,
        *,
        side: Side | str,
        customer_id: CustomerId,
        at: datetime,
        deal_id: DealId | None = None,
        owner_id: UserId | None = None,
        due_at: datetime | None = None,
    ) -> Self:
        """Note a promise."""
        commitment = cls(
            id=id,
            description=description,
            side=side,  # type: ignore[arg-type]  # a word becomes its member
            customer_id=customer_id,
            deal_id=deal_id,
            owner_id=owner_id,
            due_at=due_at,
            created_at=at,
        )
        event = CommitmentCreated(
            at=at, side=commitment.side, customer_id=customer_id, owner_id=owner_id, due_at=commitment.due_at
        )
        return commitment._record(event)

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether it is open past its due time."""
        return self.state is CommitmentState.OPEN and self.due_at is not None and self.due_at < now

    def close(self, state: CommitmentState | str, *, at: datetime) -> Self:
        """Say that it was kept, broken or released.

        Raises:
            InvalidChoiceError: that is no way to settle.
            InvalidTransitionError: it is settled already.
        """
        state = checked_member("commitment.state", CommitmentState, state)
        check_transition(self.id, COMMITMENT_TRANSITIONS, self.state, state)
        return self._record(CommitmentClosed(at=at, state=state), state=state, closed_at=at)

    def change_owner(self, owner_id: UserId | None, *, at: datetime) -> Self:
        """Let somebody else see to it."""
        if owner_id == self.owner_id:
            return self
        return self._record(
            CommitmentOwnerChanged(at=at, previous_owner_id=self.owner_id, new_owner_id=owner_id), owner_id=owner_id
        )

    def escalate(self, *, level: int, recipient_id: UserId | None, at: datetime) -> Self:
        """Note that one more has heard that it is late."""
        return self._record(CommitmentEscalated(at=at, level=level, recipient_id=recipient_id), escalation_level=level)

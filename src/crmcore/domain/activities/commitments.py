"""Commitments: promises of a negotiation, with their side and due time."""

from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, Transitions, check_transition, record
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.ids import CommitmentId, CustomerId, DealId, UserId


class Side(Enum):
    """The side that made the commitment."""

    OURS = "ours"
    THEIRS = "theirs"


class CommitmentState(Enum):
    """The state of a commitment."""

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
    """A commitment was made."""

    name: ClassVar[str] = "commitment.created"
    side: Side = fields.enum(Side)
    customer_id: CustomerId = fields.id_of("customer")
    owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    due_at: datetime | None = fields.timestamp(optional=True, default=None)


@record
class CommitmentClosed(Event):
    """A commitment was kept, broken or released."""

    name: ClassVar[str] = "commitment.closed"
    state: CommitmentState = fields.enum(CommitmentState)


@record
class CommitmentOwnerChanged(Event):
    """The owner of a commitment changed."""

    name: ClassVar[str] = "commitment.owner_changed"
    previous_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    new_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class CommitmentEscalated(Event):
    """An overdue commitment was escalated."""

    name: ClassVar[str] = "commitment.escalated"
    level: int = fields.integer(min=1)
    recipient_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class Commitment(Entity):
    """A commitment between the company and a customer.

    Attributes:
        side: the side that made it.
        owner_id: the user who follows it up, also when the customer made it.
        escalation_level: the last escalation level.
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
        """Record a commitment."""
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
        """Return whether it is open past its due time."""
        return self.state is CommitmentState.OPEN and self.due_at is not None and self.due_at < now

    def close(self, state: CommitmentState | str, *, at: datetime) -> Self:
        """Close the commitment as kept, broken or released.

        Raises:
            InvalidChoiceError: the state is none of these.
            InvalidTransitionError: it is settled already.
        """
        state = checked_member("commitment.state", CommitmentState, state)
        check_transition(self.id, COMMITMENT_TRANSITIONS, self.state, state)
        return self._record(CommitmentClosed(at=at, state=state), state=state, closed_at=at)

    def change_owner(self, owner_id: UserId | None, *, at: datetime) -> Self:
        """Change the owner."""
        if owner_id == self.owner_id:
            return self
        return self._record(
            CommitmentOwnerChanged(at=at, previous_owner_id=self.owner_id, new_owner_id=owner_id), owner_id=owner_id
        )

    def escalate(self, *, level: int, recipient_id: UserId | None, at: datetime) -> Self:
        """Record an escalation."""
        return self._record(CommitmentEscalated(at=at, level=level, recipient_id=recipient_id), escalation_level=level)

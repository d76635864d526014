"""Commitments: what was promised in a negotiation, by whom, until when. A broken promise shows; it is never just forgotten."""

from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.fields.part import checked_member
from crmcore.domain.ids import CommitmentId, CustomerId, DealId, UserId
from crmcore.domain.kernel import Entity, Event, Shape, Transitions, check_move, record


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


COMMITMENT_LIFE: Final[Transitions[CommitmentState]] = {
    CommitmentState.OPEN: frozenset({CommitmentState.KEPT, CommitmentState.BROKEN, CommitmentState.RELEASED}),
    CommitmentState.KEPT: frozenset(),
    CommitmentState.BROKEN: frozenset({CommitmentState.KEPT}),
    CommitmentState.RELEASED: frozenset(),
}


@record
class CommitmentMade(Event):
    """Something was promised."""

    name: ClassVar[str] = "commitment.made"
    side: Side = fields.one_of(Side)
    customer: CustomerId = fields.ref("customer")
    owner: UserId | None = fields.ref("user", optional=True, default=None)
    due_at: datetime | None = fields.moment(optional=True, default=None)


@record
class CommitmentSettled(Event):
    """A promise was kept, broken, or released by the other side."""

    name: ClassVar[str] = "commitment.settled"
    state: CommitmentState = fields.one_of(CommitmentState)


@record
class CommitmentHandedOver(Event):
    """Somebody else sees to a promise now."""

    name: ClassVar[str] = "commitment.handed_over"
    before: UserId | None = fields.ref("user", optional=True, default=None)
    after: UserId | None = fields.ref("user", optional=True, default=None)


@record
class CommitmentEscalated(Event):
    """Somebody heard that a promise is late."""

    name: ClassVar[str] = "commitment.escalated"
    level: int = fields.whole(least=1)
    to: UserId | None = fields.ref("user", optional=True, default=None)


@record
class Commitment(Entity):
    """A promise between us and a customer.

    Attributes:
        side: who promised.
        owner: who of us sees to it, also when the customer promised.
        level: how many have heard that it is late.
    """

    shape: ClassVar[Shape] = Shape(
        "commitment", "commitments", indexes=(("customer",), ("deal",), ("owner", "state", "due_at"), ("due_at",))
    )

    id: CommitmentId = fields.ref("commitment")
    what: str = fields.text(personal=True, limit=1_000, lines=True)
    side: Side = fields.one_of(Side)
    customer: CustomerId = fields.ref("customer")
    deal: DealId | None = fields.ref("deal", optional=True, default=None)
    owner: UserId | None = fields.ref("user", optional=True, default=None)
    due_at: datetime | None = fields.moment(optional=True, default=None)
    state: CommitmentState = fields.one_of(CommitmentState, default=CommitmentState.OPEN)
    level: int = fields.whole(most=100, default=0)
    made_at: datetime = fields.moment()
    settled_at: datetime | None = fields.moment(optional=True, default=None)

    @classmethod
    def make(
        cls,
        id: CommitmentId,
        what: str,
        *,
        side: Side | str,
        customer: CustomerId,
        at: datetime,
        deal: DealId | None = None,
        owner: UserId | None = None,
        due_at: datetime | None = None,
    ) -> Self:
        """Note a promise."""
        commitment = cls(
            id=id,
            what=what,
            side=side,  # type: ignore[arg-type]  # a word becomes its member
            customer=customer,
            deal=deal,
            owner=owner,
            due_at=due_at,
            made_at=at,
        )
        fact = CommitmentMade(at=at, side=commitment.side, customer=customer, owner=owner, due_at=commitment.due_at)
        return commitment._after(fact)

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether it is open past its due time."""
        return self.state is CommitmentState.OPEN and self.due_at is not None and self.due_at < now

    def settle(self, state: CommitmentState | str, *, at: datetime) -> Self:
        """Say that it was kept, broken or released.

        Raises:
            NotAllowed: that is no way to settle.
            IllegalTransition: it is settled already.
        """
        state = checked_member("commitment.state", CommitmentState, state)
        check_move(self.id, COMMITMENT_LIFE, self.state, state)
        return self._after(CommitmentSettled(at=at, state=state), state=state, settled_at=at)

    def hand_over(self, to: UserId | None, *, at: datetime) -> Self:
        """Let somebody else see to it."""
        if to == self.owner:
            return self
        return self._after(CommitmentHandedOver(at=at, before=self.owner, after=to), owner=to)

    def escalate(self, *, level: int, to: UserId | None, at: datetime) -> Self:
        """Note that one more has heard that it is late."""
        return self._after(CommitmentEscalated(at=at, level=level, to=to), level=level)

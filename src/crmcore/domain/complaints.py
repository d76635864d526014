"""Complaints: each has a type, somebody responsible and a deadline from its first moment, so that none can get lost.

Rule 1: a complaint without a type, a responsible person and a deadline cannot be made.
Rule 2: it ends resolved and closed, or rejected with a reason; a closed one may be reopened, and its history stays.
"""

from datetime import datetime
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import ComplaintId, CustomerId, DealId, UserId
from crmcore.domain.kernel import (
    Entity,
    Event,
    Shape,
    Transitions,
    check_move,
    moment,
    one_of,
    record,
    ref,
    text,
    whole,
    words,
)


class Severity(Enum):
    """How much harm a complaint tells of."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class ComplaintState(Enum):
    """Where a complaint stands."""

    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self in {ComplaintState.RECEIVED, ComplaintState.IN_PROGRESS, ComplaintState.WAITING}


_S = ComplaintState
COMPLAINT_LIFE: Final[Transitions[ComplaintState]] = {
    _S.RECEIVED: frozenset({_S.IN_PROGRESS, _S.WAITING, _S.RESOLVED, _S.REJECTED}),
    _S.IN_PROGRESS: frozenset({_S.WAITING, _S.RESOLVED, _S.REJECTED}),
    _S.WAITING: frozenset({_S.IN_PROGRESS, _S.RESOLVED, _S.REJECTED}),
    _S.RESOLVED: frozenset({_S.CLOSED, _S.IN_PROGRESS}),
    _S.REJECTED: frozenset({_S.CLOSED, _S.IN_PROGRESS}),
    _S.CLOSED: frozenset({_S.IN_PROGRESS}),
}


@record
class ComplaintReceived(Event):
    """A customer complained."""

    name: ClassVar[str] = "complaint.received"
    type: str = text(personal=False)
    severity: Severity = one_of(Severity)
    customer: CustomerId = ref("customer")
    responsible: UserId = ref("user")
    due_at: datetime = moment()


@record
class ComplaintMoved(Event):
    """A complaint went on in its life."""

    name: ClassVar[str] = "complaint.moved"
    before: ComplaintState = one_of(ComplaintState)
    after: ComplaintState = one_of(ComplaintState)


@record
class ComplaintReassigned(Event):
    """Somebody else is responsible for a complaint now."""

    name: ClassVar[str] = "complaint.reassigned"
    before: UserId = ref("user")
    after: UserId = ref("user")


@record
class ComplaintEscalated(Event):
    """Somebody further up heard that a complaint is late."""

    name: ClassVar[str] = "complaint.escalated"
    level: int = whole(least=1)
    to: UserId | None = ref("user", optional=True, default=None)


@record
class Complaint(Entity):
    """What a customer is not content with, and what became of it."""

    shape: ClassVar[Shape] = Shape(
        "complaint",
        "complaints",
        indexes=(("customer",), ("deal",), ("responsible", "state"), ("state", "due_at"), ("type", "received_at")),
    )

    id: ComplaintId = ref("complaint")
    type: str = text(personal=False, limit=100)
    severity: Severity = one_of(Severity, default=Severity.MEDIUM)
    customer: CustomerId = ref("customer")
    deal: DealId | None = ref("deal", optional=True, default=None)
    responsible: UserId = ref("user")
    due_at: datetime = moment()
    state: ComplaintState = one_of(ComplaintState, default=ComplaintState.RECEIVED)
    subject: str = text(personal=True)
    story: str = text(personal=True, limit=100_000, lines=True, default="", blank=True)
    resolution: str = text(personal=True, limit=100_000, lines=True, default="", blank=True)
    level: int = whole(most=100, default=0)
    told: tuple[str, ...] = words(personal=False, default=())
    reopened: int = whole(default=0)
    received_at: datetime = moment()
    resolved_at: datetime | None = moment(optional=True, default=None)
    closed_at: datetime | None = moment(optional=True, default=None)

    @classmethod
    def receive(
        cls,
        id: ComplaintId,
        subject: str,
        *,
        type: str,
        customer: CustomerId,
        responsible: UserId,
        due_at: datetime,
        at: datetime,
        severity: Severity | str = Severity.MEDIUM,
        deal: DealId | None = None,
        story: str = "",
    ) -> Self:
        """Take a complaint in.

        Raises:
            InvalidInput: no type, nobody responsible, no deadline, or another field that cannot be.
        """
        complaint = cls(
            id=id,
            subject=subject,
            type=type,
            severity=severity,  # type: ignore[arg-type]  # a word becomes its member
            customer=customer,
            deal=deal,
            responsible=responsible,
            due_at=due_at,
            story=story,
            received_at=at,
        )
        fact = ComplaintReceived(
            at=at,
            type=complaint.type,
            severity=complaint.severity,
            customer=customer,
            responsible=responsible,
            due_at=complaint.due_at,
        )
        return complaint._after(fact)

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether somebody still has to act and should have acted before now."""
        return self.state.is_open and self.due_at < now

    def take_up(self, *, at: datetime) -> Self:
        """Begin to work on it, or go on.

        Raises:
            IllegalTransition: it is being worked on.
        """
        if self.state in {_S.RESOLVED, _S.REJECTED, _S.CLOSED}:
            return self._go(
                _S.IN_PROGRESS, at=at, resolved_at=None, closed_at=None, reopened=self.reopened + 1, level=0
            )
        return self._go(_S.IN_PROGRESS, at=at)

    def wait(self, *, at: datetime) -> Self:
        """Wait for the customer.

        Raises:
            IllegalTransition: nobody is working on it.
        """
        return self._go(_S.WAITING, at=at)

    def resolve(self, resolution: str, *, at: datetime) -> Self:
        """Say what was done about it.

        Raises:
            Blank: nothing.
            IllegalTransition: it is resolved, rejected or closed.
        """
        return self._end(_S.RESOLVED, resolution, at=at)

    def reject(self, reason: str, *, at: datetime) -> Self:
        """Say why nothing will be done about it.

        Raises:
            Blank: no reason.
            IllegalTransition: it is resolved, rejected or closed.
        """
        return self._end(_S.REJECTED, reason, at=at)

    def close(self, *, at: datetime) -> Self:
        """Lay it to rest: the customer knows the outcome.

        Raises:
            IllegalTransition: it has no outcome.
        """
        return self._go(_S.CLOSED, at=at, closed_at=at)

    def reassign(self, responsible: UserId, *, at: datetime) -> Self:
        """Make somebody else responsible."""
        if responsible == self.responsible:
            return self
        fact = ComplaintReassigned(at=at, before=self.responsible, after=responsible)
        return self._after(fact, responsible=responsible)

    def escalate(self, *, to: UserId | None, at: datetime) -> Self:
        """Note that its lateness was told one level further up."""
        fact = ComplaintEscalated(at=at, level=self.level + 1, to=to)
        return self._after(fact, level=self.level + 1, told=self.told if to is None else (*self.told, to))

    def _end(self, state: ComplaintState, resolution: str, *, at: datetime) -> Self:
        resolution = checked_text("complaint.resolution", resolution, limit=100_000, lines=True)
        return self._go(state, at=at, resolution=resolution, resolved_at=at)

    def _go(self, to: ComplaintState, *, at: datetime, **changes: object) -> Self:
        check_move(self.id, COMPLAINT_LIFE, self.state, to)
        return self._after(ComplaintMoved(at=at, before=self.state, after=to), state=to, **changes)

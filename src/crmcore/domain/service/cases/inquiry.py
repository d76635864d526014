"""The inquiry: a question or a request for service, with SLA timers.

Invariants:
    1. An inquiry always has an owner and a deadline.
    2. It is open, waits for the customer, is answered, then closed. A new message of the customer reopens it for a while.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.entity import EntityMeta, Event, Transitions, check_transition, record
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import CustomerId, DealId, InquiryId, UserId
from crmcore.domain.kernel.open_state import require_open
from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.service.cases.case import Case, check_pause
from crmcore.domain.sla.events import SlaEventKind
from crmcore.domain.sla.policies import SlaDecision
from crmcore.domain.sla.targets import Reply


class InquiryKind(Enum):
    """The kind of an inquiry."""

    QUESTION = "question"
    SERVICE = "service"


class InquiryState(Enum):
    """The state of an inquiry."""

    OPEN = "open"
    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """Whether the customer still waits for the answer."""
        return self in {InquiryState.OPEN, InquiryState.WAITING}


_S = InquiryState
INQUIRY_TRANSITIONS: Final[Transitions[InquiryState]] = {
    _S.OPEN: frozenset({_S.WAITING, _S.ANSWERED}),
    _S.WAITING: frozenset({_S.OPEN, _S.ANSWERED}),
    _S.ANSWERED: frozenset({_S.OPEN, _S.CLOSED}),
    _S.CLOSED: frozenset({_S.OPEN}),
}


@record
class InquiryReceived(Event):
    """An inquiry was received."""

    name: ClassVar[str] = "inquiry.received"
    kind: InquiryKind = fields.enum(InquiryKind)
    customer_id: CustomerId = fields.id_of("customer")
    owner_id: UserId = fields.id_of("user")
    due_at: datetime = fields.timestamp()


@record
class InquiryStatusChanged(Event):
    """The state of an inquiry changed."""

    name: ClassVar[str] = "inquiry.status_changed"
    before: InquiryState = fields.enum(InquiryState)
    after: InquiryState = fields.enum(InquiryState)


@record
class InquiryReplyLogged(Event):
    """A reply was sent to the customer.

    Attributes:
        rejection_reason: why it does not count for the SLA; empty if it does.
    """

    name: ClassVar[str] = "inquiry.reply_logged"
    channel: str = fields.text(personal=False, max_length=30, default="", allow_blank=True)
    is_automatic: bool = fields.boolean(default=False)
    rejection_reason: str = fields.text(personal=False, default="", allow_blank=True)


@record
class InquiryOwnerChanged(Event):
    """The owner of an inquiry changed."""

    name: ClassVar[str] = "inquiry.owner_changed"
    previous_owner_id: UserId = fields.id_of("user")
    new_owner_id: UserId = fields.id_of("user")
    reason: str = fields.text(personal=False, default="requested")


@record
class InquiryEscalated(Event):
    """An inquiry that is late, or about to be, was escalated."""

    name: ClassVar[str] = "inquiry.escalated"
    level: int = fields.integer(min=1)
    recipient_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class Inquiry(Case):
    """A question, or a request for service.

    Attributes:
        type: a path in the company's tree of types.
        answer: the final answer to the customer.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "inquiry",
        "inquiries",
        indexes=(("customer_id",), ("deal_id",), ("owner_id", "state"), ("state", "due_at"), ("due_at",)),
    )

    id: InquiryId = fields.id_of("inquiry")
    kind: InquiryKind = fields.enum(InquiryKind, default=InquiryKind.QUESTION)
    type: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)
    state: InquiryState = fields.enum(InquiryState, default=InquiryState.OPEN)
    answer: str = fields.text(personal=True, max_length=100_000, multiline=True, default="", allow_blank=True)

    @classmethod
    def receive(
        cls,
        id: InquiryId,
        subject: str,
        *,
        customer_id: CustomerId,
        owner_id: UserId,
        sla: SlaDecision,
        business_hours: BusinessHours,
        at: datetime,
        kind: InquiryKind | str = InquiryKind.QUESTION,
        type: str = "",
        deal_id: DealId | None = None,
        contract: str = "",
        description: str = "",
    ) -> Self:
        """Receive an inquiry.

        Raises:
            InvalidInputError: no owner, or another invalid field.
        """
        inquiry = cls._open(
            id=id,
            subject=subject,
            kind=kind,
            type=type,
            customer_id=customer_id,
            deal_id=deal_id,
            contract=contract,
            owner_id=owner_id,
            description=description,
            sla=sla,
            business_hours=business_hours,
            at=at,
        )
        event = InquiryReceived(
            at=at, kind=inquiry.kind, customer_id=customer_id, owner_id=owner_id, due_at=inquiry.due_at
        )
        return copy_with(inquiry, pending_events=(event,))

    @property
    def next_action(self) -> str:
        """The next action; empty once it is closed."""
        actions = {_S.OPEN: "answer", _S.WAITING: "ask_customer_again", _S.ANSWERED: "close", _S.CLOSED: ""}
        return actions[self.state]

    def is_overdue(self, now: datetime) -> bool:
        """Return whether it is open past its deadline."""
        return self.state.is_open and self.due_at < now

    def log_reply(self, reply: Reply, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Log a reply that is not the final answer.

        The reply rule decides whether it counts.

        Raises:
            BusinessRuleError: it is answered.
        """
        require_open(self, self.state, "go on with")
        rejection_reason = self.rejection_reason(reply)
        event = InquiryReplyLogged(
            at=at, channel=reply.channel, is_automatic=reply.is_automatic, rejection_reason=rejection_reason
        )
        return self._with_events(
            event, sla_events=() if rejection_reason else (SlaEventKind.REPLIED,), business_hours=business_hours, at=at
        )

    def pause_for_customer(self, *, until: datetime, business_hours: BusinessHours, at: datetime) -> Self:
        """Wait for the customer, until a time at most.

        Raises:
            InvalidTransitionError: it is answered, or waits already.
            OutOfRangeError: the time lies in the past.
        """
        until = check_pause(until, at=at)
        return self._set_state(
            _S.WAITING, sla_events=(SlaEventKind.PAUSED,), business_hours=business_hours, at=at, wait_until=until
        )

    def log_customer_reply(self, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Log a message of the customer. It reopens an answered inquiry.

        Raises:
            BusinessRuleError: it was closed too long ago.
        """
        if self.state is _S.OPEN:
            return self._with_events(sla_events=(SlaEventKind.CUSTOMER_REPLIED,), business_hours=business_hours, at=at)
        if self.state is _S.WAITING:
            return self._set_state(
                _S.OPEN,
                sla_events=(SlaEventKind.RESUMED, SlaEventKind.CUSTOMER_REPLIED),
                business_hours=business_hours,
                at=at,
                wait_until=None,
            )
        self._check_reopen_window(at)
        return self._set_state(
            _S.OPEN,
            sla_events=(SlaEventKind.REOPENED, SlaEventKind.CUSTOMER_REPLIED),
            business_hours=business_hours,
            at=at,
            resolved_at=None,
            closed_at=None,
            reopen_count=self.reopen_count + 1,
        )

    def resolve(self, answer: str, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Answer the inquiry.

        Raises:
            RequiredError: the answer is empty.
            InvalidTransitionError: it is answered.
        """
        answer = checked_text("inquiry.answer", answer, max_length=100_000, multiline=True)
        sla_events = (SlaEventKind.RESOLVED,)
        return self._set_state(
            _S.ANSWERED,
            sla_events=sla_events,
            business_hours=business_hours,
            at=at,
            answer=answer,
            resolved_at=at,
            wait_until=None,
        )

    def close(self, *, at: datetime) -> Self:
        """Close the inquiry.

        Raises:
            InvalidTransitionError: it is not answered.
        """
        check_transition(self.id, INQUIRY_TRANSITIONS, self.state, _S.CLOSED)
        return self._record(
            InquiryStatusChanged(at=at, before=self.state, after=_S.CLOSED), state=_S.CLOSED, closed_at=at
        )

    def change_owner(self, owner_id: UserId, *, at: datetime, reason: str = "requested") -> Self:
        """Change the owner."""
        if owner_id == self.owner_id:
            return self
        event = InquiryOwnerChanged(at=at, previous_owner_id=self.owner_id, new_owner_id=owner_id, reason=reason)
        return self._record(event, owner_id=owner_id)

    def escalate(self, *, level: int, recipient_id: UserId | None, at: datetime) -> Self:
        """Record an escalation."""
        return self._record(
            InquiryEscalated(at=at, level=level, recipient_id=recipient_id),
            escalation_level=max(level, self.escalation_level),
        )

    def _set_state(
        self,
        to: InquiryState,
        *,
        sla_events: Sequence[SlaEventKind],
        business_hours: BusinessHours,
        at: datetime,
        **changes: Any,
    ) -> Self:
        check_transition(self.id, INQUIRY_TRANSITIONS, self.state, to)
        return self._with_events(
            InquiryStatusChanged(at=at, before=self.state, after=to),
            sla_events=sla_events,
            business_hours=business_hours,
            at=at,
            state=to,
            **changes,
        )

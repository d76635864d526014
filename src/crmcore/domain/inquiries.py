"""Inquiries: questions and requests for service. They wait for an answer as complaints do, by the same clocks, with a lighter life.

Rule 1: an inquiry has somebody responsible and a deadline from its first moment.
Rule 2: it is open, waits for the customer, is answered, and closed; whoever asks again reopens it within a while.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.cases import Case, checked_wait, first_deadline, opening
from crmcore.domain.clocks.marks import Answer, MarkKind
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import CustomerId, DealId, InquiryId, UserId
from crmcore.domain.kernel import Event, Shape, Transitions, check_move, record
from crmcore.domain.levels import Promise
from crmcore.domain.standing import check_open
from crmcore.domain.worktime.time import WorkTime


class InquiryKind(Enum):
    """What is asked for."""

    QUESTION = "question"
    SERVICE = "service"


class InquiryState(Enum):
    """Where an inquiry stands."""

    OPEN = "open"
    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """Whether the customer still waits for what was asked for."""
        return self in {InquiryState.OPEN, InquiryState.WAITING}


_S = InquiryState
INQUIRY_LIFE: Final[Transitions[InquiryState]] = {
    _S.OPEN: frozenset({_S.WAITING, _S.ANSWERED}),
    _S.WAITING: frozenset({_S.OPEN, _S.ANSWERED}),
    _S.ANSWERED: frozenset({_S.OPEN, _S.CLOSED}),
    _S.CLOSED: frozenset({_S.OPEN}),
}


@record
class InquiryReceived(Event):
    """A customer asked for something."""

    name: ClassVar[str] = "inquiry.received"
    kind: InquiryKind = fields.one_of(InquiryKind)
    customer: CustomerId = fields.ref("customer")
    responsible: UserId = fields.ref("user")
    due_at: datetime = fields.moment()


@record
class InquiryMoved(Event):
    """An inquiry went on in its life."""

    name: ClassVar[str] = "inquiry.moved"
    before: InquiryState = fields.one_of(InquiryState)
    after: InquiryState = fields.one_of(InquiryState)


@record
class InquiryReplied(Event):
    """The customer was told something; `objection` says why it did not count as an answer, if it did not."""

    name: ClassVar[str] = "inquiry.replied"
    channel: str = fields.text(personal=False, limit=30, default="", blank=True)
    automatic: bool = fields.flag(default=False)
    objection: str = fields.text(personal=False, default="", blank=True)


@record
class InquiryReassigned(Event):
    """Somebody else is responsible for an inquiry now."""

    name: ClassVar[str] = "inquiry.reassigned"
    before: UserId = fields.ref("user")
    after: UserId = fields.ref("user")
    reason: str = fields.text(personal=False, default="asked")


@record
class InquiryEscalated(Event):
    """Somebody further up heard that an inquiry is late, or about to be."""

    name: ClassVar[str] = "inquiry.escalated"
    level: int = fields.whole(least=1)
    to: UserId | None = fields.ref("user", optional=True, default=None)


@record
class Inquiry(Case):
    """A question, or a request for service.

    Attributes:
        type: in the house's words, with slashes if they make a tree.
        answer: what the customer was told in the end.
    """

    shape: ClassVar[Shape] = Shape(
        "inquiry",
        "inquiries",
        indexes=(("customer",), ("deal",), ("responsible", "state"), ("state", "due_at"), ("due_at",)),
    )

    id: InquiryId = fields.ref("inquiry")
    kind: InquiryKind = fields.one_of(InquiryKind, default=InquiryKind.QUESTION)
    type: str = fields.text(personal=False, limit=100, default="", blank=True)
    state: InquiryState = fields.one_of(InquiryState, default=InquiryState.OPEN)
    answer: str = fields.text(personal=True, limit=100_000, lines=True, default="", blank=True)

    @classmethod
    def receive(
        cls,
        id: InquiryId,
        subject: str,
        *,
        customer: CustomerId,
        responsible: UserId,
        promise: Promise,
        time: WorkTime,
        at: datetime,
        kind: InquiryKind | str = InquiryKind.QUESTION,
        type: str = "",
        deal: DealId | None = None,
        contract: str = "",
        story: str = "",
    ) -> Self:
        """Take an inquiry in.

        Raises:
            InvalidInput: nobody responsible, or another field that cannot be.
        """
        inquiry = cls(
            id=id,
            subject=subject,
            kind=kind,  # type: ignore[arg-type]  # a word becomes its member
            type=type,
            customer=customer,
            deal=deal,
            contract=contract,
            responsible=responsible,
            story=story,
            service_level=promise.level,
            calendar=promise.calendar,
            reopen_within=promise.reopen_within,
            due_at=first_deadline(promise, time=time, at=at),
            marks=opening(promise, at=at),
            received_at=at,
        )
        fact = InquiryReceived(
            at=at, kind=inquiry.kind, customer=customer, responsible=responsible, due_at=inquiry.due_at
        )
        return inquiry._after(fact)

    @property
    def next_action(self) -> str:
        """What is to be done next, as a word; nothing once it is closed."""
        words = {_S.OPEN: "answer", _S.WAITING: "ask_the_customer_again", _S.ANSWERED: "close", _S.CLOSED: ""}
        return words[self.state]

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether somebody still has to act and should have acted before now."""
        return self.state.is_open and self.due_at < now

    def reply(self, answer: Answer, *, time: WorkTime, at: datetime) -> Self:
        """Note that the customer was told something, which is not yet the answer; whether it counts is a rule of the promise.

        Raises:
            RuleBroken: it is answered.
        """
        check_open(self, self.state, "go on with")
        objection = self.objection(answer)
        fact = InquiryReplied(at=at, channel=answer.channel, automatic=answer.automatic, objection=objection)
        return self._went(fact, marks=() if objection else (MarkKind.ANSWERED,), time=time, at=at)

    def wait(self, *, until: datetime, time: WorkTime, at: datetime) -> Self:
        """Wait for the customer, until a certain time at most.

        Raises:
            IllegalTransition: it is answered, or waits.
            OutOfRange: that time has passed.
        """
        until = checked_wait(until, at=at)
        return self._go(_S.WAITING, marks=(MarkKind.PAUSED,), time=time, at=at, wait_until=until)

    def hear(self, *, time: WorkTime, at: datetime) -> Self:
        """Note that the customer said something more; what was answered is reopened by it.

        Raises:
            RuleBroken: it was closed too long ago.
        """
        if self.state is _S.OPEN:
            return self._went(marks=(MarkKind.ASKED,), time=time, at=at)
        if self.state is _S.WAITING:
            return self._go(_S.OPEN, marks=(MarkKind.RESUMED, MarkKind.ASKED), time=time, at=at, wait_until=None)
        self._check_window(at)
        return self._go(
            _S.OPEN,
            marks=(MarkKind.REOPENED, MarkKind.ASKED),
            time=time,
            at=at,
            resolved_at=None,
            closed_at=None,
            reopened=self.reopened + 1,
        )

    def resolve(self, answer: str, *, time: WorkTime, at: datetime) -> Self:
        """Give the answer.

        Raises:
            Blank: nothing.
            IllegalTransition: it is answered.
        """
        answer = checked_text("inquiry.answer", answer, limit=100_000, lines=True)
        marks = (MarkKind.RESOLVED,)
        return self._go(_S.ANSWERED, marks=marks, time=time, at=at, answer=answer, resolved_at=at, wait_until=None)

    def close(self, *, at: datetime) -> Self:
        """Lay it to rest.

        Raises:
            IllegalTransition: it is not answered.
        """
        check_move(self.id, INQUIRY_LIFE, self.state, _S.CLOSED)
        return self._after(InquiryMoved(at=at, before=self.state, after=_S.CLOSED), state=_S.CLOSED, closed_at=at)

    def reassign(self, responsible: UserId, *, at: datetime, reason: str = "asked") -> Self:
        """Make somebody else responsible."""
        if responsible == self.responsible:
            return self
        fact = InquiryReassigned(at=at, before=self.responsible, after=responsible, reason=reason)
        return self._after(fact, responsible=responsible)

    def escalate(self, *, level: int, to: UserId | None, at: datetime) -> Self:
        """Note that its lateness was told one level further up."""
        return self._after(InquiryEscalated(at=at, level=level, to=to), level=max(level, self.level))

    def _go(self, to: InquiryState, *, marks: Sequence[MarkKind], time: WorkTime, at: datetime, **changes: Any) -> Self:
        check_move(self.id, INQUIRY_LIFE, self.state, to)
        return self._went(
            InquiryMoved(at=at, before=self.state, after=to), marks=marks, time=time, at=at, state=to, **changes
        )

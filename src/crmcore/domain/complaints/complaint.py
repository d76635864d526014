"""A complaint: what a customer is not content with, and what became of it.

Rule 1: a complaint without a type, somebody responsible and a deadline cannot be made; and until it is closed there is always a next action.
Rule 2: it ends resolved or rejected, with words that the customer is told; then it is closed. Within a while it may be reopened, later a
new one follows it up. Its history stays.
Rule 3: compensation above a limit is approved by somebody who may, and never by whoever proposed it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from crmcore.domain.cases import checked_wait
from crmcore.domain.clocks.marks import Answer, MarkKind
from crmcore.domain.complaints.events import (
    ComplaintAnswered,
    ComplaintAssessed,
    ComplaintHeard,
    ComplaintMoved,
)
from crmcore.domain.complaints.facts import ComplaintFacts
from crmcore.domain.complaints.life import COMPLAINT_LIFE, ComplaintState, Severity
from crmcore.domain.complaints.parts import CompensationState, checked_path
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.fields.part import checked_member
from crmcore.domain.fields.text import checked_text
from crmcore.domain.kernel import Event, Shape, check_move, record
from crmcore.domain.levels import Promise
from crmcore.domain.standing import check_open
from crmcore.domain.worktime.time import WorkTime

_S = ComplaintState
_OVER = frozenset({_S.RESOLVED, _S.REJECTED, _S.CLOSED})


@record
class Complaint(ComplaintFacts):
    """What a customer is not content with, and what became of it."""

    shape: ClassVar[Shape] = Shape(
        "complaint",
        "complaints",
        indexes=(
            ("customer",),
            ("deal",),
            ("responsible", "state"),
            ("state", "due_at"),
            ("type", "received_at"),
            ("due_at",),
        ),
    )

    def acknowledge(self, answer: Answer, *, time: WorkTime, at: datetime) -> Self:
        """Tell the customer that it was received and who sees to it.

        Raises:
            IllegalTransition: it has gone further already.
        """
        fact, marks = self._answered(answer, at)
        return self._go(_S.ACKNOWLEDGED, fact, marks=marks, time=time, at=at)

    def assess(
        self,
        *,
        type: str | None = None,
        severity: Severity | str | None = None,
        promise: Promise,
        time: WorkTime,
        at: datetime,
    ) -> Self:
        """Judge what it is about and how grave it is; other times may be promised for that.

        Raises:
            RuleBroken: it has come to its end.
        """
        check_open(self, self.state, "assess")
        type = self.type if type is None else checked_path(checked_text("complaint.type", type, limit=100))
        severity = self.severity if severity is None else checked_member("complaint.severity", Severity, severity)
        fact = ComplaintAssessed(at=at, type=type, severity=severity, service_level=promise.level)
        facts: tuple[Event, ...] = (fact,)
        state = self.state
        if state in {_S.RECEIVED, _S.ACKNOWLEDGED}:
            state = _S.ASSESSED
            facts = (fact, ComplaintMoved(at=at, before=self.state, after=state))
        return self._promised(promise, *facts, time=time, at=at, type=type, severity=severity, state=state)

    def take_up(self, *, time: WorkTime, at: datetime) -> Self:
        """Begin to investigate it, go on after waiting, or reopen it.

        Raises:
            IllegalTransition: it is being investigated.
            RuleBroken: it was closed too long ago.
        """
        if self.state not in _OVER:
            marks = (MarkKind.RESUMED,) if self.state is _S.WAITING else ()
            return self._go(_S.INVESTIGATING, marks=marks, time=time, at=at, wait_until=None)
        self._check_window(at)
        return self._go(
            _S.INVESTIGATING,
            marks=(MarkKind.REOPENED, MarkKind.ASKED),
            time=time,
            at=at,
            resolved_at=None,
            closed_at=None,
            reopened=self.reopened + 1,
        )

    def wait(self, *, until: datetime, time: WorkTime, at: datetime) -> Self:
        """Wait for the customer, until a certain time at most.

        Raises:
            IllegalTransition: it has come to its end, or waits.
            OutOfRange: that time has passed.
        """
        until = checked_wait(until, at=at)
        return self._go(_S.WAITING, marks=(MarkKind.PAUSED,), time=time, at=at, wait_until=until)

    def hear(self, *, time: WorkTime, at: datetime) -> Self:
        """Note that the customer said something more. What waited for that goes on.

        Raises:
            RuleBroken: it has come to its end; take it up again, or follow it up.
        """
        check_open(self, self.state, "go on with")
        fact = ComplaintHeard(at=at)
        if self.state is not _S.WAITING:
            return self._went(fact, marks=(MarkKind.ASKED,), time=time, at=at)
        marks = (MarkKind.RESUMED, MarkKind.ASKED)
        return self._go(_S.INVESTIGATING, fact, marks=marks, time=time, at=at, wait_until=None)

    def answer(self, answer: Answer, *, time: WorkTime, at: datetime) -> Self:
        """Note that the customer was told something; whether it counts is a rule of the promise."""
        fact, marks = self._answered(answer, at)
        return self._went(fact, marks=marks if self.state.is_open else (), time=time, at=at)

    def respond(self, answer: Answer, *, time: WorkTime, at: datetime) -> Self:
        """Tell the customer what we propose to do.

        Raises:
            IllegalTransition: it was responded to, or has come to its end.
        """
        fact, marks = self._answered(answer, at)
        resumed = (MarkKind.RESUMED, *marks) if self.state is _S.WAITING else marks
        return self._go(_S.RESPONDED, fact, marks=resumed, time=time, at=at, wait_until=None)

    def resolve(self, resolution: str, *, time: WorkTime, at: datetime) -> Self:
        """Tell the customer the decision: what was done about it.

        Raises:
            Blank: nothing.
            IllegalTransition: it is resolved, rejected or closed.
        """
        return self._end(_S.RESOLVED, resolution, time=time, at=at)

    def reject(self, reason: str, *, time: WorkTime, at: datetime) -> Self:
        """Tell the customer the decision: why nothing will be done about it.

        Raises:
            Blank: no reason.
            IllegalTransition: it is resolved, rejected or closed.
        """
        return self._end(_S.REJECTED, reason, time=time, at=at)

    def close(self, *, at: datetime) -> Self:
        """Lay it to rest.

        Raises:
            IllegalTransition: it has no outcome.
            RuleBroken: a compensation waits for its approval.
        """
        if any(c.state is CompensationState.PROPOSED for c in self.compensations):
            raise RuleBroken(self.id, "compensation_open", "has a compensation that waits for its approval")
        check_move(self.id, COMPLAINT_LIFE, self.state, _S.CLOSED)
        return self._after(ComplaintMoved(at=at, before=self.state, after=_S.CLOSED), state=_S.CLOSED, closed_at=at)

    def _answered(self, answer: Answer, at: datetime) -> tuple[ComplaintAnswered, Sequence[MarkKind]]:
        objection = self.objection(answer)
        fact = ComplaintAnswered(at=at, channel=answer.channel, automatic=answer.automatic, objection=objection)
        return fact, () if objection else (MarkKind.ANSWERED,)

    def _end(self, state: ComplaintState, resolution: str, *, time: WorkTime, at: datetime) -> Self:
        resolution = checked_text("complaint.resolution", resolution, limit=100_000, lines=True)
        marks = (MarkKind.RESOLVED,)
        return self._go(state, marks=marks, time=time, at=at, resolution=resolution, resolved_at=at, wait_until=None)

    def _go(
        self,
        to: ComplaintState,
        *facts: Any,
        marks: Sequence[MarkKind],
        time: WorkTime,
        at: datetime,
        **changes: Any,
    ) -> Self:
        check_move(self.id, COMPLAINT_LIFE, self.state, to)
        moved = ComplaintMoved(at=at, before=self.state, after=to)
        return self._went(*facts, moved, marks=marks, time=time, at=at, state=to, **changes)

"""A case: something that a customer waits for, with somebody responsible, promised times, and clocks. Complaints and inquiries are cases.

Rule 1: a case has somebody responsible and a deadline at every moment of its life; one without them cannot be made.
Rule 2: whatever a clock would notice leaves a mark; the clocks are told from the marks alone.
Rule 3: the deadline that is kept beside them is the earliest of the running clocks, or until when we wait for the customer. It is there to
search by, and set by whatever story changes it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Self

from crmcore.domain import fields
from crmcore.domain.clocks.marks import MARKS, Answer, Mark, MarkKind, Targets
from crmcore.domain.clocks.replay import Clocks, Timer, replay
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.fields.time import checked_moment
from crmcore.domain.ids import CalendarId, CustomerId, DealId, LevelId, UserId
from crmcore.domain.kernel import Entity, Event, changed, record
from crmcore.domain.levels import REOPEN_WITHIN, Promise
from crmcore.domain.worktime.time import WorkTime


class Kept(Enum):
    """Whether a promise was kept."""

    IN_TIME = "in_time"
    LATE = "late"


@record
class Case(Entity):
    """Something that a customer waits for.

    Attributes:
        responsible: who sees to it.
        due_at: when somebody has to have acted next.
        wait_until: until when we wait for the customer, while we do.
        service_level: which times were promised; None is the standard's, or those that were asked for.
        calendar: by which they are measured; the house's own when there is none.
        reopen_within: how long after its end it may be reopened.
        marks: what its clocks have to know.
        level: how far up the line its lateness has been told.
        response_took: the working time to the first answer; so with the resolution.
        response_kept: whether it came in time, if something was promised; so with the resolution.
    """

    customer: CustomerId = fields.ref("customer")
    deal: DealId | None = fields.ref("deal", optional=True, default=None)
    responsible: UserId = fields.ref("user")
    due_at: datetime = fields.moment()
    wait_until: datetime | None = fields.moment(optional=True, default=None)
    subject: str = fields.text(personal=True)
    story: str = fields.text(personal=True, limit=100_000, lines=True, default="", blank=True)
    service_level: LevelId | None = fields.ref("level", optional=True, default=None)
    contract: str = fields.text(personal=False, default="", blank=True)
    calendar: CalendarId | None = fields.ref("calendar", optional=True, default=None)
    reopen_within: timedelta = fields.span(default=REOPEN_WITHIN)
    marks: tuple[Mark, ...] = fields.parts(Mark, most=MARKS, default=())
    level: int = fields.whole(most=100, default=0)
    reopened: int = fields.whole(default=0)
    received_at: datetime = fields.moment()
    answered_at: datetime | None = fields.moment(optional=True, default=None)
    resolved_at: datetime | None = fields.moment(optional=True, default=None)
    closed_at: datetime | None = fields.moment(optional=True, default=None)
    response_took: timedelta | None = fields.span(optional=True, default=None)
    response_kept: Kept | None = fields.one_of(Kept, optional=True, default=None)
    resolution_took: timedelta | None = fields.span(optional=True, default=None)
    resolution_kept: Kept | None = fields.one_of(Kept, optional=True, default=None)

    def clocks(self, *, time: WorkTime, now: datetime) -> Clocks:
        """Tell how its clocks stand."""
        return replay(self.marks, time=time, now=now)

    @property
    def targets(self) -> Targets:
        """What is promised now."""
        return next((mark.targets for mark in reversed(self.marks) if mark.targets is not None), Targets())

    @property
    def is_waiting(self) -> bool:
        """Whether its clocks stand still, because we wait for the customer."""
        last = (MarkKind.PAUSED, MarkKind.RESUMED, MarkKind.RESOLVED)
        return next((m.kind for m in reversed(self.marks) if m.kind in last), None) is MarkKind.PAUSED

    def objection(self, answer: Answer) -> str:
        """Why an answer would not count, as a word; nothing when it would."""
        return self.targets.answers.objection(answer, responsible=self.responsible)

    def recounted(self, *, time: WorkTime, at: datetime) -> Self:
        """Set the deadline anew, as after a change of the calendar."""
        due_at = _due(self, self.clocks(time=time, now=at))
        return self if due_at == self.due_at else changed(self, due_at=due_at)

    def _went(
        self, *facts: Event, marks: Sequence[MarkKind | Mark], time: WorkTime, at: datetime, **changes: Any
    ) -> Self:
        """The next self: with what happened, what the clocks noticed of it, and what follows from that."""
        noticed = tuple(mark if isinstance(mark, Mark) else Mark(mark, at) for mark in marks)
        after = self._after(*facts, marks=(*self.marks, *noticed), **changes)
        if not noticed and "wait_until" not in changes:
            return after
        clocks = after.clocks(time=time, now=at)
        first, resolution = clocks.first_response, clocks.resolution
        follows: dict[str, Any] = {"due_at": _due(after, clocks)}
        if after.answered_at is None and any(m.kind in {MarkKind.ANSWERED, MarkKind.RESOLVED} for m in noticed):
            follows |= {
                "answered_at": at,
                "response_took": _took(first, after, time, at),
                "response_kept": _kept(first),
            }
        if any(mark.kind is MarkKind.RESOLVED for mark in noticed):
            follows |= {"resolution_took": _took(resolution, after, time, at), "resolution_kept": _kept(resolution)}
        if any(mark.kind is MarkKind.REOPENED for mark in noticed):
            follows |= {"resolution_took": None, "resolution_kept": None}
        return changed(after, **follows)

    def _promised(self, promise: Promise, *facts: Event, time: WorkTime, at: datetime, **changes: Any) -> Self:
        """The next self, to whom something else may be promised."""
        same = promise.targets == self.targets and promise.calendar == self.calendar
        return self._went(
            *facts,
            marks=() if same else (Mark(MarkKind.RETARGETED, at, promise.targets),),
            time=time,
            at=at,
            service_level=promise.level,
            calendar=promise.calendar,
            reopen_within=promise.reopen_within,
            **changes,
        )

    def _check_window(self, at: datetime) -> None:
        """Let a case that is over be reopened, or not.

        Raises:
            RuleBroken: its end lies too far back.
        """
        if self.closed_at is not None and at > self.closed_at + self.reopen_within:
            raise RuleBroken(self.id, "reopened_too_late", "was closed too long ago; follow it up by a new one")


def checked_wait(until: datetime, *, at: datetime) -> datetime:
    """Check until when a customer is waited for.

    Raises:
        OutOfRange: that time has passed.
    """
    until = checked_moment("until", until)
    if until <= at:
        raise OutOfRange("until", "must lie in the future; then the customer is asked again")
    return until


def opening(promise: Promise, *, at: datetime) -> tuple[Mark, ...]:
    """The mark with which every case begins."""
    return (Mark(MarkKind.OPENED, at, promise.targets),)


def first_deadline(promise: Promise, *, time: WorkTime, at: datetime) -> datetime:
    """When somebody has to have acted on a new case."""
    spans = (promise.targets.first_response, promise.targets.resolution)
    return min(time.added(at, span) for span in spans if span is not None)


def _due(case: Case, clocks: Clocks) -> datetime:
    due = [timer.due_at for timer in clocks.all if timer.is_running and timer.due_at is not None]
    if case.wait_until is not None:
        due.append(case.wait_until)
    return min(due, default=case.due_at)


def _took(timer: Timer | None, case: Case, time: WorkTime, at: datetime) -> timedelta:
    return time.between(min(case.received_at, at), at) if timer is None else timer.consumed


def _kept(timer: Timer | None) -> Kept | None:
    return None if timer is None else Kept.IN_TIME if timer.breached_at is None else Kept.LATE

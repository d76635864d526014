"""The clocks themselves: a pure function of what happened, of working time, and of now. No job ever sets a breach.

Rule 1: a clock is told anew from the marks each time it is looked at; so a calendar or a promise that changes is right at once, and
nothing that was paused is ever lost.
Rule 2: time that a matter was paused is measured in the same working time as the promise.
Rule 3: what has stopped is judged by the promise that held when it stopped; what runs, by the promise that holds now.
Rule 4: what ends exactly at its deadline is in time.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from crmcore.domain.clocks.marks import LEAST, Mark, MarkKind, Targets
from crmcore.domain.kernel import record
from crmcore.domain.worktime.time import ALWAYS, WorkTime

_ZERO: Final = timedelta(0)
_NO_TARGETS: Final = Targets()

Run = tuple[datetime, datetime | None, timedelta]
"""From when until when a clock ran, and what it had consumed before. A run without an end goes on."""


class ClockKind(Enum):
    """What is waited for."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


@record
class Timer:
    """How one clock stands.

    Attributes:
        target: what is promised.
        consumed: how much of it has passed; all in working time.
        remaining: what is left; negative when the promise is broken.
        paused: whether it stands still.
        stopped_at: when what was waited for came.
        due_at: when the promise is, or would have been, broken. None while it stands still: that depends on how long.
        at_risk_at: when it is, or was, at risk; None as above.
        breached_at: when the promise was broken, if it was.
    """

    kind: ClockKind
    target: timedelta
    started_at: datetime
    consumed: timedelta
    remaining: timedelta
    paused: bool
    stopped_at: datetime | None
    due_at: datetime | None
    at_risk_at: datetime | None
    breached_at: datetime | None
    runs: Sequence[Run]
    time: WorkTime

    @property
    def is_running(self) -> bool:
        """Whether something is waited for, and the time for it is passing."""
        return self.stopped_at is None and not self.paused

    @property
    def met(self) -> bool:
        """Whether what was waited for came in time."""
        return self.stopped_at is not None and self.breached_at is None

    def reaches(self, share: int, *, after: timedelta = _ZERO) -> datetime | None:
        """When so much of the promise has passed, and some working time more; None when nobody can know.

        Args:
            share: of the target, in hundredths of a percent.
            after: how much more.
        """
        return _reached(self.runs, self.target * share // 10_000 + after, self.time, known=not self.paused)


@record
class Clocks:
    """How all clocks of a matter stand. One that nothing is promised for is None.

    Attributes:
        next_response: of the last thing that the customer said after our first answer, if anything.
        answered_in_time: how often that was answered in time before.
        answered_late: how often it was not.
    """

    first_response: Timer | None
    next_response: Timer | None
    resolution: Timer | None
    answered_in_time: int
    answered_late: int

    @property
    def all(self) -> tuple[Timer, ...]:
        """All of them."""
        return tuple(t for t in (self.first_response, self.next_response, self.resolution) if t is not None)

    @property
    def next(self) -> Timer | None:
        """The running clock that is due first."""
        running = (timer for timer in self.all if timer.is_running)
        return min(running, key=lambda timer: timer.due_at or timer.started_at, default=None)


def replay(marks: Iterable[Mark], *, time: WorkTime, now: datetime) -> Clocks:
    """Tell how the clocks stand.

    Args:
        marks: what happened, in order. One that lies before its forerunner, as when a machine's clock was set back, counts as
            simultaneous.
        time: in which everything is measured.
        now: the present.
    """
    targets = _NO_TARGETS
    first, resolution = _Hand(ClockKind.FIRST_RESPONSE, time), _Hand(ClockKind.RESOLUTION, time)
    following: _Hand | None = None
    in_time = late = 0
    paused = False
    at: datetime | None = None
    for mark in marks:
        at = mark.at if at is None or mark.at > at else at
        match mark.kind:
            case MarkKind.OPENED:
                targets = mark.targets or _NO_TARGETS
                first.start(at, targets.first_response)
                resolution.start(at, targets.resolution)
            case MarkKind.ANSWERED:
                if first.runs_or_waits:
                    first.stop(at)
                elif following is not None and following.runs_or_waits:
                    following.stop(at)
            case MarkKind.ASKED:
                if not first.runs_or_waits and (following is None or not following.runs_or_waits):
                    if following is not None:
                        in_time, late = in_time + following.was_met, late + (not following.was_met)
                    following = _Hand(ClockKind.NEXT_RESPONSE, time)
                    following.start(at, targets.next_response)
                    if paused and targets.pauses_next:
                        following.hold(at)
            case MarkKind.PAUSED | MarkKind.RESUMED:
                paused = mark.kind is MarkKind.PAUSED
                _stand(first, following, resolution, targets, at, paused=paused)
            case MarkKind.RETARGETED:
                targets = mark.targets or _NO_TARGETS
                first.promise(targets.first_response)
                resolution.promise(targets.resolution)
                if following is not None:
                    following.promise(targets.next_response)
                _stand(first, following, resolution, targets, at, paused=paused)
            case MarkKind.RESOLVED:
                paused = False
                for hand in (first, following, resolution):
                    if hand is not None:
                        hand.stop(at)
            case _:  # reopened, and worked on again, whatever pause was said of it meanwhile
                paused = False
                resolution.reopen(at, targets.resolution, anew=targets.anew)
                _stand(first, following, resolution, targets, at, paused=paused)
    now = now if at is None or now > at else at
    return Clocks(
        first_response=first.shown(targets, now),
        next_response=None if following is None else following.shown(targets, now),
        resolution=resolution.shown(targets, now),
        answered_in_time=in_time,
        answered_late=late,
    )


def until(due_at: datetime, *, since: datetime, ended_at: datetime | None, now: datetime) -> Timer | None:
    """Tell how the clock of something stands that has a due time and no promise; None when it was due at once.

    A due time is an instant, whoever may be at work then; so the time to it is that of the wall clock.
    """
    if due_at - since < LEAST:
        return None
    marks = [Mark(MarkKind.OPENED, since, Targets(resolution=due_at - since))]
    if ended_at is not None:
        marks.append(Mark(MarkKind.RESOLVED, ended_at))
    return replay(marks, time=ALWAYS, now=now).resolution


class _Hand:
    """One clock while it is told."""

    __slots__ = ("consumed", "kind", "runs", "since", "started_at", "stopped_at", "target", "time")

    def __init__(self, kind: ClockKind, time: WorkTime) -> None:
        self.kind = kind
        self.time = time
        self.target: timedelta | None = None
        self.started_at: datetime | None = None
        self.stopped_at: datetime | None = None
        self.since: datetime | None = None
        self.consumed = _ZERO
        self.runs: list[Run] = []

    @property
    def runs_or_waits(self) -> bool:
        return self.started_at is not None and self.stopped_at is None

    @property
    def was_met(self) -> bool:
        return self.target is None or self.consumed <= self.target

    def start(self, at: datetime, target: timedelta | None) -> None:
        self.started_at = self.since = at
        self.target = target

    def promise(self, target: timedelta | None) -> None:
        if self.stopped_at is None:
            self.target = target

    def stand(self, at: datetime, still: bool) -> None:  # noqa: FBT001  # called for every pause of every complaint
        if self.stopped_at is None and self.started_at is not None:
            if still:
                self.hold(at)
            elif self.since is None:
                self.since = at

    def hold(self, at: datetime) -> None:
        if self.since is not None:
            self.runs.append((self.since, at, self.consumed))
            self.consumed += self.time.between(self.since, at)
            self.since = None

    def stop(self, at: datetime) -> None:
        if self.runs_or_waits:
            self.hold(at)
            self.stopped_at = at

    def reopen(self, at: datetime, target: timedelta | None, *, anew: bool) -> None:
        if self.stopped_at is None:
            return
        self.stopped_at, self.since, self.target = None, at, target
        if anew:
            self.started_at, self.consumed = at, _ZERO
            self.runs.clear()

    def shown(self, targets: Targets, now: datetime) -> Timer | None:
        if self.target is None or self.started_at is None:
            return None
        consumed, runs, target = self.consumed, self.runs, self.target
        if self.since is not None:
            runs = [*runs, (self.since, None, consumed)]
            consumed += self.time.between(self.since, now)
        paused = self.stopped_at is None and self.since is None
        due_at = _reached(runs, target, self.time, known=not paused)
        return Timer(
            kind=self.kind,
            target=target,
            started_at=self.started_at,
            consumed=consumed,
            remaining=target - consumed,
            paused=paused,
            stopped_at=self.stopped_at,
            due_at=due_at,
            at_risk_at=_reached(runs, target * targets.at_risk // 10_000, self.time, known=not paused),
            breached_at=due_at if consumed > target else None,
            runs=runs,
            time=self.time,
        )


def _stand(
    first: _Hand, following: _Hand | None, resolution: _Hand, targets: Targets, at: datetime, *, paused: bool
) -> None:
    """Let each clock stand still or go on, as promised."""
    resolution.stand(at, paused and targets.pauses_resolution)
    first.stand(at, paused and targets.pauses_first)
    if following is not None:
        following.stand(at, paused and targets.pauses_next)


def _reached(runs: Sequence[Run], amount: timedelta, time: WorkTime, *, known: bool) -> datetime | None:
    """When a clock had run so long; when it goes on, or has stopped, the last run is thought of as going on."""
    since, until, before = next(run for run in reversed(runs) if run[2] < amount)
    reached = time.added(since, amount - before)
    return reached if known or until is None or reached <= until else None

"""SLA timers: first response, next response, resolution.

A timer is a pure function of events, business hours and now. No job sets a breach.

Invariants:
    1. Timers are computed from the events on each read, so a changed calendar or target is effective at once.
    2. Pauses are measured in the same business hours as the target.
    3. A stopped timer is judged by the target at its stop, a running one by the present target.
    4. A timer that stops exactly at its deadline is met.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from crmcore.domain.kernel.entity import record
from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.sla.targets import SlaTargets

_ZERO: Final = timedelta(0)

Run = tuple[datetime, datetime | None, timedelta]
"""A run of a timer: start, end, and the time consumed before it. A run without an end continues."""


class SlaMetric(Enum):
    """What a timer waits for."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


@record
class SlaTimer:
    """The state of one timer.

    Attributes:
        target: the target time.
        consumed: the elapsed time; all times are business hours.
        remaining: target less consumed; negative after a breach.
        is_paused: whether it is paused.
        stopped_at: when it was stopped.
        due_at: when the target is, or would have been, breached. None while paused.
        at_risk_at: when it is, or was, at risk. None while paused.
        breached_at: when the target was breached, if it was.
    """

    metric: SlaMetric
    target: timedelta
    started_at: datetime
    consumed: timedelta
    remaining: timedelta
    is_paused: bool
    stopped_at: datetime | None
    due_at: datetime | None
    at_risk_at: datetime | None
    breached_at: datetime | None
    runs: Sequence[Run]
    business_hours: BusinessHours

    @property
    def is_running(self) -> bool:
        """Whether the timer is running: neither stopped nor paused."""
        return self.stopped_at is None and not self.is_paused

    @property
    def is_met(self) -> bool:
        """Whether the timer was stopped in time."""
        return self.stopped_at is not None and self.breached_at is None

    def reached_at(self, elapsed_bp: int, *, after: timedelta = _ZERO) -> datetime | None:
        """Return when a share of the target has elapsed; None while paused.

        Args:
            elapsed_bp: the share of the target, in hundredths of a percent.
            after: more business hours after that.
        """
        return _instant_reached(
            self.runs, self.target * elapsed_bp // 10_000 + after, self.business_hours, is_known=not self.is_paused
        )


@record
class SlaStatus:
    """The state of all timers of a case. A timer without a target is None.

    Attributes:
        next_response: for the customer's last message after the first reply, if any.
        next_responses_met: how many earlier ones were met.
        next_responses_breached: how many earlier ones were breached.
    """

    first_response: SlaTimer | None
    next_response: SlaTimer | None
    resolution: SlaTimer | None
    next_responses_met: int
    next_responses_breached: int

    @property
    def timers(self) -> tuple[SlaTimer, ...]:
        """The timers that exist."""
        return tuple(t for t in (self.first_response, self.next_response, self.resolution) if t is not None)

    @property
    def next_due(self) -> SlaTimer | None:
        """The running timer that is due first."""
        running = (timer for timer in self.timers if timer.is_running)
        return min(running, key=lambda timer: timer.due_at or timer.started_at, default=None)


class _TimerState:
    """One timer during the replay."""

    __slots__ = ("business_hours", "consumed", "metric", "running_since", "runs", "started_at", "stopped_at", "target")

    def __init__(self, metric: SlaMetric, time: BusinessHours) -> None:
        self.metric = metric
        self.business_hours = time
        self.target: timedelta | None = None
        self.started_at: datetime | None = None
        self.stopped_at: datetime | None = None
        self.running_since: datetime | None = None
        self.consumed = _ZERO
        self.runs: list[Run] = []

    @property
    def is_unfinished(self) -> bool:
        return self.started_at is not None and self.stopped_at is None

    @property
    def is_met(self) -> bool:
        return self.target is None or self.consumed <= self.target

    def start(self, at: datetime, target: timedelta | None) -> None:
        self.started_at = self.running_since = at
        self.target = target

    def set_target(self, target: timedelta | None) -> None:
        if self.stopped_at is None:
            self.target = target

    def set_paused(self, at: datetime, paused: bool) -> None:  # noqa: FBT001  # called for every pause of every complaint
        if self.stopped_at is None and self.started_at is not None:
            if paused:
                self.pause(at)
            elif self.running_since is None:
                self.running_since = at

    def pause(self, at: datetime) -> None:
        if self.running_since is not None:
            self.runs.append((self.running_since, at, self.consumed))
            self.consumed += self.business_hours.elapsed(self.running_since, at)
            self.running_since = None

    def stop(self, at: datetime) -> None:
        if self.is_unfinished:
            self.pause(at)
            self.stopped_at = at

    def reopen(self, at: datetime, target: timedelta | None, *, reset: bool) -> None:
        if self.stopped_at is None:
            return
        self.stopped_at, self.running_since, self.target = None, at, target
        if reset:
            self.started_at, self.consumed = at, _ZERO
            self.runs.clear()

    def to_timer(self, targets: SlaTargets, now: datetime) -> SlaTimer | None:
        if self.target is None or self.started_at is None:
            return None
        consumed, runs, target = self.consumed, self.runs, self.target
        if self.running_since is not None:
            runs = [*runs, (self.running_since, None, consumed)]
            consumed += self.business_hours.elapsed(self.running_since, now)
        paused = self.stopped_at is None and self.running_since is None
        due_at = _instant_reached(runs, target, self.business_hours, is_known=not paused)
        return SlaTimer(
            metric=self.metric,
            target=target,
            started_at=self.started_at,
            consumed=consumed,
            remaining=target - consumed,
            is_paused=paused,
            stopped_at=self.stopped_at,
            due_at=due_at,
            at_risk_at=_instant_reached(
                runs, target * targets.at_risk // 10_000, self.business_hours, is_known=not paused
            ),
            breached_at=due_at if consumed > target else None,
            runs=runs,
            business_hours=self.business_hours,
        )


def _instant_reached(
    runs: Sequence[Run], amount: timedelta, business_hours: BusinessHours, *, is_known: bool
) -> datetime | None:
    """Return when a timer had run so long.

    When the timer is stopped, or is to resume, the last run is extrapolated.
    """
    since, until, consumed_before = next(run for run in reversed(runs) if run[2] < amount)
    reached = business_hours.add(since, amount - consumed_before)
    return reached if is_known or until is None or reached <= until else None

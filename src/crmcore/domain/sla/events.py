"""SLA events of a case, and the replay that computes its timers.

Invariants:
    1. The events of a case are in order. What no timer depends on is not stored.
    2. A reply rule decides which replies count. By default, an automatic reply does not.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Final

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import value
from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN, BusinessHours
from crmcore.domain.sla.targets import MIN_TARGET, SlaTargets
from crmcore.domain.sla.timers import SlaMetric, SlaStatus, SlaTimer, _TimerState

MAX_EVENTS: Final = 5_000
"""The maximum number of SLA events of a case."""


class SlaEventKind(Enum):
    """The kind of an SLA event."""

    OPENED = "opened"
    CUSTOMER_REPLIED = "customer_replied"
    REPLIED = "replied"
    PAUSED = "paused"
    RESUMED = "resumed"
    RETARGETED = "retargeted"
    RESOLVED = "resolved"
    REOPENED = "reopened"


@value
class SlaEvent:
    """An event that a timer depends on.

    Attributes:
        targets: the targets from then on; with ``opened`` and ``retargeted``.
    """

    kind: SlaEventKind = fields.enum(SlaEventKind)
    at: datetime = fields.timestamp()
    targets: SlaTargets | None = fields.embedded(SlaTargets, optional=True, default=None)


_NO_TARGETS: Final = SlaTargets()


def replay(events: Iterable[SlaEvent], *, business_hours: BusinessHours, now: datetime) -> SlaStatus:
    """Compute the state of all timers.

    Args:
        events: in order. An event that lies before the preceding one, as when a clock was set back, counts as simultaneous.
        business_hours: in which time is measured.
        now: the present.
    """
    targets = _NO_TARGETS
    first_response, resolution = (
        _TimerState(SlaMetric.FIRST_RESPONSE, business_hours),
        _TimerState(SlaMetric.RESOLUTION, business_hours),
    )
    next_response: _TimerState | None = None
    met = breached = 0
    paused = False
    at: datetime | None = None
    for event in events:
        at = event.at if at is None or event.at > at else at
        match event.kind:
            case SlaEventKind.OPENED:
                targets = event.targets or _NO_TARGETS
                first_response.start(at, targets.first_response)
                resolution.start(at, targets.resolution)
            case SlaEventKind.REPLIED:
                if first_response.is_unfinished:
                    first_response.stop(at)
                elif next_response is not None and next_response.is_unfinished:
                    next_response.stop(at)
            case SlaEventKind.CUSTOMER_REPLIED:
                if not first_response.is_unfinished and (next_response is None or not next_response.is_unfinished):
                    if next_response is not None:
                        met, breached = met + next_response.is_met, breached + (not next_response.is_met)
                    next_response = _TimerState(SlaMetric.NEXT_RESPONSE, business_hours)
                    next_response.start(at, targets.next_response)
                    if paused and targets.pauses_next:
                        next_response.pause(at)
            case SlaEventKind.PAUSED | SlaEventKind.RESUMED:
                paused = event.kind is SlaEventKind.PAUSED
                _apply_pause(first_response, next_response, resolution, targets, at, paused=paused)
            case SlaEventKind.RETARGETED:
                targets = event.targets or _NO_TARGETS
                first_response.set_target(targets.first_response)
                resolution.set_target(targets.resolution)
                if next_response is not None:
                    next_response.set_target(targets.next_response)
                _apply_pause(first_response, next_response, resolution, targets, at, paused=paused)
            case SlaEventKind.RESOLVED:
                paused = False
                for state in (first_response, next_response, resolution):
                    if state is not None:
                        state.stop(at)
            case _:  # reopened, which ends a pause
                paused = False
                resolution.reopen(at, targets.resolution, reset=targets.reset_on_reopen)
                _apply_pause(first_response, next_response, resolution, targets, at, paused=paused)
    now = now if at is None or now > at else at
    return SlaStatus(
        first_response=first_response.to_timer(targets, now),
        next_response=None if next_response is None else next_response.to_timer(targets, now),
        resolution=resolution.to_timer(targets, now),
        next_responses_met=met,
        next_responses_breached=breached,
    )


def deadline_timer(
    due_at: datetime, *, started_at: datetime, ended_at: datetime | None, now: datetime
) -> SlaTimer | None:
    """Compute the timer of a plain due time. None when it was due at once.

    The due time is an instant, so the time is not measured in business hours.

    """
    if due_at - started_at < MIN_TARGET:
        return None
    events = [SlaEvent(SlaEventKind.OPENED, started_at, SlaTargets(resolution=due_at - started_at))]
    if ended_at is not None:
        events.append(SlaEvent(SlaEventKind.RESOLVED, ended_at))
    return replay(events, business_hours=ALWAYS_OPEN, now=now).resolution


def _apply_pause(
    first_response: _TimerState,
    next_response: _TimerState | None,
    resolution: _TimerState,
    targets: SlaTargets,
    at: datetime,
    *,
    paused: bool,
) -> None:
    """Pause or resume each timer, as the targets say."""
    resolution.set_paused(at, paused and targets.pauses_resolution)
    first_response.set_paused(at, paused and targets.pauses_first)
    if next_response is not None:
        next_response.set_paused(at, paused and targets.pauses_next)

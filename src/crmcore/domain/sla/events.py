"""What a clock has to know of a matter: which times are promised, what may count as an answer, and what happened when.

Rule 1: a matter's marks are facts in the order in which they came. What no clock would notice leaves no mark.
Rule 2: which answer counts is a rule and no accident: an automatic reply is none, unless the house says so.
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
"""How many marks a matter holds."""


class SlaEventKind(Enum):
    """What happened."""

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
    """Something that a clock notices.

    Attributes:
        targets: what is promised from then on; with ``opened`` and ``retargeted``.
    """

    kind: SlaEventKind = fields.enum(SlaEventKind)
    at: datetime = fields.timestamp()
    targets: SlaTargets | None = fields.embedded(SlaTargets, optional=True, default=None)


_NO_TARGETS: Final = SlaTargets()


def replay(events: Iterable[SlaEvent], *, business_hours: BusinessHours, now: datetime) -> SlaStatus:
    """Tell how the clocks stand.

    Args:
        events: what happened, in order. One that lies before its forerunner, as when a machine's clock was set back, counts as
            simultaneous.
        business_hours: in which everything is measured.
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
            case _:  # reopened, and worked on again, whatever pause was said of it meanwhile
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
    """Tell how the clock of something stands that has a due time and no promise; None when it was due at once.

    A due time is an instant, whoever may be at work then; so the time to it is that of the wall clock.
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
    """Let each clock stand still or go on, as promised."""
    resolution.set_paused(at, paused and targets.pauses_resolution)
    first_response.set_paused(at, paused and targets.pauses_first)
    if next_response is not None:
        next_response.set_paused(at, paused and targets.pauses_next)

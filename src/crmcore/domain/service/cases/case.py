"""The case: a complaint or an inquiry with owner, SLA and deadline.

Invariants:
    1. A case always has an owner and a deadline.
    2. SLA timers are computed from the SLA events alone.
    3. `due_at` is the earliest deadline of the running timers, or the end of a pause. It is stored so that a store can search by it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.entity import Entity, Event, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.fields.time import checked_timestamp
from crmcore.domain.kernel.ids import CalendarId, CustomerId, DealId, SlaPolicyId, UserId
from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.sla.events import MAX_EVENTS, SlaEvent, SlaEventKind, replay
from crmcore.domain.sla.policies import REOPEN_WITHIN, SlaDecision
from crmcore.domain.sla.targets import Reply, SlaTargets
from crmcore.domain.sla.timers import SlaStatus, SlaTimer


class SlaResult(Enum):
    """Whether a target was met."""

    MET = "met"
    BREACHED = "breached"


@record
class Case(Entity):
    """A complaint or an inquiry.

    Attributes:
        owner_id: the user who is responsible.
        due_at: when the next action is due.
        wait_until: the end of the pause, while the case waits for the customer.
        sla_policy_id: None for the default or requested targets.
        calendar_id: in whose business hours time is measured; the company's calendar when there is none.
        reopen_within: how long after its end it can be reopened.
        sla_events: the events that its timers are computed from.
        escalation_level: the last escalation level.
        first_response_time: the business hours until the first response; so with the resolution.
        first_response_sla: whether the target was met, if there was one; so with the resolution.
    """

    customer_id: CustomerId = fields.id_of("customer")
    deal_id: DealId | None = fields.id_of("deal", optional=True, default=None)
    owner_id: UserId = fields.id_of("user")
    due_at: datetime = fields.timestamp()
    wait_until: datetime | None = fields.timestamp(optional=True, default=None)
    subject: str = fields.text(personal=True)
    description: str = fields.text(personal=True, max_length=100_000, multiline=True, default="", allow_blank=True)
    sla_policy_id: SlaPolicyId | None = fields.id_of("sla", optional=True, default=None)
    contract: str = fields.text(personal=False, default="", allow_blank=True)
    calendar_id: CalendarId | None = fields.id_of("calendar", optional=True, default=None)
    reopen_within: timedelta = fields.duration(default=REOPEN_WITHIN)
    sla_events: tuple[SlaEvent, ...] = fields.embedded_list(SlaEvent, max_items=MAX_EVENTS, default=())
    escalation_level: int = fields.integer(max=100, default=0)
    reopen_count: int = fields.integer(default=0)
    received_at: datetime = fields.timestamp()
    answered_at: datetime | None = fields.timestamp(optional=True, default=None)
    resolved_at: datetime | None = fields.timestamp(optional=True, default=None)
    closed_at: datetime | None = fields.timestamp(optional=True, default=None)
    first_response_time: timedelta | None = fields.duration(optional=True, default=None)
    first_response_sla: SlaResult | None = fields.enum(SlaResult, optional=True, default=None)
    resolution_time: timedelta | None = fields.duration(optional=True, default=None)
    resolution_sla: SlaResult | None = fields.enum(SlaResult, optional=True, default=None)

    @classmethod
    def _open(
        cls, *, sla: SlaDecision, business_hours: BusinessHours, at: datetime, owner_id: UserId, **details: Any
    ) -> Self:
        """Build a case with its SLA, its first deadline and the opening event."""
        targets = (sla.targets.first_response, sla.targets.resolution)
        return cls(
            owner_id=owner_id,
            sla_policy_id=sla.sla_policy_id,
            calendar_id=sla.calendar_id,
            reopen_within=sla.reopen_within,
            due_at=min(business_hours.add(at, target) for target in targets if target is not None),
            sla_events=(SlaEvent(SlaEventKind.OPENED, at, sla.targets),),
            received_at=at,
            **details,
        )

    def sla_status(self, *, business_hours: BusinessHours, now: datetime) -> SlaStatus:
        """Compute the state of the SLA timers."""
        return replay(self.sla_events, business_hours=business_hours, now=now)

    @property
    def targets(self) -> SlaTargets:
        """The present targets."""
        return next((event.targets for event in reversed(self.sla_events) if event.targets is not None), SlaTargets())

    @property
    def is_waiting(self) -> bool:
        """Whether the timers are paused, because the case waits for the customer."""
        pausing_kinds = (SlaEventKind.PAUSED, SlaEventKind.RESUMED, SlaEventKind.RESOLVED)
        return (
            next((event.kind for event in reversed(self.sla_events) if event.kind in pausing_kinds), None)
            is SlaEventKind.PAUSED
        )

    def rejection_reason(self, reply: Reply) -> str:
        """Return why a reply would not count; empty if it would."""
        return self.targets.reply_rule.rejection_reason(reply, owner_id=self.owner_id)

    def recalculated(self, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Compute the deadline again, as after a change of the calendar."""
        due_at = _next_deadline(self, self.sla_status(business_hours=business_hours, now=at))
        return self if due_at == self.due_at else copy_with(self, due_at=due_at)

    def _with_events(
        self,
        *events: Event,
        sla_events: Sequence[SlaEventKind | SlaEvent],
        business_hours: BusinessHours,
        at: datetime,
        **changes: Any,
    ) -> Self:
        """Return the next version with SLA events and what depends on them."""
        new_sla_events = tuple(
            sla_event if isinstance(sla_event, SlaEvent) else SlaEvent(sla_event, at) for sla_event in sla_events
        )
        updated = self._record(*events, sla_events=(*self.sla_events, *new_sla_events), **changes)
        if not new_sla_events and "wait_until" not in changes:
            return updated
        status = updated.sla_status(business_hours=business_hours, now=at)
        first_response, resolution = status.first_response, status.resolution
        computed: dict[str, Any] = {"due_at": _next_deadline(updated, status)}
        if updated.answered_at is None and any(
            m.kind in {SlaEventKind.REPLIED, SlaEventKind.RESOLVED} for m in new_sla_events
        ):
            computed |= {
                "answered_at": at,
                "first_response_time": _elapsed(first_response, updated, business_hours, at),
                "first_response_sla": _sla_result(first_response),
            }
        if any(sla_event.kind is SlaEventKind.RESOLVED for sla_event in new_sla_events):
            computed |= {
                "resolution_time": _elapsed(resolution, updated, business_hours, at),
                "resolution_sla": _sla_result(resolution),
            }
        if any(sla_event.kind is SlaEventKind.REOPENED for sla_event in new_sla_events):
            computed |= {"resolution_time": None, "resolution_sla": None}
        return copy_with(updated, **computed)

    def _with_sla(
        self, sla: SlaDecision, *events: Event, business_hours: BusinessHours, at: datetime, **changes: Any
    ) -> Self:
        """Return the next version, with other targets if the SLA has changed."""
        is_unchanged = sla.targets == self.targets and sla.calendar_id == self.calendar_id
        return self._with_events(
            *events,
            sla_events=() if is_unchanged else (SlaEvent(SlaEventKind.RETARGETED, at, sla.targets),),
            business_hours=business_hours,
            at=at,
            sla_policy_id=sla.sla_policy_id,
            calendar_id=sla.calendar_id,
            reopen_within=sla.reopen_within,
            **changes,
        )

    def _check_reopen_window(self, at: datetime) -> None:
        """Check that a closed case can be reopened.

        Raises:
            BusinessRuleError: it was closed too long ago.
        """
        if self.closed_at is not None and at > self.closed_at + self.reopen_within:
            raise BusinessRuleError(
                self.id, "reopen_window_expired", "was closed too long ago; follow it up by a new one"
            )


def check_pause(until: datetime, *, at: datetime) -> datetime:
    """Check the end of a pause.

    Raises:
        OutOfRangeError: it lies in the past.
    """
    until = checked_timestamp("until", until)
    if until <= at:
        raise OutOfRangeError("until", "must lie in the future; then the customer is asked again")
    return until


def _next_deadline(case: Case, status: SlaStatus) -> datetime:
    deadlines = [timer.due_at for timer in status.timers if timer.is_running and timer.due_at is not None]
    if case.wait_until is not None:
        deadlines.append(case.wait_until)
    return min(deadlines, default=case.due_at)


def _elapsed(timer: SlaTimer | None, case: Case, business_hours: BusinessHours, at: datetime) -> timedelta:
    return business_hours.elapsed(min(case.received_at, at), at) if timer is None else timer.consumed


def _sla_result(timer: SlaTimer | None) -> SlaResult | None:
    return None if timer is None else SlaResult.MET if timer.breached_at is None else SlaResult.BREACHED

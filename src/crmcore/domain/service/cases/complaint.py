"""The complaint, and its handling after ISO 10002.

Invariants:
    1. A complaint has a type, an owner, a deadline, and until it is closed a next action.
    2. It is resolved or rejected with a text for the customer, then closed. It can be reopened for a while; later a new complaint follows
       it up.
    3. Compensation above a limit is approved by another user than the one who proposed it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from crmcore.domain.kernel.entity import EntityMeta, Event, check_transition, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.open_state import require_open
from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.service.cases.case import check_pause
from crmcore.domain.service.cases.complaint_events import (
    ComplaintAssessed,
    ComplaintCustomerReplied,
    ComplaintReplyLogged,
    ComplaintStatusChanged,
)
from crmcore.domain.service.cases.complaint_fields import ComplaintFields
from crmcore.domain.service.cases.complaint_lifecycle import COMPLAINT_TRANSITIONS, ComplaintState, Severity
from crmcore.domain.service.cases.complaint_parts import CompensationState, checked_type_path
from crmcore.domain.sla.events import SlaEventKind
from crmcore.domain.sla.policies import SlaDecision
from crmcore.domain.sla.targets import Reply

_S = ComplaintState
_ENDED_STATES = frozenset({_S.RESOLVED, _S.REJECTED, _S.CLOSED})


@record
class Complaint(ComplaintFields):
    """A complaint of a customer."""

    meta: ClassVar[EntityMeta] = EntityMeta(
        "complaint",
        "complaints",
        indexes=(
            ("customer_id",),
            ("deal_id",),
            ("owner_id", "state"),
            ("state", "due_at"),
            ("type", "received_at"),
            ("due_at",),
        ),
    )

    def acknowledge(self, reply: Reply, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Acknowledge the receipt to the customer.

        Raises:
            InvalidTransitionError: it was acknowledged before.
        """
        event, sla_events = self._reply_events(reply, at)
        return self._set_state(_S.ACKNOWLEDGED, event, sla_events=sla_events, business_hours=business_hours, at=at)

    def assess(
        self,
        *,
        type: str | None = None,
        severity: Severity | str | None = None,
        sla: SlaDecision,
        business_hours: BusinessHours,
        at: datetime,
    ) -> Self:
        """Set type and severity. The SLA may change with them.

        Raises:
            BusinessRuleError: it is resolved, rejected or closed.
        """
        require_open(self, self.state, "assess")
        type = self.type if type is None else checked_type_path(checked_text("complaint.type", type, max_length=100))
        severity = self.severity if severity is None else checked_member("complaint.severity", Severity, severity)
        event = ComplaintAssessed(at=at, type=type, severity=severity, sla_policy_id=sla.sla_policy_id)
        events: tuple[Event, ...] = (event,)
        state = self.state
        if state in {_S.RECEIVED, _S.ACKNOWLEDGED}:
            state = _S.ASSESSED
            events = (event, ComplaintStatusChanged(at=at, before=self.state, after=state))
        return self._with_sla(
            sla, *events, business_hours=business_hours, at=at, type=type, severity=severity, state=state
        )

    def start_investigation(self, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Start or continue the investigation, or reopen the complaint.

        Raises:
            InvalidTransitionError: it is being investigated.
            BusinessRuleError: it was closed too long ago.
        """
        if self.state not in _ENDED_STATES:
            sla_events = (SlaEventKind.RESUMED,) if self.state is _S.WAITING else ()
            return self._set_state(
                _S.INVESTIGATING, sla_events=sla_events, business_hours=business_hours, at=at, wait_until=None
            )
        self._check_reopen_window(at)
        return self._set_state(
            _S.INVESTIGATING,
            sla_events=(SlaEventKind.REOPENED, SlaEventKind.CUSTOMER_REPLIED),
            business_hours=business_hours,
            at=at,
            resolved_at=None,
            closed_at=None,
            reopen_count=self.reopen_count + 1,
        )

    def pause_for_customer(self, *, until: datetime, business_hours: BusinessHours, at: datetime) -> Self:
        """Wait for the customer, until a time at most.

        Raises:
            InvalidTransitionError: it has ended, or waits already.
            OutOfRangeError: the time lies in the past.
        """
        until = check_pause(until, at=at)
        return self._set_state(
            _S.WAITING, sla_events=(SlaEventKind.PAUSED,), business_hours=business_hours, at=at, wait_until=until
        )

    def log_customer_reply(self, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Log a message of the customer. It ends a pause.

        Raises:
            BusinessRuleError: it has ended; reopen it, or follow it up.
        """
        require_open(self, self.state, "go on with")
        event = ComplaintCustomerReplied(at=at)
        if self.state is not _S.WAITING:
            return self._with_events(
                event, sla_events=(SlaEventKind.CUSTOMER_REPLIED,), business_hours=business_hours, at=at
            )
        sla_events = (SlaEventKind.RESUMED, SlaEventKind.CUSTOMER_REPLIED)
        return self._set_state(
            _S.INVESTIGATING, event, sla_events=sla_events, business_hours=business_hours, at=at, wait_until=None
        )

    def log_reply(self, reply: Reply, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Log a reply to the customer. The reply rule decides whether it counts."""
        event, sla_events = self._reply_events(reply, at)
        return self._with_events(
            event, sla_events=sla_events if self.state.is_open else (), business_hours=business_hours, at=at
        )

    def respond(self, reply: Reply, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Propose a solution to the customer.

        Raises:
            InvalidTransitionError: it was responded to, or has ended.
        """
        event, sla_events = self._reply_events(reply, at)
        resumed_events = (SlaEventKind.RESUMED, *sla_events) if self.state is _S.WAITING else sla_events
        return self._set_state(
            _S.RESPONDED, event, sla_events=resumed_events, business_hours=business_hours, at=at, wait_until=None
        )

    def resolve(self, resolution: str, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Resolve the complaint, with a text for the customer.

        Raises:
            RequiredError: the text is empty.
            InvalidTransitionError: it is resolved, rejected or closed.
        """
        return self._decide(_S.RESOLVED, resolution, business_hours=business_hours, at=at)

    def reject(self, reason: str, *, business_hours: BusinessHours, at: datetime) -> Self:
        """Reject the complaint, with a text for the customer.

        Raises:
            RequiredError: the text is empty.
            InvalidTransitionError: it is resolved, rejected or closed.
        """
        return self._decide(_S.REJECTED, reason, business_hours=business_hours, at=at)

    def close(self, *, at: datetime) -> Self:
        """Close the complaint.

        Raises:
            InvalidTransitionError: it is neither resolved nor rejected.
            BusinessRuleError: a compensation waits for its approval.
        """
        if any(c.state is CompensationState.PROPOSED for c in self.compensations):
            raise BusinessRuleError(self.id, "compensation_pending", "has a compensation that waits for its approval")
        check_transition(self.id, COMPLAINT_TRANSITIONS, self.state, _S.CLOSED)
        return self._record(
            ComplaintStatusChanged(at=at, before=self.state, after=_S.CLOSED), state=_S.CLOSED, closed_at=at
        )

    def _reply_events(self, reply: Reply, at: datetime) -> tuple[ComplaintReplyLogged, Sequence[SlaEventKind]]:
        rejection_reason = self.rejection_reason(reply)
        event = ComplaintReplyLogged(
            at=at, channel=reply.channel, is_automatic=reply.is_automatic, rejection_reason=rejection_reason
        )
        return event, () if rejection_reason else (SlaEventKind.REPLIED,)

    def _decide(self, state: ComplaintState, resolution: str, *, business_hours: BusinessHours, at: datetime) -> Self:
        resolution = checked_text("complaint.resolution", resolution, max_length=100_000, multiline=True)
        sla_events = (SlaEventKind.RESOLVED,)
        return self._set_state(
            state,
            sla_events=sla_events,
            business_hours=business_hours,
            at=at,
            resolution=resolution,
            resolved_at=at,
            wait_until=None,
        )

    def _set_state(
        self,
        to: ComplaintState,
        *events: Any,
        sla_events: Sequence[SlaEventKind],
        business_hours: BusinessHours,
        at: datetime,
        **changes: Any,
    ) -> Self:
        check_transition(self.id, COMPLAINT_TRANSITIONS, self.state, to)
        status_changed = ComplaintStatusChanged(at=at, before=self.state, after=to)
        return self._with_events(
            *events, status_changed, sla_events=sla_events, business_hours=business_hours, at=at, state=to, **changes
        )

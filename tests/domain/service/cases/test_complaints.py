"""Complaints: life cycle, SLA, compensation, types."""

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import initialize, invariant, rule

from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN, BusinessHours
from crmcore.domain.organization.business_hours.hours import Shift
from crmcore.domain.service.cases.case import SlaResult
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.complaint_events import ComplaintStatusChanged
from crmcore.domain.service.cases.complaint_lifecycle import COMPLAINT_TRANSITIONS, ComplaintState, Severity
from crmcore.domain.service.cases.complaint_parts import (
    ApprovalLimit,
    CompensationState,
    ComplaintType,
    can_approve,
    checked_type_path,
    nearest_type,
)
from crmcore.domain.sla.events import SlaEventKind
from crmcore.domain.sla.policies import SlaDecision
from crmcore.domain.sla.targets import Reply, ReplyRule, SlaTargets
from crmcore.errors import (
    BusinessRuleError,
    InvalidChoiceError,
    InvalidInputError,
    InvalidTransitionError,
    OutOfRangeError,
)
from crmcore.testing.samples import NOON, Samples
from tests.domain.life_cycle import LifeCycleMachine

HOUR: Final = timedelta(hours=1)
TARGETS: Final = SlaTargets(first_response=2 * HOUR, next_response=4 * HOUR, resolution=20 * HOUR)
SLA_DECISION: Final = SlaDecision(rule="policy", targets=TARGETS)
PHONE_REPLY: Final = Reply(channel="phone")


def receive_complaint(sla: SlaDecision = SLA_DECISION, **details: Any) -> Complaint:
    """A complaint about a draught."""
    samples = Samples()
    return Complaint.receive(
        samples.id("complaint"),
        "Draughty",
        type="quality/draught",
        customer_id=samples.id("customer"),
        owner_id=samples.id("user"),
        sla=sla,
        business_hours=ALWAYS_OPEN,
        at=NOON,
        **details,
    )


class ComplaintMachine(LifeCycleMachine):
    """A complaint and all its commands."""

    @initialize(severity=st.sampled_from(["low", Severity.CRITICAL]))
    def receive(self, severity: Any) -> None:
        """Receive it."""
        self.record = receive_complaint(severity=severity)
        self.reopened = 0

    @rule()
    def acknowledge(self) -> None:
        """Acknowledge it."""
        at = self.tick()
        self.transition(
            COMPLAINT_TRANSITIONS,
            ComplaintState.ACKNOWLEDGED,
            lambda: self.record.acknowledge(PHONE_REPLY, business_hours=ALWAYS_OPEN, at=at),
        )

    @rule(severity=st.sampled_from([None, "high"]), type=st.sampled_from([None, "delivery"]))
    def assess(self, severity: Any, type: Any) -> None:
        """Assess it, in every open state."""
        before, at = self.record, self.tick()
        sla = SlaDecision(rule="policy", targets=SlaTargets(resolution=10 * HOUR)) if severity else SLA_DECISION
        try:
            self.record = before.assess(type=type, severity=severity, sla=sla, business_hours=ALWAYS_OPEN, at=at)
        except BusinessRuleError:
            assert not before.state.is_open
            return
        early = before.state in {ComplaintState.RECEIVED, ComplaintState.ACKNOWLEDGED}

        assert self.record.state is (ComplaintState.ASSESSED if early else before.state)
        assert self.record.targets == sla.targets

    @rule()
    def start_investigation(self) -> None:
        """Start, continue or reopen the investigation."""
        ended = not self.record.state.is_open
        at = self.tick()
        if self.transition(
            COMPLAINT_TRANSITIONS,
            ComplaintState.INVESTIGATING,
            lambda: self.record.start_investigation(business_hours=ALWAYS_OPEN, at=at),
        ):
            self.reopened += ended

            assert self.record.reopen_count == self.reopened
            assert self.record.resolved_at is self.record.closed_at is self.record.wait_until is None

    @rule()
    def pause_for_customer(self) -> None:
        """Wait for the customer."""
        at = self.tick()
        if self.transition(
            COMPLAINT_TRANSITIONS,
            ComplaintState.WAITING,
            lambda: self.record.pause_for_customer(until=at + HOUR, business_hours=ALWAYS_OPEN, at=at),
        ):
            assert self.record.is_waiting
            assert self.record.due_at <= at + HOUR

    @rule()
    def log_customer_reply(self) -> None:
        """Log a message of the customer."""
        before, at = self.record, self.tick()
        try:
            self.record = before.log_customer_reply(business_hours=ALWAYS_OPEN, at=at)
        except BusinessRuleError:
            assert not before.state.is_open
            return
        waited = before.state is ComplaintState.WAITING

        assert self.record.state is (ComplaintState.INVESTIGATING if waited else before.state)
        assert not self.record.is_waiting

    @rule(automatic=st.booleans())
    def log_reply(self, *, automatic: bool) -> None:
        """Log a reply; an automatic one does not count."""
        before, at = self.record, self.tick()
        self.record = before.log_reply(Reply(is_automatic=automatic), business_hours=ALWAYS_OPEN, at=at)

        assert self.record.state is before.state
        assert before.answered_at is not None or automatic or self.record.answered_at == at

    @rule()
    def respond(self) -> None:
        """Propose a solution."""
        at = self.tick()
        self.transition(
            COMPLAINT_TRANSITIONS,
            ComplaintState.RESPONDED,
            lambda: self.record.respond(PHONE_REPLY, business_hours=ALWAYS_OPEN, at=at),
        )

    @rule()
    def resolve(self) -> None:
        """Resolve it."""
        at = self.tick()
        take = lambda: self.record.resolve(" Mended ", business_hours=ALWAYS_OPEN, at=at)  # noqa: E731  # as the others
        if self.transition(COMPLAINT_TRANSITIONS, ComplaintState.RESOLVED, take):
            assert (self.record.resolution, self.record.resolved_at) == ("Mended", at)
            assert self.record.resolution_sla is not None

    @rule()
    def reject(self) -> None:
        """Reject it."""
        at = self.tick()
        self.transition(
            COMPLAINT_TRANSITIONS,
            ComplaintState.REJECTED,
            lambda: self.record.reject("Not ours", business_hours=ALWAYS_OPEN, at=at),
        )

    @rule()
    def close(self) -> None:
        """Close it."""
        at = self.tick()
        if self.transition(COMPLAINT_TRANSITIONS, ComplaintState.CLOSED, lambda: self.record.close(at=at)):
            assert self.record.closed_at == at

    @rule(to=st.sampled_from([Samples().id("user"), "user_00000000000070008000000000000009"]))
    def change_owner_and_escalate(self, to: Any) -> None:
        """Change the owner and escalate."""
        level = self.record.escalation_level + 1
        self.record = self.record.change_owner(to, at=self.now).escalate(level=level, recipient_id=to, at=self.now)

        assert (self.record.owner_id, self.record.escalation_level) == (to, level)
        assert self.record.change_owner(to, at=self.now) is self.record

    @invariant()
    def open_complaint_has_owner_deadline_and_next_action(self) -> None:
        """An open complaint has an owner, a deadline and a next action; its events lead to its state."""
        complaint: Complaint | None = getattr(self, "record", None)
        if complaint is None:
            return
        state = ComplaintState.RECEIVED
        for event in complaint.pending_events:
            if isinstance(event, ComplaintStatusChanged):
                assert event.before is state
                state = event.after

        assert state is complaint.state
        assert complaint.owner_id
        assert bool(complaint.next_action) is (state is not ComplaintState.CLOSED)
        assert complaint.is_overdue(self.now) is (complaint.state.is_open and complaint.due_at < self.now)
        clocks = complaint.sla_status(business_hours=ALWAYS_OPEN, now=self.now)
        running = [timer.due_at for timer in clocks.timers if timer.is_running]
        waiting = [] if complaint.wait_until is None else [complaint.wait_until]
        assert not (running or waiting) or complaint.due_at == min(filter(None, [*running, *waiting]))
        assert complaint.recalculated(business_hours=ALWAYS_OPEN, at=self.now) is complaint


TestComplaint = ComplaintMachine.TestCase
TestComplaint.settings = settings(max_examples=40, deadline=None)


def test_complaint_without_type_or_owner_is_rejected() -> None:
    """A complaint needs a type and an owner."""
    samples = Samples()
    given: dict[str, Any] = {
        "sla": SLA_DECISION,
        "business_hours": ALWAYS_OPEN,
        "at": NOON,
        "customer_id": samples.id("customer"),
    }

    for missing in ({"type": "", "owner_id": samples.id("user")}, {"type": "quality", "owner_id": None}):
        with pytest.raises(InvalidInputError):
            Complaint.receive(samples.id("complaint"), "Cold", **given, **missing)
    for path in ("delivery//late", "/late", "late/", "delivery/ late"):
        with pytest.raises(InvalidInputError):
            checked_type_path(path)


def test_response_times_and_sla_results_are_stored() -> None:
    """First response and resolution are stored in business hours, and the resolution is reset on reopening."""
    resolved = (
        receive_complaint()
        .acknowledge(PHONE_REPLY, business_hours=ALWAYS_OPEN, at=NOON + HOUR)
        .resolve("Mended", business_hours=ALWAYS_OPEN, at=NOON + 21 * HOUR)
    )
    reopened = resolved.start_investigation(business_hours=ALWAYS_OPEN, at=NOON + 30 * HOUR)

    assert (resolved.first_response_time, resolved.first_response_sla) == (HOUR, SlaResult.MET)
    assert (resolved.resolution_time, resolved.resolution_sla) == (21 * HOUR, SlaResult.BREACHED)
    assert (reopened.resolution_time, reopened.resolution_sla) == (None, None)
    assert reopened.first_response_time == HOUR


def test_response_times_are_stored_without_sla() -> None:
    """Times are stored without targets, and no SLA result."""
    unpromised = receive_complaint(SlaDecision(rule="requested", targets=SlaTargets(resolution=HOUR)))
    answered = unpromised.log_reply(PHONE_REPLY, business_hours=ALWAYS_OPEN, at=NOON + 9 * HOUR)

    assert (answered.first_response_time, answered.first_response_sla) == (9 * HOUR, None)


def test_reply_not_matching_reply_rule_stops_no_timer() -> None:
    """The event has the reason."""
    strict = SlaDecision(
        rule="policy",
        targets=SlaTargets(first_response=HOUR, resolution=HOUR, reply_rule=ReplyRule(channels=("phone",))),
    )
    mailed = receive_complaint(strict).log_reply(Reply(channel="email"), business_hours=ALWAYS_OPEN, at=NOON)

    assert mailed.answered_at is None
    assert mailed.pending_events[-1].rejection_reason == "channel"  # type: ignore[attr-defined]  # the last fact is the answer
    assert mailed.acknowledge(PHONE_REPLY, business_hours=ALWAYS_OPEN, at=NOON).answered_at == NOON


def test_assess_moves_status_once() -> None:
    """The first assessment changes the state, a later one only type and severity; pauses and reopening keep the SLA."""
    judged = receive_complaint().assess(severity="high", sla=SLA_DECISION, business_hours=ALWAYS_OPEN, at=NOON)
    again = judged.start_investigation(business_hours=ALWAYS_OPEN, at=NOON).assess(
        type="delivery", sla=SLA_DECISION, business_hours=ALWAYS_OPEN, at=NOON
    )
    waiting = again.pause_for_customer(until=NOON + 9 * HOUR, business_hours=ALWAYS_OPEN, at=NOON)
    received = waiting.start_investigation(business_hours=ALWAYS_OPEN, at=NOON).log_customer_reply(
        business_hours=ALWAYS_OPEN, at=NOON
    )
    reopened = received.resolve("Mended", business_hours=ALWAYS_OPEN, at=NOON).start_investigation(
        business_hours=ALWAYS_OPEN, at=NOON + HOUR
    )

    assert (judged.state, judged.severity) == (ComplaintState.ASSESSED, Severity.HIGH)
    assert (again.state, again.type, again.severity) == (ComplaintState.INVESTIGATING, "delivery", Severity.HIGH)
    assert [SlaEventKind.PAUSED, SlaEventKind.RESUMED, SlaEventKind.CUSTOMER_REPLIED] == [
        mark.kind for mark in received.sla_events[-3:]
    ]
    assert (reopened.state, reopened.reopen_count, reopened.resolved_at) == (ComplaintState.INVESTIGATING, 1, None)


def test_pause_requires_future_end() -> None:
    """A pause needs an end in the future."""
    waiting = receive_complaint().pause_for_customer(until=NOON + 30 * HOUR, business_hours=ALWAYS_OPEN, at=NOON + HOUR)

    assert waiting.due_at == NOON + 2 * HOUR  # a pause does not stop the first response timer
    assert waiting.log_reply(PHONE_REPLY, business_hours=ALWAYS_OPEN, at=NOON + HOUR).due_at == NOON + 30 * HOUR
    assert (
        waiting.respond(PHONE_REPLY, business_hours=ALWAYS_OPEN, at=NOON + 5 * HOUR).sla_events[-2].kind
        is SlaEventKind.RESUMED
    )
    assert (
        waiting.log_customer_reply(business_hours=ALWAYS_OPEN, at=NOON + 5 * HOUR).state is ComplaintState.INVESTIGATING
    )
    with pytest.raises(OutOfRangeError):
        receive_complaint().pause_for_customer(until=NOON, business_hours=ALWAYS_OPEN, at=NOON)


def test_changed_calendar_recalculates_deadlines() -> None:
    """The deadline is computed again; nothing else changes."""
    office = BusinessHours("UTC", Shift.parse_week("Mo-Fr 09:00-13:00"))
    moved = receive_complaint().recalculated(business_hours=office, at=NOON)

    assert moved.due_at == NOON + 22 * HOUR  # one hour today, one tomorrow from nine
    assert not moved.pending_events[1:]


def test_reopen_long_closed_complaint_is_rejected() -> None:
    """After the reopen window it is followed up by a new complaint."""
    closed = receive_complaint().reject("Not ours", business_hours=ALWAYS_OPEN, at=NOON).close(at=NOON)

    assert closed.start_investigation(business_hours=ALWAYS_OPEN, at=NOON + timedelta(days=14)).reopen_count == 1
    with pytest.raises(BusinessRuleError, match="follow it up"):
        closed.start_investigation(business_hours=ALWAYS_OPEN, at=NOON + timedelta(days=15))


def test_root_cause_is_stored() -> None:
    """Root cause, corrective and preventive action are stored."""
    explained = receive_complaint().set_root_cause(
        root_cause="carrier", corrective_action="replaced", preventive_action="another carrier", at=NOON
    )

    assert (explained.root_cause, explained.corrective_action, explained.preventive_action) == (
        "carrier",
        "replaced",
        "another carrier",
    )
    with pytest.raises(InvalidInputError):
        receive_complaint().set_root_cause(root_cause="", at=NOON)


def test_rating_requires_outcome_and_range() -> None:
    """A rating is from 1 to 5 and needs an outcome."""
    resolved = receive_complaint().resolve("Mended", business_hours=ALWAYS_OPEN, at=NOON)

    assert (resolved.rate(5, at=NOON, comment="Thanks").satisfaction, resolved.satisfaction) == (5, None)
    with pytest.raises(BusinessRuleError):
        receive_complaint().rate(5, at=NOON)
    with pytest.raises(OutOfRangeError):
        resolved.rate(6, at=NOON)


# --- compensation ---


def with_compensation(
    amount: Any = 50, currency: str = "EUR", *, approver: Any = None, on: Complaint | None = None
) -> Complaint:
    """A complaint with a compensation."""
    samples = Samples()
    return (on or receive_complaint()).compensate(
        "money",
        Money(amount, currency),
        reason="cold",
        rule="within_limit",
        author_id=samples.id("user"),
        approver_id=approver,
        at=NOON,
    )


def test_only_approved_compensation_adds_to_cost() -> None:
    """Costs of approved compensations add up."""
    boss = Samples().user("Boss").id.replace("1", "2")
    both = with_compensation(20, on=with_compensation(50), approver=boss)

    assert both.cost == Money(50, "EUR")
    assert both.next_action == "approve"
    assert both.update_compensation(2, "approved", author_id=boss, at=NOON).cost == Money(70, "EUR")  # type: ignore[arg-type]  # an id
    refused = both.update_compensation(2, CompensationState.REFUSED, author_id=boss, at=NOON)  # type: ignore[arg-type]  # an id
    assert refused.cost == Money(50, "EUR")
    assert receive_complaint().cost is None
    with pytest.raises(BusinessRuleError, match="waits for its approval"):
        both.resolve("Mended", business_hours=ALWAYS_OPEN, at=NOON).close(at=NOON)


def test_compensation_is_paid_once_and_not_approved_by_proposer() -> None:
    """Compensations follow their transitions."""
    samples = Samples()
    proposed = with_compensation(approver="user_" + "9" * 32)
    paid = with_compensation().update_compensation(1, "paid", author_id=samples.id("user"), at=NOON)

    assert paid.compensations[0].state is CompensationState.PAID
    assert paid.compensations[0].approver_id is None
    with pytest.raises(BusinessRuleError, match="user who proposed"):
        proposed.update_compensation(1, "approved", author_id=proposed.compensations[0].proposed_by, at=NOON)
    with pytest.raises(InvalidTransitionError):
        paid.update_compensation(1, "paid", author_id=None, at=NOON)
    with pytest.raises(InvalidChoiceError):
        paid.update_compensation(2, "paid", author_id=None, at=NOON)


@pytest.mark.parametrize("amount", [0, -5])
def test_compensation_must_be_positive(amount: int) -> None:
    """A compensation needs a positive amount."""
    with pytest.raises(OutOfRangeError):
        with_compensation(amount)


def test_compensations_must_share_currency() -> None:
    """Compensations of one complaint have one currency."""
    with pytest.raises(InvalidChoiceError):
        with_compensation(currency="USD", on=with_compensation())


def test_approval_limit_depends_on_role_and_currency() -> None:
    """Limits are by role and currency; every user has the role owner."""
    samples = Samples()
    limits = [
        ApprovalLimit.create(samples.id("approvallimit"), role, Money(amount, "EUR"), at=NOON)
        for role, amount in (("owner", 10), ("boss", 100))
    ]
    anna, boss = samples.user(), samples.user(roles=["boss"])

    assert [can_approve(anna, Money(n, "EUR"), limits) for n in (10, 11)] == [True, False]
    assert [can_approve(boss, Money(n, "EUR"), limits) for n in (100, 101)] == [True, False]
    assert not can_approve(boss, Money(1, "USD"), limits)
    raised = limits[0].set_amount(Money(20, "EUR"), at=NOON)
    assert can_approve(anna, Money(20, "EUR"), [raised])
    assert raised.set_amount(Money(20, "EUR"), at=NOON) is raised


# --- complaint types ---


def test_complaint_type_inherits_from_nearest_active_parent() -> None:
    """Inactive types are not used."""
    samples = Samples()
    delivery, late = (
        ComplaintType.create(samples.id("complainttype"), path, at=NOON) for path in ("delivery", "delivery/late")
    )

    assert nearest_type([delivery, late], "delivery/late/by a week") is late
    assert nearest_type([delivery, late], "delivery/broken") is delivery
    assert nearest_type([delivery, late], "deliveryman") is None
    retired = late.deactivate(at=NOON)
    assert nearest_type([delivery, retired], "delivery/late") is delivery
    assert retired.deactivate(at=NOON) is retired

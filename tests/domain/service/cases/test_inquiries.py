"""Inquiries: life cycle and SLA."""

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis.stateful import initialize, invariant, rule

from crmcore.domain.organization.business_hours.business_hours import ALWAYS_OPEN
from crmcore.domain.service.cases.inquiry import INQUIRY_TRANSITIONS, Inquiry, InquiryKind, InquiryState
from crmcore.domain.sla.policies import SlaDecision
from crmcore.domain.sla.targets import Reply, SlaTargets
from crmcore.errors import BusinessRuleError, OutOfRangeError
from crmcore.testing.samples import NOON, Samples
from tests.domain.life_cycle import LifeCycleMachine

HOUR: Final = timedelta(hours=1)
SLA_DECISION: Final = SlaDecision(rule="policy", targets=SlaTargets(next_response=4 * HOUR, resolution=20 * HOUR))


def receive_inquiry(**details: Any) -> Inquiry:
    """An inquiry."""
    samples = Samples()
    return Inquiry.receive(
        samples.id("inquiry"),
        "How to clean it?",
        customer_id=samples.id("customer"),
        owner_id=samples.id("user"),
        sla=SLA_DECISION,
        business_hours=ALWAYS_OPEN,
        at=NOON,
        **details,
    )


class InquiryMachine(LifeCycleMachine):
    """An inquiry and all its commands."""

    @initialize()
    def receive(self) -> None:
        """Receive it."""
        self.record = receive_inquiry(kind="service")

    @rule()
    def pause_for_customer(self) -> None:
        """Wait for the customer."""
        at = self.tick()
        self.transition(
            INQUIRY_TRANSITIONS,
            InquiryState.WAITING,
            lambda: self.record.pause_for_customer(until=at + HOUR, business_hours=ALWAYS_OPEN, at=at),
        )

    @rule()
    def log_customer_reply(self) -> None:
        """Log a message of the customer, in every state."""
        before, at = self.record, self.tick()
        self.record = before.log_customer_reply(business_hours=ALWAYS_OPEN, at=at)

        assert self.record.state is InquiryState.OPEN
        assert self.record.reopen_count == before.reopen_count + (not before.state.is_open)

    @rule()
    def log_reply(self) -> None:
        """Log a reply."""
        before, at = self.record, self.tick()
        try:
            self.record = before.log_reply(Reply(), business_hours=ALWAYS_OPEN, at=at)
        except BusinessRuleError:
            assert not before.state.is_open

    @rule()
    def resolve(self) -> None:
        """Answer it."""
        at = self.tick()
        if self.transition(
            INQUIRY_TRANSITIONS,
            InquiryState.ANSWERED,
            lambda: self.record.resolve("With a cloth", business_hours=ALWAYS_OPEN, at=at),
        ):
            assert (self.record.answer, self.record.resolved_at) == ("With a cloth", at)

    @rule()
    def close(self) -> None:
        """Close it."""
        at = self.tick()
        self.transition(INQUIRY_TRANSITIONS, InquiryState.CLOSED, lambda: self.record.close(at=at))

    @invariant()
    def open_inquiry_has_owner_deadline_and_next_action(self) -> None:
        """An open inquiry has an owner, a deadline and a next action."""
        inquiry: Inquiry | None = getattr(self, "record", None)
        if inquiry is not None:
            assert inquiry.owner_id
            assert bool(inquiry.next_action) is (inquiry.state is not InquiryState.CLOSED)
            assert inquiry.is_overdue(self.now) is (inquiry.state.is_open and inquiry.due_at < self.now)


TestInquiry = InquiryMachine.TestCase
TestInquiry.settings = settings(max_examples=25, deadline=None)


def test_automatic_reply_stops_no_timer() -> None:
    """The event has the reason."""
    replied = receive_inquiry().log_reply(Reply(is_automatic=True), business_hours=ALWAYS_OPEN, at=NOON)

    assert replied.answered_at is None
    assert replied.pending_events[-1].rejection_reason == "automatic"  # type: ignore[attr-defined]  # the last fact is the reply


def test_customer_reply_reopens_answered_inquiry() -> None:
    """Within the window for reopening, a reply of the customer opens an answered inquiry again."""
    answered = receive_inquiry().resolve("So", business_hours=ALWAYS_OPEN, at=NOON)
    reopened = answered.log_customer_reply(business_hours=ALWAYS_OPEN, at=NOON + timedelta(days=1))

    assert (InquiryState.ANSWERED, InquiryState.OPEN) == (answered.state, reopened.state)


def test_pause_requires_future_end() -> None:
    """A closed inquiry is reopened within its window only."""
    closed = receive_inquiry().resolve("So", business_hours=ALWAYS_OPEN, at=NOON).close(at=NOON)

    assert InquiryKind.QUESTION is closed.kind
    with pytest.raises(OutOfRangeError):
        receive_inquiry().pause_for_customer(until=NOON, business_hours=ALWAYS_OPEN, at=NOON)
    with pytest.raises(BusinessRuleError, match="new one"):
        closed.log_customer_reply(business_hours=ALWAYS_OPEN, at=NOON + timedelta(days=15))


def test_change_owner_and_escalate_to_same_user_changes_nothing() -> None:
    """The same owner and recipient change nothing."""
    samples = Samples()
    new_owner = samples.user("Heir").id.replace("1", "2")
    passed = receive_inquiry().change_owner(new_owner, at=NOON)  # type: ignore[arg-type]  # an id

    assert passed.owner_id == new_owner
    assert passed.change_owner(new_owner, at=NOON) is passed  # type: ignore[arg-type]  # an id
    assert passed.escalate(level=2, recipient_id=None, at=NOON).escalation_level == 2

"""Inquiries wait for an answer as complaints do, with a lighter life."""

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis.stateful import initialize, invariant, rule

from crmcore.domain.clocks.marks import Answer, Targets
from crmcore.domain.inquiries import INQUIRY_LIFE, Inquiry, InquiryKind, InquiryState
from crmcore.domain.levels import Promise
from crmcore.domain.worktime.time import ALWAYS
from crmcore.errors import OutOfRange, RuleBroken
from crmcore.testing.samples import NOON, Samples
from tests.domain.test_lives import Life

HOUR: Final = timedelta(hours=1)
PROMISE: Final = Promise(rule="level", targets=Targets(next_response=4 * HOUR, resolution=20 * HOUR))


def ask(**details: Any) -> Inquiry:
    """A question."""
    samples = Samples()
    return Inquiry.receive(
        samples.id("inquiry"),
        "How to clean it?",
        customer=samples.id("customer"),
        responsible=samples.id("user"),
        promise=PROMISE,
        time=ALWAYS,
        at=NOON,
        **details,
    )


class InquiryMachine(Life):
    """An inquiry, by all that may be done to it."""

    @initialize()
    def receive(self) -> None:
        """Take it in."""
        self.record = ask(kind="service")

    @rule()
    def wait(self) -> None:
        """Wait for the customer."""
        at = self.tick()
        self.step(INQUIRY_LIFE, InquiryState.WAITING, lambda: self.record.wait(until=at + HOUR, time=ALWAYS, at=at))

    @rule()
    def hear(self) -> None:
        """The customer says more, in every state."""
        before, at = self.record, self.tick()
        self.record = before.hear(time=ALWAYS, at=at)

        assert self.record.state is InquiryState.OPEN
        assert self.record.reopened == before.reopened + (not before.state.is_open)

    @rule()
    def reply(self) -> None:
        """Say something."""
        before, at = self.record, self.tick()
        try:
            self.record = before.reply(Answer(), time=ALWAYS, at=at)
        except RuleBroken:
            assert not before.state.is_open

    @rule()
    def answer(self) -> None:
        """Answer it."""
        at = self.tick()
        if self.step(
            INQUIRY_LIFE, InquiryState.ANSWERED, lambda: self.record.resolve("With a cloth", time=ALWAYS, at=at)
        ):
            assert (self.record.answer, self.record.resolved_at) == ("With a cloth", at)

    @rule()
    def close(self) -> None:
        """Lay it to rest."""
        at = self.tick()
        self.step(INQUIRY_LIFE, InquiryState.CLOSED, lambda: self.record.close(at=at))

    @invariant()
    def nothing_is_lost(self) -> None:
        """It has somebody responsible, a deadline and a next action until it is closed."""
        inquiry: Inquiry | None = getattr(self, "record", None)
        if inquiry is not None:
            assert inquiry.responsible
            assert bool(inquiry.next_action) is (inquiry.state is not InquiryState.CLOSED)
            assert inquiry.is_overdue(self.now) is (inquiry.state.is_open and inquiry.due_at < self.now)


TestInquiry = InquiryMachine.TestCase
TestInquiry.settings = settings(max_examples=25, deadline=None)


def test_a_reply_of_a_machine_stops_no_clock() -> None:
    """The fact says why."""
    replied = ask().reply(Answer(automatic=True), time=ALWAYS, at=NOON)

    assert replied.answered_at is None
    assert replied.pending[-1].objection == "automatic"  # type: ignore[attr-defined]  # the last fact is the reply


def test_waiting_has_an_end_in_the_future() -> None:
    """And what was closed long ago is asked anew."""
    closed = ask().resolve("So", time=ALWAYS, at=NOON).close(at=NOON)

    assert InquiryKind.QUESTION is closed.kind
    with pytest.raises(OutOfRange):
        ask().wait(until=NOON, time=ALWAYS, at=NOON)
    with pytest.raises(RuleBroken, match="new one"):
        closed.hear(time=ALWAYS, at=NOON + timedelta(days=15))


def test_somebody_else_may_see_to_it_and_somebody_above_hear_of_it() -> None:
    """Nothing changes when it is the same person."""
    samples = Samples()
    heir = samples.user("Heir").id.replace("1", "2")
    passed = ask().reassign(heir, at=NOON)  # type: ignore[arg-type]  # an id

    assert passed.responsible == heir
    assert passed.reassign(heir, at=NOON) is passed  # type: ignore[arg-type]  # an id
    assert passed.escalate(level=2, to=None, at=NOON).level == 2

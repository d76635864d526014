"""The life of a complaint: what is legal works, what is not is refused, and at every moment somebody has something to do."""

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from crmcore.domain.cases import Kept
from crmcore.domain.clocks.marks import Answer, AnswerRule, MarkKind, Targets
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.complaints.events import ComplaintMoved
from crmcore.domain.complaints.life import COMPLAINT_LIFE, ComplaintState, Severity
from crmcore.domain.complaints.parts import (
    ApprovalLimit,
    CompensationState,
    ComplaintType,
    checked_path,
    may_approve,
    nearest,
)
from crmcore.domain.levels import Promise
from crmcore.domain.values.money import Money
from crmcore.domain.worktime.hours import Shift
from crmcore.domain.worktime.time import ALWAYS, WorkTime
from crmcore.errors import IllegalTransition, InvalidInput, NotAllowed, OutOfRange, RuleBroken
from crmcore.testing.samples import NOON, Samples
from tests.domain.test_lives import Life

HOUR: Final = timedelta(hours=1)
TARGETS: Final = Targets(first_response=2 * HOUR, next_response=4 * HOUR, resolution=20 * HOUR)
PROMISE: Final = Promise(rule="level", targets=TARGETS)
PHONE: Final = Answer(channel="phone")


def receive(promise: Promise = PROMISE, **details: Any) -> Complaint:
    """A complaint about a draught."""
    samples = Samples()
    return Complaint.receive(
        samples.id("complaint"),
        "Draughty",
        type="quality/draught",
        customer=samples.id("customer"),
        responsible=samples.id("user"),
        promise=promise,
        time=ALWAYS,
        at=NOON,
        **details,
    )


class ComplaintMachine(Life):
    """A complaint, by all that may be done to it."""

    @initialize(severity=st.sampled_from(["low", Severity.CRITICAL]))
    def receive(self, severity: Any) -> None:
        """Take it in."""
        self.record = receive(severity=severity)
        self.reopened = 0

    @rule()
    def acknowledge(self) -> None:
        """Tell the customer who sees to it."""
        at = self.tick()
        self.step(
            COMPLAINT_LIFE,
            ComplaintState.ACKNOWLEDGED,
            lambda: self.record.acknowledge(PHONE, time=ALWAYS, at=at),
        )

    @rule(severity=st.sampled_from([None, "high"]), type=st.sampled_from([None, "delivery"]))
    def assess(self, severity: Any, type: Any) -> None:
        """Judge it, in every open state."""
        before, at = self.record, self.tick()
        promise = Promise(rule="level", targets=Targets(resolution=10 * HOUR)) if severity else PROMISE
        try:
            self.record = before.assess(type=type, severity=severity, promise=promise, time=ALWAYS, at=at)
        except RuleBroken:
            assert not before.state.is_open
            return
        early = before.state in {ComplaintState.RECEIVED, ComplaintState.ACKNOWLEDGED}

        assert self.record.state is (ComplaintState.ASSESSED if early else before.state)
        assert self.record.targets == promise.targets

    @rule()
    def take_up(self) -> None:
        """Investigate it, go on with it, or reopen it."""
        ended = not self.record.state.is_open
        at = self.tick()
        if self.step(COMPLAINT_LIFE, ComplaintState.INVESTIGATING, lambda: self.record.take_up(time=ALWAYS, at=at)):
            self.reopened += ended

            assert self.record.reopened == self.reopened
            assert self.record.resolved_at is self.record.closed_at is self.record.wait_until is None

    @rule()
    def wait(self) -> None:
        """Wait for the customer."""
        at = self.tick()
        if self.step(
            COMPLAINT_LIFE,
            ComplaintState.WAITING,
            lambda: self.record.wait(until=at + HOUR, time=ALWAYS, at=at),
        ):
            assert self.record.is_waiting
            assert self.record.due_at <= at + HOUR

    @rule()
    def hear(self) -> None:
        """The customer says more."""
        before, at = self.record, self.tick()
        try:
            self.record = before.hear(time=ALWAYS, at=at)
        except RuleBroken:
            assert not before.state.is_open
            return
        waited = before.state is ComplaintState.WAITING

        assert self.record.state is (ComplaintState.INVESTIGATING if waited else before.state)
        assert not self.record.is_waiting

    @rule(automatic=st.booleans())
    def answer(self, *, automatic: bool) -> None:
        """Say something; what a machine says counts for nothing."""
        before, at = self.record, self.tick()
        self.record = before.answer(Answer(automatic=automatic), time=ALWAYS, at=at)

        assert self.record.state is before.state
        assert before.answered_at is not None or automatic or self.record.answered_at == at

    @rule()
    def respond(self) -> None:
        """Propose what to do."""
        at = self.tick()
        self.step(COMPLAINT_LIFE, ComplaintState.RESPONDED, lambda: self.record.respond(PHONE, time=ALWAYS, at=at))

    @rule()
    def resolve(self) -> None:
        """Resolve it."""
        at = self.tick()
        take = lambda: self.record.resolve(" Mended ", time=ALWAYS, at=at)  # noqa: E731  # as the others
        if self.step(COMPLAINT_LIFE, ComplaintState.RESOLVED, take):
            assert (self.record.resolution, self.record.resolved_at) == ("Mended", at)
            assert self.record.resolution_kept is not None

    @rule()
    def reject(self) -> None:
        """Reject it."""
        at = self.tick()
        self.step(COMPLAINT_LIFE, ComplaintState.REJECTED, lambda: self.record.reject("Not ours", time=ALWAYS, at=at))

    @rule()
    def close(self) -> None:
        """Lay it to rest."""
        at = self.tick()
        if self.step(COMPLAINT_LIFE, ComplaintState.CLOSED, lambda: self.record.close(at=at)):
            assert self.record.closed_at == at

    @rule(to=st.sampled_from([Samples().id("user"), "user_00000000000070008000000000000009"]))
    def reassign_and_escalate(self, to: Any) -> None:
        """Somebody else is responsible, and somebody above hears of it."""
        level = self.record.level + 1
        self.record = self.record.reassign(to, at=self.now).escalate(level=level, to=to, at=self.now)

        assert (self.record.responsible, self.record.level) == (to, level)
        assert self.record.reassign(to, at=self.now) is self.record

    @invariant()
    def nothing_is_lost(self) -> None:
        """It has somebody responsible, a deadline and a next action until it is closed; its history leads to where it stands."""
        complaint: Complaint | None = getattr(self, "record", None)
        if complaint is None:
            return
        state = ComplaintState.RECEIVED
        for fact in complaint.pending:
            if isinstance(fact, ComplaintMoved):
                assert fact.before is state
                state = fact.after

        assert state is complaint.state
        assert complaint.responsible
        assert bool(complaint.next_action) is (state is not ComplaintState.CLOSED)
        assert complaint.is_overdue(self.now) is (complaint.state.is_open and complaint.due_at < self.now)
        clocks = complaint.clocks(time=ALWAYS, now=self.now)
        running = [timer.due_at for timer in clocks.all if timer.is_running]
        waiting = [] if complaint.wait_until is None else [complaint.wait_until]
        assert not (running or waiting) or complaint.due_at == min(filter(None, [*running, *waiting]))
        assert complaint.recounted(time=ALWAYS, at=self.now) is complaint


TestComplaint = ComplaintMachine.TestCase
TestComplaint.settings = settings(max_examples=40, deadline=None)


def test_a_complaint_has_a_type_and_somebody_responsible() -> None:
    """It cannot be made without them."""
    samples = Samples()
    given: dict[str, Any] = {"promise": PROMISE, "time": ALWAYS, "at": NOON, "customer": samples.id("customer")}

    for missing in ({"type": "", "responsible": samples.id("user")}, {"type": "quality", "responsible": None}):
        with pytest.raises(InvalidInput):
            Complaint.receive(samples.id("complaint"), "Cold", **given, **missing)
    for path in ("delivery//late", "/late", "late/", "delivery/ late"):
        with pytest.raises(InvalidInput):
            checked_path(path)


def test_times_and_whether_they_were_kept_are_noted_when_they_are_known() -> None:
    """The first response and the resolution, in working time; and taken back when it is reopened."""
    resolved = (
        receive().acknowledge(PHONE, time=ALWAYS, at=NOON + HOUR).resolve("Mended", time=ALWAYS, at=NOON + 21 * HOUR)
    )
    reopened = resolved.take_up(time=ALWAYS, at=NOON + 30 * HOUR)

    assert (resolved.response_took, resolved.response_kept) == (HOUR, Kept.IN_TIME)
    assert (resolved.resolution_took, resolved.resolution_kept) == (21 * HOUR, Kept.LATE)
    assert (reopened.resolution_took, reopened.resolution_kept) == (None, None)
    assert reopened.response_took == HOUR


def test_times_are_noted_without_a_promise_too() -> None:
    """They were just never late."""
    unpromised = receive(Promise(rule="asked", targets=Targets(resolution=HOUR)))
    answered = unpromised.answer(PHONE, time=ALWAYS, at=NOON + 9 * HOUR)

    assert (answered.response_took, answered.response_kept) == (9 * HOUR, None)


def test_an_answer_that_the_promise_does_not_count_stops_no_clock() -> None:
    """The fact says why."""
    strict = Promise(
        rule="level", targets=Targets(first_response=HOUR, resolution=HOUR, answers=AnswerRule(channels=("phone",)))
    )
    mailed = receive(strict).answer(Answer(channel="email"), time=ALWAYS, at=NOON)

    assert mailed.answered_at is None
    assert mailed.pending[-1].objection == "channel"  # type: ignore[attr-defined]  # the last fact is the answer
    assert mailed.acknowledge(PHONE, time=ALWAYS, at=NOON).answered_at == NOON


def test_a_complaint_is_judged_once_and_then_goes_on() -> None:
    """The first judgement moves it on, a later one only changes what it is; what is taken up goes on after waiting, and begins anew once it is over."""
    judged = receive().assess(severity="high", promise=PROMISE, time=ALWAYS, at=NOON)
    again = judged.take_up(time=ALWAYS, at=NOON).assess(type="delivery", promise=PROMISE, time=ALWAYS, at=NOON)
    waiting = again.wait(until=NOON + 9 * HOUR, time=ALWAYS, at=NOON)
    heard = waiting.take_up(time=ALWAYS, at=NOON).hear(time=ALWAYS, at=NOON)
    reopened = heard.resolve("Mended", time=ALWAYS, at=NOON).take_up(time=ALWAYS, at=NOON + HOUR)

    assert (judged.state, judged.severity) == (ComplaintState.ASSESSED, Severity.HIGH)
    assert (again.state, again.type, again.severity) == (ComplaintState.INVESTIGATING, "delivery", Severity.HIGH)
    assert [MarkKind.PAUSED, MarkKind.RESUMED, MarkKind.ASKED] == [mark.kind for mark in heard.marks[-3:]]
    assert (reopened.state, reopened.reopened, reopened.resolved_at) == (ComplaintState.INVESTIGATING, 1, None)


def test_waiting_pauses_and_has_an_end() -> None:
    """That lies in the future."""
    waiting = receive().wait(until=NOON + 30 * HOUR, time=ALWAYS, at=NOON + HOUR)

    assert waiting.due_at == NOON + 2 * HOUR  # the first answer does not wait
    assert waiting.answer(PHONE, time=ALWAYS, at=NOON + HOUR).due_at == NOON + 30 * HOUR
    assert waiting.respond(PHONE, time=ALWAYS, at=NOON + 5 * HOUR).marks[-2].kind is MarkKind.RESUMED
    assert waiting.hear(time=ALWAYS, at=NOON + 5 * HOUR).state is ComplaintState.INVESTIGATING
    with pytest.raises(OutOfRange):
        receive().wait(until=NOON, time=ALWAYS, at=NOON)


def test_a_calendar_that_changes_moves_the_deadline() -> None:
    """Counted anew, nothing else changes."""
    office = WorkTime("UTC", Shift.week("Mo-Fr 09:00-13:00"))
    moved = receive().recounted(time=office, at=NOON)

    assert moved.due_at == NOON + 22 * HOUR  # one hour today, one tomorrow from nine
    assert not moved.pending[1:]


def test_what_was_closed_long_ago_is_not_reopened() -> None:
    """It is followed up by a new one."""
    closed = receive().reject("Not ours", time=ALWAYS, at=NOON).close(at=NOON)

    assert closed.take_up(time=ALWAYS, at=NOON + timedelta(days=14)).reopened == 1
    with pytest.raises(RuleBroken, match="follow it up"):
        closed.take_up(time=ALWAYS, at=NOON + timedelta(days=15))


def test_the_cause_is_noted() -> None:
    """With what was put right and what prevents another."""
    explained = receive().explain(cause="carrier", corrective="replaced", preventive="another carrier", at=NOON)

    assert (explained.cause, explained.corrective, explained.preventive) == ("carrier", "replaced", "another carrier")
    with pytest.raises(InvalidInput):
        receive().explain(cause="", at=NOON)


def test_an_outcome_is_rated() -> None:
    """From 1 to 5, and not before there is one."""
    resolved = receive().resolve("Mended", time=ALWAYS, at=NOON)

    assert (resolved.rate(5, at=NOON, comment="Thanks").satisfaction, resolved.satisfaction) == (5, None)
    with pytest.raises(RuleBroken):
        receive().rate(5, at=NOON)
    with pytest.raises(OutOfRange):
        resolved.rate(6, at=NOON)


# --- compensation ---


def compensated(
    amount: Any = 50, currency: str = "EUR", *, approver: Any = None, on: Complaint | None = None
) -> Complaint:
    """A complaint with a compensation."""
    samples = Samples()
    return (on or receive()).compensate(
        "money",
        Money(amount, currency),
        reason="cold",
        rule="within_limit",
        by=samples.id("user"),
        approver=approver,
        at=NOON,
    )


def test_a_compensation_costs_once_it_is_approved() -> None:
    """And the costs add up."""
    boss = Samples().user("Boss").id.replace("1", "2")
    both = compensated(20, on=compensated(50), approver=boss)

    assert both.cost == Money(50, "EUR")
    assert both.next_action == "approve"
    assert both.settle(2, "approved", by=boss, at=NOON).cost == Money(70, "EUR")  # type: ignore[arg-type]  # an id
    refused = both.settle(2, CompensationState.REFUSED, by=boss, at=NOON)  # type: ignore[arg-type]  # an id
    assert refused.cost == Money(50, "EUR")
    assert receive().cost is None
    with pytest.raises(RuleBroken, match="waits for its approval"):
        both.resolve("Mended", time=ALWAYS, at=NOON).close(at=NOON)


def test_a_compensation_is_paid_once_and_not_approved_by_its_proposer() -> None:
    """Its life is a table too."""
    samples = Samples()
    proposed = compensated(approver="user_" + "9" * 32)
    paid = compensated().settle(1, "paid", by=samples.id("user"), at=NOON)

    assert paid.compensations[0].state is CompensationState.PAID
    assert paid.compensations[0].approver is None
    with pytest.raises(RuleBroken, match="whoever proposed"):
        proposed.settle(1, "approved", by=proposed.compensations[0].proposed_by, at=NOON)
    with pytest.raises(IllegalTransition):
        paid.settle(1, "paid", by=None, at=NOON)
    with pytest.raises(NotAllowed):
        paid.settle(2, "paid", by=None, at=NOON)


@pytest.mark.parametrize("amount", [0, -5])
def test_a_compensation_is_more_than_nothing(amount: int) -> None:
    """Or it is none."""
    with pytest.raises(OutOfRange):
        compensated(amount)


def test_compensations_have_one_currency() -> None:
    """So that they add up."""
    with pytest.raises(NotAllowed):
        compensated(currency="USD", on=compensated())


def test_limits_say_who_may_approve() -> None:
    """By role and currency; everybody is an owner."""
    samples = Samples()
    limits = [
        ApprovalLimit.set(samples.id("limit"), role, Money(amount, "EUR"), at=NOON)
        for role, amount in (("owner", 10), ("boss", 100))
    ]
    anna, boss = samples.user(), samples.user(roles=["boss"])

    assert [may_approve(anna, Money(n, "EUR"), limits) for n in (10, 11)] == [True, False]
    assert [may_approve(boss, Money(n, "EUR"), limits) for n in (100, 101)] == [True, False]
    assert not may_approve(boss, Money(1, "USD"), limits)
    raised = limits[0].change(Money(20, "EUR"), at=NOON)
    assert may_approve(anna, Money(20, "EUR"), [raised])
    assert raised.change(Money(20, "EUR"), at=NOON) is raised


# --- the tree of types ---


def test_a_type_stands_below_the_nearest_that_is_declared() -> None:
    """Retired ones do not count."""
    samples = Samples()
    delivery, late = (
        ComplaintType.declare(samples.id("complainttype"), path, at=NOON) for path in ("delivery", "delivery/late")
    )

    assert nearest([delivery, late], "delivery/late/by a week") is late
    assert nearest([delivery, late], "delivery/broken") is delivery
    assert nearest([delivery, late], "deliveryman") is None
    retired = late.retire(at=NOON)
    assert nearest([delivery, retired], "delivery/late") is delivery
    assert retired.retire(at=NOON) is retired

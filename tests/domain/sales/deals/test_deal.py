"""Deals: outcome, stage, probability, movements and events are consistent."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmcore import LineItem, Money, Stage
from crmcore.domain.kernel.ids import UserId
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.events import DealLost, DealMoved, DealOpened, DealReopened, DealWon
from crmcore.domain.sales.deals.movements import Movement, MovementKind
from crmcore.domain.sales.deals.parts import NextStep, Outcome, Probability, ProbabilitySource
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.stages import StageKind
from crmcore.errors import (
    BusinessRuleError,
    CurrencyMismatchError,
    InvalidChoiceError,
    InvalidInputError,
    InvalidTransitionError,
    LossReasonRequiredError,
    OutOfRangeError,
)
from crmcore.testing.samples import NOON, Samples

STAGES: Final = ("First call", "Measurement", "Payment", "Installation")
REASONS: Final = ("too dear", "changed mind")
HOUR: Final = timedelta(hours=1)


def create_funnel(**rules: Any) -> Funnel:
    """A funnel of four stages with a winning one at the end."""
    stages = [Stage.named(name, probability=20 * place) for place, name in enumerate(STAGES[:-1])]
    last = Stage.named(STAGES[-1], kind="won")
    return Funnel.create(
        Samples().id("funnel"), "Windows", stages=[*stages, last], at=NOON, loss_reasons=REASONS, **rules
    )


def open_deal(**details: Any) -> Deal:
    """A deal in the first stage."""
    samples = Samples()
    return Deal.open(
        samples.id("deal"), "Windows", customer_id=samples.id("customer"), funnel=create_funnel(), at=NOON, **details
    )


class DealMachine(RuleBasedStateMachine):
    """All commands of a deal in any order, against a model of what is allowed."""

    @initialize(skips=st.booleans(), returns=st.booleans(), wins=st.booleans())
    def open(self, skips: bool, returns: bool, wins: bool) -> None:  # noqa: FBT001  # Hypothesis gives them by name
        """Open the deal."""
        funnel = create_funnel(allow_skip=skips, allow_return=returns)
        self.funnel = funnel if wins else funnel.update(at=NOON, stages=funnel.stages[:-1])
        samples = Samples()
        self.users: list[UserId | None] = [None, samples.id("user"), samples.id("user")]
        self.now = NOON
        self.deal = Deal.open(
            samples.id("deal"), "Windows", customer_id=samples.id("customer"), funnel=self.funnel, at=self.now
        )
        self.stage_entries = [self.funnel.first_stage.key]

    def _tick(self) -> Any:
        self.now += HOUR
        return self.now

    @rule(place=st.integers(0, 3))
    def move(self, place: int) -> None:
        """Move it, if the funnel allows it."""
        stages = self.funnel.stages
        to = stages[min(place, len(stages) - 1)]
        place = self.funnel.stage_index(to.key)
        ways = [
            stage.key
            for i, stage in enumerate(stages)
            if i != self.deal.stage_index
            and (i <= self.deal.stage_index + 1 or self.funnel.allow_skip)
            and (i > self.deal.stage_index or self.funnel.allow_return)
        ]
        try:
            moved = self.deal.move(to.key, self.funnel, at=self._tick())
        except InvalidTransitionError as illegal:
            self._check_error(illegal, to.key, ways)
            return
        assert self.deal.is_open
        assert to.key in ways or moved is self.deal
        if moved is not self.deal:
            self.stage_entries.append(to.key)
        self.deal = moved

    def _check_error(self, illegal: InvalidTransitionError, to: str, ways: list[str]) -> None:
        assert not self.deal.is_open or to not in ways
        assert list(illegal.allowed) == (ways if self.deal.is_open else ["reopen"])

    @rule()
    def win(self) -> None:
        """Win it, once."""
        try:
            won = self.deal.win(self.funnel, at=self._tick())
        except InvalidTransitionError:
            assert not self.deal.is_open
            return
        if self.funnel.winning_stage is not None:
            self.stage_entries.append(self.funnel.winning_stage.key)
        self.deal = won

        assert self.deal.outcome is Outcome.WON

    @rule(reason=st.sampled_from([*REASONS, "weather", ""]))
    def lose(self, reason: str) -> None:
        """Lose it with an allowed reason."""
        try:
            lost = self.deal.lose(reason, self.funnel, at=self._tick())
        except InvalidTransitionError:
            assert not self.deal.is_open
        except LossReasonRequiredError:
            assert reason not in REASONS
        else:
            assert lost.stage_key == self.deal.stage_key
            assert lost.loss_reason == reason
            self.deal = lost

    @rule(place=st.none() | st.integers(0, 3))
    def reopen(self, place: int | None) -> None:
        """Reopen it in an open stage."""
        stage = None if place is None else self.funnel.stages[min(place, len(self.funnel.stages) - 1)]
        try:
            again = self.deal.reopen(self.funnel, at=self._tick(), stage_key=None if stage is None else stage.key)
        except InvalidTransitionError:
            assert self.deal.is_open
        except BusinessRuleError:
            assert stage == self.funnel.winning_stage
        else:
            assert stage is None or again.stage_key == stage.key
            self.deal = again
            self.stage_entries.append(again.stage_key)

    @rule(minor=st.integers(0, 10**6), with_lines=st.booleans())
    def set_value(self, minor: int, with_lines: bool) -> None:  # noqa: FBT001  # as above
        """Set the value."""
        money = Money.from_minor_units(minor, "EUR")
        lines = [LineItem("Window", Decimal("2.5"), money)] if with_lines else []
        self.deal = self.deal.set_value(money, lines=lines, at=self._tick())

        assert self.deal.total == (lines[0].total if lines else money)

    @rule(percent=st.integers(0, 100), basis=st.sampled_from(["manual", "model"]))
    def set_probability(self, percent: int, basis: str) -> None:
        """Set the probability."""
        try:
            self.deal = self.deal.set_probability(percent, source=basis, at=self._tick())
        except BusinessRuleError:
            assert not self.deal.is_open
        else:
            assert self.deal.probability == Probability(percent * 100, ProbabilitySource(basis))

    @rule(close=st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)), to=st.integers(0, 2))
    def set_expected_close_and_owner(self, close: date | None, to: int) -> None:
        """Set another closing day and another owner."""
        self.deal = self.deal.set_expected_close(close, at=self._tick()).change_owner(self.users[to], at=self.now)

        assert (close, self.users[to]) == (self.deal.expected_close, self.deal.owner_id)

    @invariant()
    def events_equal_state(self) -> None:
        """The events alone lead to the deal's state."""
        stage, outcome = "", Outcome.OPEN
        for event in self.deal.pending_events:
            match event:
                case DealOpened() | DealReopened():
                    stage, outcome = event.stage_key, Outcome.OPEN
                case DealMoved():
                    assert event.before == stage
                    stage = event.after
                case DealWon():
                    outcome = Outcome.WON
                case DealLost():
                    outcome = Outcome.LOST

        assert (self.deal.stage_key, self.deal.outcome) == (stage, outcome)

    @invariant()
    def probability_follows_outcome(self) -> None:
        """Won is 100 %, lost is 0 %, and an open deal has the probability of its stage unless it was set."""
        deal = self.deal
        match deal.outcome:
            case Outcome.WON:
                assert deal.probability.basis_points == 10_000
            case Outcome.LOST:
                assert deal.probability.basis_points == 0
                assert deal.loss_reason
            case Outcome.OPEN if deal.probability.source is ProbabilitySource.STAGE:
                assert deal.probability.basis_points == self.funnel.stage(deal.stage_key).probability
        assert deal.is_open is (deal.closed_at is None)
        assert deal.is_open or deal.closed_at is not None

    @invariant()
    def movements_form_a_chain(self) -> None:
        """Each movement starts where the one before ended, and the last one equals the deal."""
        first, *later = self.deal.movements
        before = first

        assert first.kind is MovementKind.OPENED
        for number, movement in enumerate(later, start=2):
            assert number == movement.number
            assert _stage_after(before) == _stage_before(movement)
            assert movement.at >= before.at
            before = movement
        deal = self.deal
        assert _stage_after(before) == (
            deal.stage_key,
            deal.outcome,
            deal.total,
            deal.probability.basis_points,
            deal.owner_id,
            deal.expected_close,
        )
        assert (before.stage_index, before.max_stage_index, before.number) == (
            deal.stage_index,
            deal.max_stage_index,
            deal.movement_count,
        )

    @invariant()
    def movements_use_stages_of_funnel(self) -> None:
        """All stages of the history are stages of the deal's funnel, at their positions."""
        for movement in self.deal.movements:
            assert movement.funnel_id == self.deal.funnel_id == self.funnel.id
            assert movement.stage_index == self.funnel.stage_index(movement.new_stage_key)

    @invariant()
    def stage_visits_are_counted(self) -> None:
        """Stage visits and the furthest stage are counted."""
        assert {v.stage_key: v.count for v in self.deal.stage_visits} == {
            key: self.stage_entries.count(key) for key in self.stage_entries
        }
        assert self.deal.max_stage_index == max(self.funnel.stage_index(key) for key in self.stage_entries)
        entries = [m.visit_number for m in self.deal.movements if m.visit_number]
        assert len(entries) == len(self.stage_entries)


TestDeal = DealMachine.TestCase
TestDeal.settings = settings(max_examples=30, deadline=None)


def _stage_after(m: Movement) -> tuple[Any, ...]:
    return (m.new_stage_key, m.new_outcome, m.new_value, m.new_probability, m.new_owner_id, m.new_expected_close)


def _stage_before(m: Movement) -> tuple[Any, ...]:
    return (
        m.previous_stage_key,
        m.previous_outcome,
        m.previous_value,
        m.previous_probability,
        m.previous_owner_id,
        m.previous_expected_close,
    )


def test_movement_records_time_in_stage() -> None:
    """A movement has the time in the stage that was left; a clock that goes back makes it zero."""
    moved = open_deal().move("Payment", create_funnel(), at=NOON + 3 * HOUR)

    assert moved.movements[-1].time_in_stage == 3 * HOUR
    assert moved.move("First call", create_funnel(), at=NOON).movements[-1].time_in_stage == timedelta(0)


def test_manual_probability_survives_move() -> None:
    """A stage does not replace a manual probability; winning does, and reopening resets it."""
    estimated = open_deal().set_probability(55, at=NOON).move("Payment", create_funnel(), at=NOON)
    won = estimated.win(create_funnel(), at=NOON)

    assert estimated.probability == Probability(5500, ProbabilitySource.MANUAL)
    assert won.probability == Probability(10_000)
    assert won.reopen(create_funnel(), at=NOON).probability == Probability(4000)
    assert str(estimated.probability) == "55 %"


def test_reopen_won_deal_returns_to_last_open_stage() -> None:
    """A deal is not reopened in a winning stage."""
    won = open_deal().win(create_funnel(), at=NOON)

    assert won.stage_key == "Installation"
    assert won.reopen(create_funnel(), at=NOON).stage_key == "Payment"
    with pytest.raises(BusinessRuleError, match="open stage"):
        won.reopen(create_funnel(), at=NOON, stage_key="Installation")


def test_open_deal_in_winning_or_unknown_stage_is_rejected() -> None:
    """A deal opens in the first or another open stage; a winning or unknown stage is rejected."""
    assert open_deal(stage_key="Payment").stage_index == open_deal(stage_key="Payment").max_stage_index == 2
    with pytest.raises(BusinessRuleError):
        open_deal(stage_key="Installation")
    with pytest.raises(InvalidChoiceError):
        open_deal(stage_key="Moon")


def test_lose_accepts_any_reason_when_funnel_has_none() -> None:
    """A loss needs a reason, even if the funnel lists none."""
    free = create_funnel().update(at=NOON, loss_reasons=[])

    assert open_deal().lose("weather", free, at=NOON).loss_reason == "weather"
    with pytest.raises(LossReasonRequiredError):
        open_deal().lose("", free, at=NOON)


def test_deal_is_stuck_by_time_in_stage() -> None:
    """The time in the stage counts; a deal that moved or is closed is not stuck."""
    funnel = create_funnel().update(
        at=NOON, stages=[Stage.named("A", age_limit=HOUR), Stage.named("B", age_limit=HOUR), Stage.named("C")]
    )
    samples = Samples()
    deal = Deal.open(samples.id("deal"), "T", customer_id=samples.id("customer"), funnel=funnel, at=NOON)
    later = NOON + 2 * HOUR
    moved = deal.move("B", funnel, at=later)

    assert (deal.is_stuck(funnel, NOON + HOUR), deal.is_stuck(funnel, later)) == (False, True)
    assert not moved.is_stuck(funnel, later)
    assert not moved.move("C", funnel, at=later).is_stuck(funnel, later + 99 * HOUR)
    assert not deal.lose("too dear", funnel, at=NOON).is_stuck(funnel, later)


def test_line_item_total_is_rounded_once() -> None:
    """The total is quantity times price less the discount, rounded once; the deal's total is the sum."""
    lines = [
        LineItem("Window", Decimal(3), Money("199.90", "EUR"), 500),
        LineItem("Sill", Decimal("0.5"), Money(1, "EUR")),
    ]

    assert lines[0].total == Money("569.72", "EUR")
    assert open_deal(lines=lines, value=Money(7, "USD")).total == Money("570.22", "EUR")
    with pytest.raises(CurrencyMismatchError):
        open_deal(lines=[*lines, LineItem("Fee", Decimal(1), Money(1, "USD"))])


def test_unchanged_value_records_no_movement() -> None:
    """Setting the present value changes nothing and records no event."""
    deal = open_deal(value=Money(1, "EUR"))
    step = NextStep("Call", NOON)
    planned = deal.set_next_step(step, at=NOON)
    joined = deal.add_participant("measurer", "user_1", at=NOON)

    assert deal is deal.move("First call", create_funnel(), at=NOON)
    assert deal is deal.set_value(Money(1, "EUR"), at=NOON)
    assert deal is deal.set_expected_close(None, at=NOON)
    assert deal is deal.change_owner(None, at=NOON)
    assert deal is deal.set_next_step(None, at=NOON)
    assert deal is deal.update({"title": " Windows "}, at=NOON)
    assert planned is planned.set_next_step(step, at=NOON)
    assert joined is joined.add_participant("measurer", "user_1", at=NOON)


def test_detail_changes_record_events_without_movement() -> None:
    """Next steps, participants, documents and details record events, but no movements."""
    samples = Samples()
    deal = open_deal().set_next_step(NextStep("Call", NOON + HOUR), at=NOON).set_next_step(None, at=NOON)
    deal = (
        deal.add_participant("measurer", "user_1", at=NOON)
        .add_participant("payer", "user_2", at=NOON)
        .add_participant("measurer", "user_3", at=NOON)
    )
    deal = deal.attach(samples.id("document"), "Sizes", at=NOON + HOUR).update(
        {"description": "Three", "tags": ["big"]}, at=NOON
    )

    assert (deal.participant_id("measurer"), deal.participant_id("payer"), deal.participant_id("x")) == (
        "user_3",
        "user_2",
        None,
    )
    assert (deal.movement_count, deal.description, deal.tags, deal.last_activity_at) == (
        1,
        "Three",
        ("big",),
        NOON + HOUR,
    )
    assert [event.name for event in deal.pending_events[1:]] == [
        "deal.next_step_changed",
        "deal.next_step_changed",
        "deal.participant_added",
        "deal.participant_added",
        "deal.participant_added",
        "deal.document_attached",
        "deal.updated",
    ]


def test_record_activity_never_moves_back_in_time() -> None:
    """An activity in the past does not move the last activity back."""
    assert open_deal().record_activity(at=NOON - HOUR).last_activity_at == NOON
    assert open_deal().record_activity(at=NOON + HOUR).last_activity_at == NOON + HOUR


def test_invalid_details_and_probability_are_rejected() -> None:
    """An unknown field and an invalid probability are rejected."""
    with pytest.raises(InvalidInputError, match="fields that can are campaign"):
        open_deal().update({"stage_key": "Payment"}, at=NOON)
    with pytest.raises(OutOfRangeError):
        open_deal().set_probability(101, at=NOON)


@pytest.mark.parametrize(
    ("rules", "to", "allowed"),
    [
        ({"allow_skip": False}, "Installation", ("First call", "Payment")),
        ({"allow_return": False}, "First call", ("Payment", "Installation")),
        ({"allow_skip": False, "allow_return": False}, "First call", ("Payment",)),
    ],
)
def test_forbidden_skip_or_return_is_rejected(rules: dict[str, bool], to: str, allowed: tuple[str, ...]) -> None:
    """The error lists the stages that are allowed."""
    deal = open_deal().move("Measurement", create_funnel(), at=NOON)
    with pytest.raises(InvalidTransitionError) as excinfo:
        deal.move(to, create_funnel(**rules), at=NOON)

    assert allowed == excinfo.value.allowed


def test_win_sets_probability_to_100() -> None:
    """A winning stage sets 100 %, whatever probability it has itself."""
    last = Stage(key="Done", name="Done", kind=StageKind.WON, probability=0)
    funnel = create_funnel().update(at=NOON, stages=["First call", last])

    assert open_deal().move("Done", funnel, at=NOON).probability == Probability(10_000)

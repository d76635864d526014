"""A deal's two lives: whatever happens, its chance, its history and its facts say the same."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmcore import LineItem, Money, Stage
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.events import DealLost, DealMoved, DealOpened, DealReopened, DealWon
from crmcore.domain.deals.movements import Movement, MovementKind
from crmcore.domain.deals.parts import Basis, NextStep, Outcome, Probability
from crmcore.domain.funnels import Funnel, StageKind
from crmcore.domain.ids import UserId
from crmcore.errors import (
    IllegalTransition,
    InvalidInput,
    LossReasonMissing,
    MixedCurrencies,
    NotAllowed,
    OutOfRange,
    RuleBroken,
)
from crmcore.testing.samples import NOON, Samples

STAGES: Final = ("First call", "Measurement", "Payment", "Installation")
REASONS: Final = ("too dear", "changed mind")
HOUR: Final = timedelta(hours=1)


def draw(**rules: Any) -> Funnel:
    """A funnel of four stages, the last of which wins."""
    stages = [Stage.named(name, probability=20 * place) for place, name in enumerate(STAGES[:-1])]
    last = Stage.named(STAGES[-1], kind="won")
    return Funnel.create(
        Samples().id("funnel"), "Windows", stages=[*stages, last], at=NOON, loss_reasons=REASONS, **rules
    )


def opened(**details: Any) -> Deal:
    """A deal in the first stage."""
    samples = Samples()
    return Deal.open(samples.id("deal"), "Windows", customer=samples.id("customer"), funnel=draw(), at=NOON, **details)


class DealMachine(RuleBasedStateMachine):
    """Everything that may be done to a deal, in any order, by a model that knows only what is legal."""

    @initialize(skips=st.booleans(), returns=st.booleans(), wins=st.booleans())
    def open(self, skips: bool, returns: bool, wins: bool) -> None:  # noqa: FBT001  # Hypothesis gives them by name
        """Open the deal."""
        funnel = draw(skips=skips, returns=returns)
        self.funnel = funnel if wins else funnel.redraw(at=NOON, stages=funnel.stages[:-1])
        samples = Samples()
        self.users: list[UserId | None] = [None, samples.id("user"), samples.id("user")]
        self.now = NOON
        self.deal = Deal.open(
            samples.id("deal"), "Windows", customer=samples.id("customer"), funnel=self.funnel, at=self.now
        )
        self.entered = [self.funnel.first.key]

    def _tick(self) -> Any:
        self.now += HOUR
        return self.now

    @rule(place=st.integers(0, 3))
    def move(self, place: int) -> None:
        """Move it, as far as the funnel lets it."""
        stages = self.funnel.stages
        to = stages[min(place, len(stages) - 1)]
        place = self.funnel.place(to.key)
        ways = [
            stage.key
            for i, stage in enumerate(stages)
            if i != self.deal.place
            and (i <= self.deal.place + 1 or self.funnel.skips)
            and (i > self.deal.place or self.funnel.returns)
        ]
        try:
            moved = self.deal.move(to.key, self.funnel, at=self._tick())
        except IllegalTransition as illegal:
            self._check_refusal(illegal, to.key, ways)
            return
        assert self.deal.is_open
        assert to.key in ways or moved is self.deal
        if moved is not self.deal:
            self.entered.append(to.key)
        self.deal = moved

    def _check_refusal(self, illegal: IllegalTransition, to: str, ways: list[str]) -> None:
        assert not self.deal.is_open or to not in ways
        assert list(illegal.allowed) == (ways if self.deal.is_open else ["reopen"])

    @rule()
    def win(self) -> None:
        """Win it, once."""
        try:
            won = self.deal.win(self.funnel, at=self._tick())
        except IllegalTransition:
            assert not self.deal.is_open
            return
        if self.funnel.winning is not None:
            self.entered.append(self.funnel.winning.key)
        self.deal = won

        assert self.deal.outcome is Outcome.WON

    @rule(reason=st.sampled_from([*REASONS, "weather", ""]))
    def lose(self, reason: str) -> None:
        """Lose it, for a reason that there is."""
        try:
            lost = self.deal.lose(reason, self.funnel, at=self._tick())
        except IllegalTransition:
            assert not self.deal.is_open
        except LossReasonMissing:
            assert reason not in REASONS
        else:
            assert lost.stage == self.deal.stage
            assert lost.loss_reason == reason
            self.deal = lost

    @rule(place=st.none() | st.integers(0, 3))
    def reopen(self, place: int | None) -> None:
        """Take it up again, in a stage that does not win."""
        stage = None if place is None else self.funnel.stages[min(place, len(self.funnel.stages) - 1)]
        try:
            again = self.deal.reopen(self.funnel, at=self._tick(), stage=None if stage is None else stage.key)
        except IllegalTransition:
            assert self.deal.is_open
        except RuleBroken:
            assert stage == self.funnel.winning
        else:
            assert stage is None or again.stage == stage.key
            self.deal = again
            self.entered.append(again.stage)

    @rule(minor=st.integers(0, 10**6), with_lines=st.booleans())
    def revalue(self, minor: int, with_lines: bool) -> None:  # noqa: FBT001  # as above
        """Say what it is worth."""
        money = Money.of_minor(minor, "EUR")
        lines = [LineItem("Window", Decimal("2.5"), money)] if with_lines else []
        self.deal = self.deal.revalue(money, lines=lines, at=self._tick())

        assert self.deal.total == (lines[0].total if lines else money)

    @rule(percent=st.integers(0, 100), basis=st.sampled_from(["manual", "model"]))
    def estimate(self, percent: int, basis: str) -> None:
        """Say how likely it is."""
        try:
            self.deal = self.deal.estimate(percent, basis=basis, at=self._tick())
        except RuleBroken:
            assert not self.deal.is_open
        else:
            assert self.deal.probability == Probability(percent * 100, Basis(basis))

    @rule(close=st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)), to=st.integers(0, 2))
    def expect_and_hand_over(self, close: date | None, to: int) -> None:
        """Another day, another owner."""
        self.deal = self.deal.expect(close, at=self._tick()).hand_over(self.users[to], at=self.now)

        assert (close, self.users[to]) == (self.deal.expected_close, self.deal.owner)

    @invariant()
    def the_facts_tell_the_same(self) -> None:
        """Whoever only hears the facts knows where the deal stands."""
        stage, outcome = "", Outcome.OPEN
        for fact in self.deal.pending:
            match fact:
                case DealOpened() | DealReopened():
                    stage, outcome = fact.stage, Outcome.OPEN
                case DealMoved():
                    assert fact.before == stage
                    stage = fact.after
                case DealWon():
                    outcome = Outcome.WON
                case DealLost():
                    outcome = Outcome.LOST

        assert (self.deal.stage, self.deal.outcome) == (stage, outcome)

    @invariant()
    def won_is_certain_and_lost_impossible(self) -> None:
        """Won has 100 %, lost has 0, and an open one of its stage has its stage's chance."""
        deal = self.deal
        match deal.outcome:
            case Outcome.WON:
                assert deal.probability.points == 10_000
            case Outcome.LOST:
                assert deal.probability.points == 0
                assert deal.loss_reason
            case Outcome.OPEN if deal.probability.basis is Basis.STAGE:
                assert deal.probability.points == self.funnel.stage(deal.stage).probability
        assert deal.is_open is (deal.closed_at is None)
        assert deal.is_open or deal.closed_at is not None

    @invariant()
    def the_history_rebuilds_the_past(self) -> None:
        """Every movement begins where the one before ended, and the last one is the deal as it is."""
        first, *later = self.deal.movements
        before = first

        assert first.kind is MovementKind.OPENED
        for number, movement in enumerate(later, start=2):
            assert number == movement.number
            assert _after(before) == _before(movement)
            assert movement.at >= before.at
            before = movement
        deal = self.deal
        assert _after(before) == (
            deal.stage,
            deal.outcome,
            deal.total,
            deal.probability.points,
            deal.owner,
            deal.expected_close,
        )
        assert (before.place, before.furthest, before.number) == (deal.place, deal.furthest, deal.moves)

    @invariant()
    def the_history_speaks_of_one_funnel(self) -> None:
        """All stages of a deal's history are stages of the deal's own funnel, at the places that they have there."""
        for movement in self.deal.movements:
            assert movement.funnel == self.deal.funnel == self.funnel.id
            assert movement.place == self.funnel.place(movement.stage_after)

    @invariant()
    def visits_are_counted(self) -> None:
        """How often a stage was entered is known, and how far the deal came."""
        assert {v.stage: v.visits for v in self.deal.visits} == {key: self.entered.count(key) for key in self.entered}
        assert self.deal.furthest == max(self.funnel.place(key) for key in self.entered)
        entries = [m.visit for m in self.deal.movements if m.visit]
        assert len(entries) == len(self.entered)


TestDeal = DealMachine.TestCase
TestDeal.settings = settings(max_examples=30, deadline=None)


def _after(m: Movement) -> tuple[Any, ...]:
    return (m.stage_after, m.outcome_after, m.value_after, m.probability_after, m.owner_after, m.close_after)


def _before(m: Movement) -> tuple[Any, ...]:
    return (m.stage_before, m.outcome_before, m.value_before, m.probability_before, m.owner_before, m.close_before)


def test_time_in_a_stage_is_written_down() -> None:
    """A movement says how long the deal had been in the stage that it left; a clock that runs backwards makes it none."""
    moved = opened().move("Payment", draw(), at=NOON + 3 * HOUR)

    assert moved.movements[-1].stayed == 3 * HOUR
    assert moved.move("First call", draw(), at=NOON).movements[-1].stayed == timedelta(0)


def test_a_person_s_estimate_outlives_a_move() -> None:
    """A stage never overwrites what somebody has said; winning does, and reopening gives the chance back to the stage."""
    estimated = opened().estimate(55, at=NOON).move("Payment", draw(), at=NOON)
    won = estimated.win(draw(), at=NOON)

    assert estimated.probability == Probability(5500, Basis.MANUAL)
    assert won.probability == Probability(10_000)
    assert won.reopen(draw(), at=NOON).probability == Probability(4000)
    assert str(estimated.probability) == "55 %"


def test_a_won_deal_is_reopened_in_the_last_open_stage() -> None:
    """A stage that wins is no place for an open deal."""
    won = opened().win(draw(), at=NOON)

    assert won.stage == "Installation"
    assert won.reopen(draw(), at=NOON).stage == "Payment"
    with pytest.raises(RuleBroken, match="open stage"):
        won.reopen(draw(), at=NOON, stage="Installation")


def test_a_deal_is_opened_in_an_open_stage() -> None:
    """In the first one, or in another; not in one that wins, and not in one that is not there."""
    assert opened(stage="Payment").place == opened(stage="Payment").furthest == 2
    with pytest.raises(RuleBroken):
        opened(stage="Installation")
    with pytest.raises(NotAllowed):
        opened(stage="Moon")


def test_any_reason_will_do_where_the_funnel_names_none() -> None:
    """A loss still has to have one."""
    free = draw().redraw(at=NOON, loss_reasons=[])

    assert opened().lose("weather", free, at=NOON).loss_reason == "weather"
    with pytest.raises(LossReasonMissing):
        opened().lose("", free, at=NOON)


def test_a_deal_gets_stuck_in_its_stage_and_not_by_its_age() -> None:
    """What counts is the time in the stage, against the stage's own limit; a deal that moved is not stuck, nor a closed one."""
    funnel = draw().redraw(
        at=NOON, stages=[Stage.named("A", age_limit=HOUR), Stage.named("B", age_limit=HOUR), Stage.named("C")]
    )
    samples = Samples()
    deal = Deal.open(samples.id("deal"), "T", customer=samples.id("customer"), funnel=funnel, at=NOON)
    later = NOON + 2 * HOUR
    moved = deal.move("B", funnel, at=later)

    assert (deal.is_stuck(funnel, NOON + HOUR), deal.is_stuck(funnel, later)) == (False, True)
    assert not moved.is_stuck(funnel, later)
    assert not moved.move("C", funnel, at=later).is_stuck(funnel, later + 99 * HOUR)
    assert not deal.lose("too dear", funnel, at=NOON).is_stuck(funnel, later)


def test_a_line_costs_what_it_says() -> None:
    """Quantity times price less the discount, rounded once; the deal is worth the sum of its lines."""
    lines = [
        LineItem("Window", Decimal(3), Money("199.90", "EUR"), 500),
        LineItem("Sill", Decimal("0.5"), Money(1, "EUR")),
    ]

    assert lines[0].total == Money("569.72", "EUR")
    assert opened(lines=lines, value=Money(7, "USD")).total == Money("570.22", "EUR")
    with pytest.raises(MixedCurrencies):
        opened(lines=[*lines, LineItem("Fee", Decimal(1), Money(1, "USD"))])


def test_what_changes_nothing_is_no_movement() -> None:
    """Saying the same again leaves the deal as it is, and the world is told nothing."""
    deal = opened(value=Money(1, "EUR"))
    step = NextStep("Call", NOON)
    planned = deal.plan(step, at=NOON)
    joined = deal.join("measurer", "user_1", at=NOON)

    assert deal is deal.move("First call", draw(), at=NOON)
    assert deal is deal.revalue(Money(1, "EUR"), at=NOON)
    assert deal is deal.expect(None, at=NOON)
    assert deal is deal.hand_over(None, at=NOON)
    assert deal is deal.plan(None, at=NOON)
    assert deal is deal.describe({"title": " Windows "}, at=NOON)
    assert planned is planned.plan(step, at=NOON)
    assert joined is joined.join("measurer", "user_1", at=NOON)


def test_facts_besides_the_movements() -> None:
    """Next steps, participants, documents and details are told to the world, but make no movement."""
    samples = Samples()
    deal = opened().plan(NextStep("Call", NOON + HOUR), at=NOON).plan(None, at=NOON)
    deal = deal.join("measurer", "user_1", at=NOON).join("payer", "user_2", at=NOON).join("measurer", "user_3", at=NOON)
    deal = deal.attach(samples.id("document"), "Sizes", at=NOON + HOUR).describe(
        {"about": "Three", "tags": ["big"]}, at=NOON
    )

    assert (deal.participant("measurer"), deal.participant("payer"), deal.participant("x")) == (
        "user_3",
        "user_2",
        None,
    )
    assert (deal.moves, deal.about, deal.tags, deal.touched_at) == (1, "Three", ("big",), NOON + HOUR)
    assert [event.name for event in deal.pending[1:]] == [
        "deal.planned",
        "deal.planned",
        "deal.joined",
        "deal.joined",
        "deal.joined",
        "deal.documented",
        "deal.described",
    ]


def test_touching_never_goes_back_in_time() -> None:
    """A call of last week that is noted today makes nothing older."""
    assert opened().touch(at=NOON - HOUR).touched_at == NOON
    assert opened().touch(at=NOON + HOUR).touched_at == NOON + HOUR


def test_what_cannot_be_is_refused() -> None:
    """A detail that is none, a chance that is none."""
    with pytest.raises(InvalidInput, match="details are about"):
        opened().describe({"stage": "Payment"}, at=NOON)
    with pytest.raises(OutOfRange):
        opened().estimate(101, at=NOON)


@pytest.mark.parametrize(
    ("rules", "to", "allowed"),
    [
        ({"skips": False}, "Installation", ("First call", "Payment")),
        ({"returns": False}, "First call", ("Payment", "Installation")),
        ({"skips": False, "returns": False}, "First call", ("Payment",)),
    ],
)
def test_a_funnel_may_forbid_leaps_and_returns(rules: dict[str, bool], to: str, allowed: tuple[str, ...]) -> None:
    """What it forbids is refused with the stages that are open."""
    deal = opened().move("Measurement", draw(), at=NOON)
    with pytest.raises(IllegalTransition) as refusal:
        deal.move(to, draw(**rules), at=NOON)

    assert allowed == refusal.value.allowed


def test_winning_is_certain_whatever_the_stage_says() -> None:
    """A stage that wins makes a deal certain, also when it was drawn with no chance at all."""
    last = Stage(key="Done", name="Done", kind=StageKind.WON, probability=0)
    funnel = draw().redraw(at=NOON, stages=["First call", last])

    assert opened().move("Done", funnel, at=NOON).probability == Probability(10_000)

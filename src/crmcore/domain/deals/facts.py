"""What is known of a deal, and how it changes while its life goes on."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.aging import AgeFrom, Aging
from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.deals.events import (
    DealDescribed,
    DealDocumented,
    DealHandedOver,
    DealJoined,
    DealPlanned,
    DealReestimated,
    DealRescheduled,
    DealValued,
)
from crmcore.domain.deals.movements import Movement, MovementKind
from crmcore.domain.deals.parts import (
    Attachment,
    Basis,
    LineItem,
    NextStep,
    Outcome,
    Participant,
    Probability,
    StageVisits,
    StepState,
)
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.fields.build import require
from crmcore.domain.fields.number import checked_whole
from crmcore.domain.fields.part import NOTHING, listed
from crmcore.domain.fields.time import check_day
from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import CustomerId, DealId, DocumentId, FunnelId, UserId
from crmcore.domain.kernel import Entity, Event, Shape, changed, record
from crmcore.domain.values.money import Money
from crmcore.domain.worktime.time import ALWAYS, WorkTime


def _total(deal: "DealFacts") -> Money | None:
    if not deal.lines:
        return deal.value
    first, *others = (line.total for line in deal.lines)
    return sum(others, start=first)


@record
class DealFacts(Entity):
    """What is known of a possible sale.

    Attributes:
        place: the place of its stage in the funnel, from 0.
        furthest: the place of the furthest stage that it has reached.
        visits: how often it has been in each stage.
        value: what it is worth when it has no lines.
        total: what it is worth: the sum of its lines, or its value. It follows from them, and is stored for reports.
        touched_at: when anything was last done for it.
        moves: how many movements it has made.
        movements: those made since it was read, which a store appends to its history.
    """

    shape: ClassVar[Shape] = Shape(
        "deal",
        "deals",
        unique=(("request.system", "request.key"),),
        indexes=(
            ("customer",),
            ("owner", "outcome"),
            ("funnel", "outcome", "place", "id"),
            ("funnel", "opened_at"),
            ("participants.who",),
        ),
        tables={
            "lines": "deal_lines",
            "participants": "deal_participants",
            "attachments": "deal_attachments",
            "movements": "deal_movements",
        },
        entries="movements",
    )

    id: DealId = fields.ref("deal")
    title: str = fields.text(personal=True)
    customer: CustomerId = fields.ref("customer")
    funnel: FunnelId = fields.ref("funnel")
    stage: str = fields.text(personal=False, limit=60)
    place: int = fields.whole(default=0)
    furthest: int = fields.whole(default=0)
    visits: tuple[StageVisits, ...] = fields.parts(StageVisits, default=())
    stage_since: datetime = fields.moment()
    outcome: Outcome = fields.one_of(Outcome, default=Outcome.OPEN)
    value: Money | None = fields.part(Money, optional=True, default=None)
    lines: tuple[LineItem, ...] = fields.parts(LineItem, default=())
    total: Money | None = fields.derived(_total)
    probability: Probability = fields.part(Probability)
    expected_close: date | None = fields.day(optional=True, default=None)
    owner: UserId | None = fields.ref("user", optional=True, default=None)
    source: str = fields.text(personal=False, default="", blank=True)
    campaign: str = fields.text(personal=False, default="", blank=True)
    request: ExternalId | None = fields.part(ExternalId, optional=True, default=None, personal=True)
    about: str = fields.text(personal=True, limit=10_000, lines=True, default="", blank=True)
    participants: tuple[Participant, ...] = fields.parts(Participant, default=())
    attachments: tuple[Attachment, ...] = fields.parts(Attachment, default=())
    next_step: NextStep | None = fields.part(NextStep, optional=True, default=None)
    loss_reason: str | None = fields.text(personal=False, limit=100, optional=True, default=None)
    tags: tuple[str, ...] = fields.words(personal=True, default=())
    custom: Mapping[str, Any] = fields.custom(default=NOTHING)
    opened_at: datetime = fields.moment()
    closed_at: datetime | None = fields.moment(optional=True, default=None)
    touched_at: datetime = fields.moment()
    moves: int = fields.whole(default=0)
    movements: tuple[Movement, ...] = fields.entries(Movement, default=())

    @property
    def is_open(self) -> bool:
        """Whether it is neither won nor lost."""
        return self.outcome is Outcome.OPEN

    def participant(self, role: str) -> str | None:
        """Who takes part in that role."""
        return next((p.who for p in self.participants if p.role == role), None)

    def is_stuck(self, funnel: Funnel, now: datetime, *, time: WorkTime = ALWAYS) -> bool:
        """Tell whether the deal has been in its stage for longer than the stage allows.

        Args:
            time: the house's working time, for a stage that counts working days.
        """
        stage = funnel.stage(self.stage)
        if not self.is_open or stage.age_limit is None:
            return False
        cutoff = stage.aging.cutoff(stage.age_limit, time=time, now=now)
        held = stage.aging.held_by_next_step and self.step_of(now) is StepState.AHEAD
        return not held and cutoff is not None and self.ages_since(stage.aging) <= cutoff

    def ages_since(self, aging: Aging) -> datetime:
        """Since when its age counts."""
        return self.stage_since if aging.counts_from is AgeFrom.ENTRY else self.touched_at

    def step_of(self, now: datetime) -> StepState:
        """Tell whether there is a next step, and whether it is late."""
        if self.next_step is None:
            return StepState.NONE
        due_at = self.next_step.due_at
        return StepState.UNDATED if due_at is None else StepState.AHEAD if due_at >= now else StepState.LATE

    def revalue(self, value: Money | None = None, *, lines: Sequence[LineItem] | None = None, at: datetime) -> Self:
        """Say what the deal is worth, as a sum or by its lines.

        Raises:
            MixedCurrencies: lines of two currencies.
        """
        lines = self.lines if lines is None else listed("deal.lines", lines)
        value = self.value if value is None and lines else value
        if (lines, value) == (self.lines, self.value):
            return self
        before, after = self.total, changed(self, lines=lines, value=value).total
        return self._moved(
            MovementKind.VALUED, DealValued(at=at, before=before, after=after), at=at, lines=lines, value=value
        )

    def estimate(self, percent: int, *, at: datetime, basis: Basis | str = Basis.MANUAL) -> Self:
        """Give the deal another chance than its stage does, in percent.

        Raises:
            RuleBroken: it is closed, so its chance is known.
        """
        if not self.is_open:
            raise RuleBroken(self.id, "deal_closed", f"is {self.outcome.value}; its chance is known")
        points = 100 * checked_whole("deal.percent", percent, most=100)
        probability = Probability(points, basis)  # type: ignore[arg-type]  # a word becomes its member
        fact = DealReestimated(at=at, before=self.probability.points, after=probability.points)
        return self._moved(MovementKind.REESTIMATED, fact, at=at, probability=probability)

    def expect(self, close: date | None, *, at: datetime) -> Self:
        """Say when the deal is expected to close."""
        if close == self.expected_close:
            return self
        if close is not None:
            require("deal.expected_close", check_day, close)
        fact = DealRescheduled(at=at, before=self.expected_close, after=close)
        return self._moved(MovementKind.RESCHEDULED, fact, at=at, expected_close=close)

    def hand_over(self, to: UserId | None, *, at: datetime) -> Self:
        """Give the deal another owner."""
        if to == self.owner:
            return self
        fact = DealHandedOver(at=at, before=self.owner, after=to)
        return self._moved(MovementKind.HANDED_OVER, fact, at=at, owner=to)

    def plan(self, next_step: NextStep | None, *, at: datetime) -> Self:
        """Say what comes next."""
        if next_step == self.next_step:
            return self
        fact = DealPlanned(at=at, due_at=next_step.due_at if next_step else None)
        return self._after(fact, next_step=next_step, touched_at=at)

    def join(self, role: str, who: str, *, at: datetime) -> Self:
        """Let somebody take part in a role; whoever had it before no longer does."""
        participant = Participant(role, who)
        if participant in self.participants:
            return self
        others = (p for p in self.participants if p.role != role)
        return self._after(DealJoined(at=at, role=role, who=who), participants=(*others, participant))

    def attach(self, document: DocumentId, title: str, *, at: datetime) -> Self:
        """Attach a document."""
        attachment = Attachment(document, title, at)
        return self._after(
            DealDocumented(at=at, document=document), attachments=(*self.attachments, attachment), touched_at=at
        )

    def describe(self, details: Mapping[str, Any], /, *, at: datetime) -> Self:
        """Change the title, the description, tags or custom fields.

        Raises:
            InvalidInput: a detail that cannot be, or that is none.
        """
        if unknown := set(details) - DETAILS:
            raise InvalidInput(f"deal.{min(unknown)}", f"is no detail; details are {', '.join(sorted(DETAILS))}")
        after = self._after(DealDescribed(at=at, fields=tuple(sorted(details))), **details)
        return self if all(getattr(after, name) == getattr(self, name) for name in details) else after

    def touch(self, *, at: datetime) -> Self:
        """Note that something was done for the deal, without an event of its own."""
        return changed(self, touched_at=max(at, self.touched_at))

    def _moved(
        self,
        kind: MovementKind,
        *facts: Event,
        at: datetime,
        visit: int = 0,
        stayed: timedelta | None = None,
        **changes: Any,
    ) -> Self:
        """Change the deal and write the movement that says what it was before and is now."""
        after = self._after(*facts, moves=self.moves + 1, touched_at=at, **changes)
        movement = Movement.between(self, after, kind, at=at, visit=visit, stayed=stayed)
        return changed(after, movements=(*self.movements, movement))


DETAILS: Final = frozenset({"title", "about", "tags", "custom", "source", "campaign"})
"""What `DealFacts.describe` may change."""

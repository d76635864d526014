"""The deal: one possible sale, from the first request to the won or lost end.

Rule 1: a deal has two lives. Its outcome goes from open to won or lost and back by reopening; its stage is a place in a funnel.
Rule 2: whatever a forecast could ask about later (stage, outcome, value, chance, owner, closing day) changes only by a movement.
Rule 3: won is certain and lost is impossible: the chance of a closed deal is never anything else.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final, Self

import attrs

from crmcore.domain.deals.events import (
    DealDescribed,
    DealDocumented,
    DealHandedOver,
    DealJoined,
    DealLost,
    DealMoved,
    DealOpened,
    DealPlanned,
    DealReestimated,
    DealReopened,
    DealRescheduled,
    DealValued,
    DealWon,
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
    Request,
    StageVisits,
)
from crmcore.domain.errors.broken import IllegalTransition, LossReasonMissing, RuleBroken
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.fields.part import NOTHING
from crmcore.domain.funnels import Funnel, Stage, StageKind
from crmcore.domain.ids import CustomerId, DealId, DocumentId, FunnelId, UserId
from crmcore.domain.kernel import (
    Entity,
    Event,
    Shape,
    Transitions,
    changed,
    check_move,
    custom,
    day,
    entries,
    moment,
    one_of,
    part,
    parts,
    record,
    ref,
    text,
    whole,
    words,
)
from crmcore.domain.values.money import Money

OUTCOMES: Final[Transitions[Outcome]] = {
    Outcome.OPEN: frozenset({Outcome.WON, Outcome.LOST}),
    Outcome.WON: frozenset({Outcome.OPEN}),
    Outcome.LOST: frozenset({Outcome.OPEN}),
}


def _total(deal: "Deal") -> Money | None:
    if not deal.lines:
        return deal.value
    first, *others = (line.total for line in deal.lines)
    return sum(others, start=first)


@record
class Deal(Entity):
    """A possible sale.

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
            ("funnel", "outcome", "place"),
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

    id: DealId = ref("deal")
    title: str = text(personal=True)
    customer: CustomerId = ref("customer")
    funnel: FunnelId = ref("funnel")
    stage: str = text(personal=False, limit=60)
    place: int = whole(default=0)
    furthest: int = whole(default=0)
    visits: tuple[StageVisits, ...] = parts(StageVisits, default=())
    stage_since: datetime = moment()
    outcome: Outcome = one_of(Outcome, default=Outcome.OPEN)
    value: Money | None = part(Money, optional=True, default=None)
    lines: tuple[LineItem, ...] = parts(LineItem, default=())
    total: Money | None = attrs.field(init=False, default=attrs.Factory(_total, takes_self=True))
    probability: Probability = part(Probability)
    expected_close: date | None = day(optional=True, default=None)
    owner: UserId | None = ref("user", optional=True, default=None)
    source: str = text(personal=False, default="", blank=True)
    campaign: str = text(personal=False, default="", blank=True)
    request: Request | None = part(Request, optional=True, default=None, personal=True)
    about: str = text(personal=True, limit=10_000, lines=True, default="", blank=True)
    participants: tuple[Participant, ...] = parts(Participant, default=())
    attachments: tuple[Attachment, ...] = parts(Attachment, default=())
    next_step: NextStep | None = part(NextStep, optional=True, default=None)
    loss_reason: str | None = text(personal=False, limit=100, optional=True, default=None)
    tags: tuple[str, ...] = words(personal=True, default=())
    custom: Mapping[str, Any] = custom(default=NOTHING)
    opened_at: datetime = moment()
    closed_at: datetime | None = moment(optional=True, default=None)
    touched_at: datetime = moment()
    moves: int = whole(default=0)
    movements: tuple[Movement, ...] = entries(Movement, default=())

    @classmethod
    def open(
        cls,
        id: DealId,
        title: str,
        *,
        customer: CustomerId,
        funnel: Funnel,
        at: datetime,
        stage: str | None = None,
        value: Money | None = None,
        lines: Sequence[LineItem] = (),
        owner: UserId | None = None,
        expected_close: date | None = None,
        source: str = "",
        campaign: str = "",
        request: Request | None = None,
        about: str = "",
        tags: Sequence[str] = (),
        custom: Mapping[str, Any] = NOTHING,
    ) -> Self:
        """Open a deal in its funnel's first stage, or in another one.

        Raises:
            NotAllowed: the funnel has no such stage.
            RuleBroken: the stage wins; a deal has to be won, not opened so.
            InvalidInput: a field that cannot be, such as lines of two currencies.
        """
        first = funnel.first if stage is None else funnel.stage(stage)
        if first.kind is StageKind.WON:
            raise RuleBroken(id, "opened_as_won", "open it in an open stage, then win it")
        place = funnel.place(first.key)
        deal = cls(
            id=id,
            title=title,
            customer=customer,
            funnel=funnel.id,
            stage=first.key,
            place=place,
            furthest=place,
            visits=(StageVisits(first.key, 1),),
            stage_since=at,
            value=value,
            lines=tuple(lines),
            probability=Probability(first.probability),
            expected_close=expected_close,
            owner=owner,
            source=source,
            campaign=campaign,
            request=request,
            about=about,
            tags=tuple(tags),
            custom=custom,
            opened_at=at,
            touched_at=at,
            moves=1,
        )
        fact = DealOpened(
            at=at,
            customer=customer,
            funnel=funnel.id,
            stage=first.key,
            owner=owner,
            source=deal.source,
            value=deal.total,
        )
        return deal._after(fact, movements=(Movement.between(None, deal, MovementKind.OPENED, at=at, visit=1),))

    @property
    def is_open(self) -> bool:
        """Whether it is neither won nor lost."""
        return self.outcome is Outcome.OPEN

    def participant(self, role: str) -> str | None:
        """Who takes part in that role."""
        return next((p.who for p in self.participants if p.role == role), None)

    def is_stuck(self, funnel: Funnel, now: datetime) -> bool:
        """Tell whether the deal has been in its stage for longer than the stage allows."""
        limit = funnel.stage(self.stage).age_limit
        return self.is_open and limit is not None and now - self.stage_since > limit

    def move(self, to: str, funnel: Funnel, *, at: datetime) -> Self:
        """Put the deal in another stage of its funnel; a stage that wins wins it.

        Raises:
            IllegalTransition: it is closed, or the funnel forbids this leap or return.
            NotAllowed: the funnel has no such stage.
        """
        place = funnel.place(to)
        stage = funnel.stages[place]
        if not self.is_open:
            raise IllegalTransition(self.id, "deal_closed", now=self.outcome.value, to=to, allowed=("reopen",))
        if place == self.place:
            return self
        if (place > self.place + 1 and not funnel.skips) or (place < self.place and not funnel.returns):
            allowed = _ways(funnel, self.place)
            raise IllegalTransition(self.id, "stage_order", now=self.stage, to=to, allowed=allowed)
        return self._enter(stage, place, MovementKind.MOVED, at=at)

    def win(self, funnel: Funnel, *, at: datetime) -> Self:
        """Win the deal: in the funnel's winning stage, if it has one.

        Raises:
            IllegalTransition: it is closed.
        """
        check_move(self.id, OUTCOMES, self.outcome, Outcome.WON)
        if funnel.winning is None:
            return self._close(Outcome.WON, DealWon(at=at, stage=self.stage, value=self.total), at=at)
        return self._enter(funnel.winning, funnel.place(funnel.winning.key), MovementKind.MOVED, at=at)

    def lose(self, reason: str, funnel: Funnel, *, at: datetime) -> Self:
        """Lose the deal, for one of the funnel's reasons; for any reason when the funnel names none.

        Raises:
            IllegalTransition: it is closed.
            LossReasonMissing: the reason is none of the funnel's.
        """
        check_move(self.id, OUTCOMES, self.outcome, Outcome.LOST)
        if not reason or (funnel.loss_reasons and reason not in funnel.loss_reasons):
            raise LossReasonMissing(self.id, "loss_reason", allowed=funnel.loss_reasons)
        fact = DealLost(at=at, stage=self.stage, reason=reason, value=self.total)
        return self._close(Outcome.LOST, fact, at=at, reason=reason)

    def reopen(self, funnel: Funnel, *, at: datetime, stage: str | None = None) -> Self:
        """Take the deal up again: where it was lost, or in the last stage that does not win.

        Raises:
            IllegalTransition: it is open.
            RuleBroken: the stage wins.
        """
        check_move(self.id, OUTCOMES, self.outcome, Outcome.OPEN)
        target = funnel.stage(stage or self.stage)
        if stage is None and target.kind is StageKind.WON:
            target = next(s for s in reversed(funnel.stages) if s.kind is StageKind.OPEN)
        if target.kind is StageKind.WON:
            raise RuleBroken(self.id, "reopened_as_won", "reopen it in an open stage")
        fact = DealReopened(at=at, stage=target.key)
        opened: dict[str, Any] = {"outcome": Outcome.OPEN, "closed_at": None, "loss_reason": None}
        return self._enter(target, funnel.place(target.key), MovementKind.REOPENED, at=at, fact=fact, **opened)

    def revalue(self, value: Money | None = None, *, lines: Sequence[LineItem] | None = None, at: datetime) -> Self:
        """Say what the deal is worth, as a sum or by its lines.

        Raises:
            MixedCurrencies: lines of two currencies.
        """
        lines = tuple(self.lines if lines is None else lines)
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
        probability = Probability(percent * 100, basis)  # type: ignore[arg-type]  # a word becomes its member
        fact = DealReestimated(at=at, before=self.probability.points, after=probability.points)
        return self._moved(MovementKind.REESTIMATED, fact, at=at, probability=probability)

    def expect(self, close: date | None, *, at: datetime) -> Self:
        """Say when the deal is expected to close."""
        if close == self.expected_close:
            return self
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

    def describe(self, *, at: datetime, **details: Any) -> Self:
        """Change the title, the description, tags or custom fields.

        Raises:
            InvalidInput: a detail that cannot be, or that is none.
        """
        if unknown := set(details) - DETAILS:
            raise OutOfRange(f"deal.{min(unknown)}", f"is no detail; details are {', '.join(sorted(DETAILS))}")
        return self._after(DealDescribed(at=at, fields=", ".join(sorted(details))), **details)

    def touch(self, *, at: datetime) -> Self:
        """Note that something was done for the deal, without an event of its own."""
        return changed(self, touched_at=max(at, self.touched_at))

    def _enter(
        self,
        stage: Stage,
        place: int,
        kind: MovementKind,
        *,
        at: datetime,
        fact: Event | None = None,
        **changes: Any,
    ) -> Self:
        visit = 1 + next((v.visits for v in self.visits if v.stage == stage.key), 0)
        visits = (*(v for v in self.visits if v.stage != stage.key), StageVisits(stage.key, visit))
        wins = stage.kind is StageKind.WON
        facts: tuple[Event, ...] = (fact or DealMoved(at=at, before=self.stage, after=stage.key, visit=visit),)
        probability = self.probability
        if wins or probability.basis is Basis.STAGE or not self.is_open:
            probability = Probability(10_000 if wins else stage.probability)
        if wins:
            changes |= {"outcome": Outcome.WON, "closed_at": at}
            facts = (*facts, DealWon(at=at, stage=stage.key, value=self.total))
            kind = MovementKind.WON
        return self._moved(
            kind,
            *facts,
            at=at,
            visit=visit,
            stayed=max(at - self.stage_since, timedelta(0)),
            stage=stage.key,
            place=place,
            furthest=max(place, self.furthest),
            visits=visits,
            stage_since=at,
            probability=probability,
            **changes,
        )

    def _close(self, outcome: Outcome, fact: Event, *, at: datetime, reason: str | None = None) -> Self:
        return self._moved(
            MovementKind(outcome.value),
            fact,
            at=at,
            outcome=outcome,
            probability=Probability(10_000 if outcome is Outcome.WON else 0),
            closed_at=at,
            loss_reason=reason,
        )

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
"""What `Deal.describe` may change."""


def _ways(funnel: Funnel, place: int) -> tuple[str, ...]:
    last = len(funnel.stages) if funnel.skips else place + 2
    first = 0 if funnel.returns else place
    return tuple(s.key for i, s in enumerate(funnel.stages) if first <= i < last and i != place)

"""The deal: one possible sale, from the first request to the won or lost end.

Rule 1: a deal has two lives. Its outcome goes from open to won or lost and back by reopening; its stage is a place in a funnel.
Rule 2: whatever a forecast could ask about later (stage, outcome, value, chance, owner, closing day) changes only by a movement.
Rule 3: won is certain and lost is impossible: the chance of a closed deal is never anything else.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Self

from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.deals.events import (
    DealLost,
    DealMoved,
    DealOpened,
    DealReopened,
    DealWon,
)
from crmcore.domain.deals.facts import DealFacts
from crmcore.domain.deals.movements import Movement, MovementKind
from crmcore.domain.deals.parts import Basis, LineItem, Outcome, Probability, StageVisits
from crmcore.domain.errors.broken import IllegalTransition, LossReasonMissing, RuleBroken
from crmcore.domain.fields.part import NOTHING, listed
from crmcore.domain.funnels import Funnel, Stage, StageKind
from crmcore.domain.ids import CustomerId, DealId, UserId
from crmcore.domain.kernel import (
    Event,
    Transitions,
    check_move,
    record,
)
from crmcore.domain.values.money import Money

OUTCOMES: Final[Transitions[Outcome]] = {
    Outcome.OPEN: frozenset({Outcome.WON, Outcome.LOST}),
    Outcome.WON: frozenset({Outcome.OPEN}),
    Outcome.LOST: frozenset({Outcome.OPEN}),
}


@record
class Deal(DealFacts):
    """A possible sale, and the life it leads."""

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
        request: ExternalId | None = None,
        about: str = "",
        tags: Sequence[str] = (),
        custom: Mapping[str, Any] = NOTHING,
        noted_at: datetime | None = None,
    ) -> Self:
        """Open a deal in its funnel's first stage, or in another one.

        Args:
            noted_at: when we took it in, which may be later than when it began.
            (others): as the attributes.

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
            lines=listed("deal.lines", lines),
            probability=Probability(first.probability),
            expected_close=expected_close,
            owner=owner,
            source=source,
            campaign=campaign,
            request=request,
            about=about,
            tags=listed("deal.tags", tags),
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
            noted_at=None if noted_at == at else noted_at,
        )
        return deal._after(fact, movements=(Movement.between(None, deal, MovementKind.OPENED, at=at, visit=1),))

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


def _ways(funnel: Funnel, place: int) -> tuple[str, ...]:
    last = len(funnel.stages) if funnel.skips else place + 2
    first = 0 if funnel.returns else place
    return tuple(s.key for i, s in enumerate(funnel.stages) if first <= i < last and i != place)

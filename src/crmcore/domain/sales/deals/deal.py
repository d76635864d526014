"""The deal: one possible sale, from the first request to the won or lost end.

Rule 1: a deal has two lives. Its outcome goes from open to won or lost and back by reopening; its stage is a place in a funnel.
Rule 2: whatever a forecast could ask about later (stage, outcome, value, chance, owner, closing day) changes only by a movement.
Rule 3: won is certain and lost is impossible: the chance of a closed deal is never anything else.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Self

from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.kernel.entity import (
    Event,
    Transitions,
    check_transition,
    record,
)
from crmcore.domain.kernel.errors.rules import BusinessRuleError, InvalidTransitionError, LossReasonRequiredError
from crmcore.domain.kernel.fields.composite import EMPTY_MAP, as_tuple
from crmcore.domain.kernel.ids import CustomerId, DealId, UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.sales.deals.details import DealFields
from crmcore.domain.sales.deals.events import (
    DealLost,
    DealMoved,
    DealOpened,
    DealReopened,
    DealWon,
)
from crmcore.domain.sales.deals.movements import Movement, MovementKind
from crmcore.domain.sales.deals.parts import LineItem, Outcome, Probability, ProbabilitySource, StageVisits
from crmcore.domain.sales.funnels.funnel import Funnel, Stage, StageKind

OUTCOME_TRANSITIONS: Final[Transitions[Outcome]] = {
    Outcome.OPEN: frozenset({Outcome.WON, Outcome.LOST}),
    Outcome.WON: frozenset({Outcome.OPEN}),
    Outcome.LOST: frozenset({Outcome.OPEN}),
}


@record
class Deal(DealFields):
    """A possible sale, and the life it leads."""

    @classmethod
    def open(
        cls,
        id: DealId,
        title: str,
        *,
        customer_id: CustomerId,
        funnel: Funnel,
        at: datetime,
        stage_key: str | None = None,
        value: Money | None = None,
        lines: Sequence[LineItem] = (),
        owner_id: UserId | None = None,
        expected_close: date | None = None,
        source: str = "",
        campaign: str = "",
        external_id: ExternalId | None = None,
        description: str = "",
        tags: Sequence[str] = (),
        custom: Mapping[str, Any] = EMPTY_MAP,
        recorded_at: datetime | None = None,
    ) -> Self:
        """Open a deal in its funnel's first stage, or in another one.

        Args:
            recorded_at: when we took it in, which may be later than when it began.
            (others): as the attributes.

        Raises:
            InvalidChoiceError: the funnel has no such stage.
            BusinessRuleError: the stage wins; a deal has to be won, not opened so.
            InvalidInputError: a field that cannot be, such as lines of two currencies.
        """
        initial_stage = funnel.first_stage if stage_key is None else funnel.stage(stage_key)
        if initial_stage.kind is StageKind.WON:
            raise BusinessRuleError(id, "initial_stage_is_won", "open it in an open stage, then win it")
        stage_index = funnel.stage_index(initial_stage.key)
        deal = cls(
            id=id,
            title=title,
            customer_id=customer_id,
            funnel_id=funnel.id,
            stage_key=initial_stage.key,
            stage_index=stage_index,
            max_stage_index=stage_index,
            stage_visits=(StageVisits(initial_stage.key, 1),),
            stage_entered_at=at,
            value=value,
            lines=as_tuple("deal.lines", lines),
            probability=Probability(initial_stage.probability),
            expected_close=expected_close,
            owner_id=owner_id,
            source=source,
            campaign=campaign,
            external_id=external_id,
            description=description,
            tags=as_tuple("deal.tags", tags),
            custom=custom,
            opened_at=at,
            last_activity_at=at,
            movement_count=1,
        )
        event = DealOpened(
            at=at,
            customer_id=customer_id,
            funnel_id=funnel.id,
            stage_key=initial_stage.key,
            owner_id=owner_id,
            source=deal.source,
            value=deal.total,
            recorded_at=None if recorded_at == at else recorded_at,
        )
        return deal._record(
            event, movements=(Movement.between(None, deal, MovementKind.OPENED, at=at, visit_number=1),)
        )

    def move(self, stage_key: str, funnel: Funnel, *, at: datetime) -> Self:
        """Put the deal in another stage of its funnel; a stage that wins wins it.

        Raises:
            InvalidTransitionError: it is closed, or the funnel forbids this leap or return.
            InvalidChoiceError: the funnel has no such stage.
        """
        stage_index = funnel.stage_index(stage_key)
        stage = funnel.stages[stage_index]
        if not self.is_open:
            raise InvalidTransitionError(
                self.id, "deal_closed", now=self.outcome.value, to=stage_key, allowed=("reopen",)
            )
        if stage_index == self.stage_index:
            return self
        if (stage_index > self.stage_index + 1 and not funnel.allow_skip) or (
            stage_index < self.stage_index and not funnel.allow_return
        ):
            allowed = _allowed_stage_keys(funnel, self.stage_index)
            raise InvalidTransitionError(self.id, "stage_order", now=self.stage_key, to=stage_key, allowed=allowed)
        return self._enter_stage(stage, stage_index, MovementKind.MOVED, at=at)

    def win(self, funnel: Funnel, *, at: datetime) -> Self:
        """Win the deal: in the funnel's winning stage, if it has one.

        Raises:
            InvalidTransitionError: it is closed.
        """
        check_transition(self.id, OUTCOME_TRANSITIONS, self.outcome, Outcome.WON)
        if funnel.winning_stage is None:
            return self._close(Outcome.WON, DealWon(at=at, stage_key=self.stage_key, value=self.total), at=at)
        return self._enter_stage(
            funnel.winning_stage, funnel.stage_index(funnel.winning_stage.key), MovementKind.MOVED, at=at
        )

    def lose(self, reason: str, funnel: Funnel, *, at: datetime) -> Self:
        """Lose the deal, for one of the funnel's reasons; for any reason when the funnel names none.

        Raises:
            InvalidTransitionError: it is closed.
            LossReasonRequiredError: the reason is none of the funnel's.
        """
        check_transition(self.id, OUTCOME_TRANSITIONS, self.outcome, Outcome.LOST)
        if not reason or (funnel.loss_reasons and reason not in funnel.loss_reasons):
            raise LossReasonRequiredError(self.id, "loss_reason", allowed=funnel.loss_reasons)
        event = DealLost(at=at, stage_key=self.stage_key, reason=reason, value=self.total)
        return self._close(Outcome.LOST, event, at=at, reason=reason)

    def reopen(self, funnel: Funnel, *, at: datetime, stage_key: str | None = None) -> Self:
        """Take the deal up again: where it was lost, or in the last stage that does not win.

        Raises:
            InvalidTransitionError: it is open.
            BusinessRuleError: the stage wins.
        """
        check_transition(self.id, OUTCOME_TRANSITIONS, self.outcome, Outcome.OPEN)
        target_stage = funnel.stage(stage_key or self.stage_key)
        if stage_key is None and target_stage.kind is StageKind.WON:
            target_stage = next(s for s in reversed(funnel.stages) if s.kind is StageKind.OPEN)
        if target_stage.kind is StageKind.WON:
            raise BusinessRuleError(self.id, "initial_stage_is_won", "reopen it in an open stage")
        event = DealReopened(at=at, stage_key=target_stage.key)
        reopened_fields: dict[str, Any] = {"outcome": Outcome.OPEN, "closed_at": None, "loss_reason": None}
        return self._enter_stage(
            target_stage,
            funnel.stage_index(target_stage.key),
            MovementKind.REOPENED,
            at=at,
            event=event,
            **reopened_fields,
        )

    def _enter_stage(
        self,
        stage: Stage,
        stage_index: int,
        kind: MovementKind,
        *,
        at: datetime,
        event: Event | None = None,
        **changes: Any,
    ) -> Self:
        visit_number = 1 + next((v.count for v in self.stage_visits if v.stage_key == stage.key), 0)
        stage_visits = (
            *(v for v in self.stage_visits if v.stage_key != stage.key),
            StageVisits(stage.key, visit_number),
        )
        is_won = stage.kind is StageKind.WON
        events: tuple[Event, ...] = (
            event or DealMoved(at=at, before=self.stage_key, after=stage.key, visit_number=visit_number),
        )
        probability = self.probability
        if is_won or probability.source is ProbabilitySource.STAGE or not self.is_open:
            probability = Probability(10_000 if is_won else stage.probability)
        if is_won:
            changes |= {"outcome": Outcome.WON, "closed_at": at}
            events = (*events, DealWon(at=at, stage_key=stage.key, value=self.total))
            kind = MovementKind.WON
        return self._record_movement(
            kind,
            *events,
            at=at,
            visit_number=visit_number,
            time_in_stage=max(at - self.stage_entered_at, timedelta(0)),
            stage_key=stage.key,
            stage_index=stage_index,
            max_stage_index=max(stage_index, self.max_stage_index),
            stage_visits=stage_visits,
            stage_entered_at=at,
            probability=probability,
            **changes,
        )

    def _close(self, outcome: Outcome, event: Event, *, at: datetime, reason: str | None = None) -> Self:
        return self._record_movement(
            MovementKind(outcome.value),
            event,
            at=at,
            outcome=outcome,
            probability=Probability(10_000 if outcome is Outcome.WON else 0),
            closed_at=at,
            loss_reason=reason,
        )


def _allowed_stage_keys(funnel: Funnel, stage_index: int) -> tuple[str, ...]:
    last = len(funnel.stages) if funnel.allow_skip else stage_index + 2
    first = 0 if funnel.allow_return else stage_index
    return tuple(s.key for i, s in enumerate(funnel.stages) if first <= i < last and i != stage_index)

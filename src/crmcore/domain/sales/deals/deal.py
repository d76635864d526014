"""The deal: one possible sale, from the first request to won or lost.

Invariants:
    1. A deal has an outcome (open, won, lost) and a stage of its funnel.
    2. Stage, outcome, value, probability, owner and expected close change only with a movement, which forecasts read.
    3. A won deal has probability 100 %, a lost one 0 %.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self, Unpack

from crmcore.domain.customers.parts import ExternalId
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.entity import EntityMeta, Event, check_transition, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError, InvalidTransitionError, LossReasonRequiredError
from crmcore.domain.kernel.fields.composite import EMPTY_MAP, as_tuple
from crmcore.domain.kernel.ids import CustomerId, DealId, FunnelId, UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.sales.deals import events
from crmcore.domain.sales.deals.details import DealDetails, NewDealDetails
from crmcore.domain.sales.deals.movements import Movement, MovementKind
from crmcore.domain.sales.deals.parts import (
    OUTCOME_TRANSITIONS,
    Attachment,
    LineItem,
    NextStep,
    Outcome,
    Participant,
    Probability,
    ProbabilitySource,
    StageVisits,
    total_of,
)
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.stages import Stage, StageKind


@record
class Deal(DealDetails):
    """A possible sale: its fields and its life cycle.

    Attributes:
        stage_index: the index of its stage in the funnel; `max_stage_index` is the highest that it has reached.
        stage_visits: how often it has been in each stage.
        total: the sum of its lines, or its value if it has none. It is computed, and stored for reports.
        last_activity_at: the time of the last activity.
        movement_count: the number of movements.
        movements: those made since the record was loaded (log).
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "deal",
        "deals",
        unique_keys=(("external_id.system", "external_id.key"),),
        indexes=(
            ("customer_id",),
            ("owner_id", "outcome"),
            ("funnel_id", "outcome", "stage_index", "id"),
            ("funnel_id", "opened_at"),
            ("participants.participant_id",),
        ),
        child_tables={
            "lines": "deal_lines",
            "participants": "deal_participants",
            "attachments": "deal_attachments",
            "movements": "deal_movements",
        },
        log_field="movements",
    )

    id: DealId = fields.id_of("deal")
    title: str = fields.text(personal=True)
    customer_id: CustomerId = fields.id_of("customer")
    funnel_id: FunnelId = fields.id_of("funnel")
    stage_key: str = fields.text(personal=False, max_length=60)
    stage_index: int = fields.integer(default=0)
    max_stage_index: int = fields.integer(default=0)
    stage_visits: tuple[StageVisits, ...] = fields.embedded_list(StageVisits, default=())
    stage_entered_at: datetime = fields.timestamp()
    outcome: Outcome = fields.enum(Outcome, default=Outcome.OPEN)
    value: Money | None = fields.embedded(Money, optional=True, default=None)
    lines: tuple[LineItem, ...] = fields.embedded_list(LineItem, default=())
    total: Money | None = fields.computed(lambda deal: total_of(deal.lines, deal.value))
    probability: Probability = fields.embedded(Probability)
    expected_close: date | None = fields.date(optional=True, default=None)
    owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    source: str = fields.text(personal=False, default="", allow_blank=True)
    campaign: str = fields.text(personal=False, default="", allow_blank=True)
    external_id: ExternalId | None = fields.embedded(ExternalId, optional=True, default=None, personal=True)
    description: str = fields.text(personal=True, max_length=10_000, multiline=True, default="", allow_blank=True)
    participants: tuple[Participant, ...] = fields.embedded_list(Participant, default=())
    attachments: tuple[Attachment, ...] = fields.embedded_list(Attachment, default=())
    next_step: NextStep | None = fields.embedded(NextStep, optional=True, default=None)
    loss_reason: str | None = fields.text(personal=False, max_length=100, optional=True, default=None)
    tags: tuple[str, ...] = fields.text_list(personal=True, default=())
    custom: Mapping[str, Any] = fields.custom_fields(default=EMPTY_MAP)
    opened_at: datetime = fields.timestamp()
    closed_at: datetime | None = fields.timestamp(optional=True, default=None)
    last_activity_at: datetime = fields.timestamp()
    movement_count: int = fields.integer(default=0)
    movements: tuple[Movement, ...] = fields.log(Movement, default=())

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
        recorded_at: datetime | None = None,
        **details: Unpack[NewDealDetails],
    ) -> Self:
        """Open a deal in the first stage of its funnel, or in another open stage.

        Args:
            recorded_at: when the deal was recorded, if later than `at`.
            details: optional fields.

        Raises:
            InvalidChoiceError: the funnel has no such stage.
            BusinessRuleError: the stage wins. Open the deal in an open stage, then win it.
            InvalidInputError: a field has an invalid value, such as lines of two currencies.
        """
        initial_stage = funnel.first_stage if stage_key is None else funnel.stage(stage_key)
        if initial_stage.kind is StageKind.WON:
            raise BusinessRuleError(id, "initial_stage_is_won", "open it in an open stage, then win it")
        stage_index = funnel.stage_index(initial_stage.key)
        values: dict[str, Any] = {**details, "lines": as_tuple("deal.lines", details.get("lines", ()))}
        values["tags"] = as_tuple("deal.tags", details.get("tags", ()))
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
            probability=Probability(initial_stage.probability),
            opened_at=at,
            last_activity_at=at,
            movement_count=1,
            **values,
        )
        event = events.DealOpened(
            at=at,
            customer_id=deal.customer_id,
            funnel_id=funnel.id,
            stage_key=initial_stage.key,
            owner_id=deal.owner_id,
            source=deal.source,
            value=deal.total,
            recorded_at=None if recorded_at == at else recorded_at,
        )
        return deal._record(
            event, movements=(Movement.between(None, deal, MovementKind.OPENED, at=at, visit_number=1),)
        )

    def move(self, stage_key: str, funnel: Funnel, *, at: datetime) -> Self:
        """Move the deal to another stage of its funnel. A winning stage wins it.

        Raises:
            InvalidTransitionError: it is closed, or the funnel forbids the skip or return.
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
            allowed = funnel.reachable_stage_keys(self.stage_index)
            raise InvalidTransitionError(self.id, "stage_order", now=self.stage_key, to=stage_key, allowed=allowed)
        return self._enter_stage(stage, stage_index, MovementKind.MOVED, at=at)

    def win(self, funnel: Funnel, *, at: datetime) -> Self:
        """Win the deal, in the funnel's winning stage if it has one.

        Raises:
            InvalidTransitionError: it is closed.
        """
        check_transition(self.id, OUTCOME_TRANSITIONS, self.outcome, Outcome.WON)
        stage = funnel.winning_stage
        if stage is None:
            return self._close(Outcome.WON, events.DealWon(at=at, stage_key=self.stage_key, value=self.total), at=at)
        return self._enter_stage(stage, funnel.stage_index(stage.key), MovementKind.MOVED, at=at)

    def lose(self, reason: str, funnel: Funnel, *, at: datetime) -> Self:
        """Lose the deal, with a loss reason of the funnel, if it has any.

        Raises:
            InvalidTransitionError: it is closed.
            LossReasonRequiredError: the reason is not one of the funnel's.
        """
        check_transition(self.id, OUTCOME_TRANSITIONS, self.outcome, Outcome.LOST)
        if not reason or (funnel.loss_reasons and reason not in funnel.loss_reasons):
            raise LossReasonRequiredError(self.id, "loss_reason", allowed=funnel.loss_reasons)
        event = events.DealLost(at=at, stage_key=self.stage_key, reason=reason, value=self.total)
        return self._close(Outcome.LOST, event, at=at, reason=reason)

    def reopen(self, funnel: Funnel, *, at: datetime, stage_key: str | None = None) -> Self:
        """Reopen the deal in its stage, or in the last open stage.

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
        event = events.DealReopened(at=at, stage_key=target_stage.key)
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
        recorded: tuple[Event, ...] = (
            event or events.DealMoved(at=at, before=self.stage_key, after=stage.key, visit_number=visit_number),
        )
        probability = self.probability
        if is_won or probability.source is ProbabilitySource.STAGE or not self.is_open:
            probability = Probability(10_000 if is_won else stage.probability)
        if is_won:
            changes |= {"outcome": Outcome.WON, "closed_at": at}
            recorded = (*recorded, events.DealWon(at=at, stage_key=stage.key, value=self.total))
            kind = MovementKind.WON
        return self._record_movement(
            kind,
            *recorded,
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

    def _record_movement(
        self,
        kind: MovementKind,
        *recorded: Event,
        at: datetime,
        visit_number: int = 0,
        time_in_stage: timedelta | None = None,
        **changes: Any,
    ) -> Self:
        """Change the deal and log a movement with the values before and after."""
        after = self._record(*recorded, movement_count=self.movement_count + 1, last_activity_at=at, **changes)
        movement = Movement.between(self, after, kind, at=at, visit_number=visit_number, time_in_stage=time_in_stage)
        return copy_with(after, movements=(*self.movements, movement))

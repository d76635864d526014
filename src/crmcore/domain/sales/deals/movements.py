"""Movements: the history of a deal, for forecasts, funnels and audits."""

from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.ids import CustomerId, FunnelId, UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.sales.deals.parts import Outcome

if TYPE_CHECKING:
    from crmcore.domain.sales.deals.deal import Deal


class MovementKind(Enum):
    """What a movement changed."""

    OPENED = "opened"
    MOVED = "moved"
    WON = "won"
    LOST = "lost"
    REOPENED = "reopened"
    VALUE_CHANGED = "value_changed"
    PROBABILITY_CHANGED = "probability_changed"
    EXPECTED_CLOSE_CHANGED = "expected_close_changed"
    OWNER_CHANGED = "owner_changed"


@record
class Movement:
    """One change of a deal, with the values before and after.

    Attributes:
        number: its position in the deal's history, from 1.
        actor: who made it. The store sets it.
        stage_index: the position of the new stage, from 0.
        max_stage_index: the position of the furthest stage until then.
        visit_number: how often the deal had been in the stage by then; 0 when it did not enter one.
        time_in_stage: the time in the stage that it left.
        opened_at: when the deal was opened, for cohorts.
    """

    number: int = fields.integer(min=1)
    kind: MovementKind = fields.enum(MovementKind)
    at: datetime = fields.timestamp()
    actor: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)
    funnel_id: FunnelId = fields.id_of("funnel")
    customer_id: CustomerId = fields.id_of("customer")
    previous_stage_key: str | None = fields.text(personal=False, max_length=60, optional=True, default=None)
    new_stage_key: str = fields.text(personal=False, max_length=60)
    stage_index: int = fields.integer()
    max_stage_index: int = fields.integer()
    visit_number: int = fields.integer(default=0)
    time_in_stage: timedelta | None = fields.duration(optional=True, default=None)
    previous_outcome: Outcome | None = fields.enum(Outcome, optional=True, default=None)
    new_outcome: Outcome = fields.enum(Outcome)
    previous_value: Money | None = fields.embedded(Money, optional=True, default=None)
    new_value: Money | None = fields.embedded(Money, optional=True, default=None)
    previous_probability: int | None = fields.integer(max=10_000, optional=True, default=None)
    new_probability: int = fields.integer(max=10_000)
    previous_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    new_owner_id: UserId | None = fields.id_of("user", optional=True, default=None)
    previous_expected_close: date | None = fields.date(optional=True, default=None)
    new_expected_close: date | None = fields.date(optional=True, default=None)
    reason: str | None = fields.text(personal=False, max_length=100, optional=True, default=None)
    opened_at: datetime = fields.timestamp()

    @classmethod
    def between(
        cls,
        before: "Deal | None",
        after: "Deal",
        kind: MovementKind,
        *,
        at: datetime,
        visit_number: int = 0,
        time_in_stage: timedelta | None = None,
    ) -> "Movement":
        """Build the movement between two versions of a deal."""
        return cls(
            number=after.movement_count,
            kind=kind,
            at=at,
            funnel_id=after.funnel_id,
            customer_id=after.customer_id,
            previous_stage_key=before.stage_key if before else None,
            new_stage_key=after.stage_key,
            stage_index=after.stage_index,
            max_stage_index=after.max_stage_index,
            visit_number=visit_number,
            time_in_stage=time_in_stage,
            previous_outcome=before.outcome if before else None,
            new_outcome=after.outcome,
            previous_value=before.total if before else None,
            new_value=after.total,
            previous_probability=before.probability.basis_points if before else None,
            new_probability=after.probability.basis_points,
            previous_owner_id=before.owner_id if before else None,
            new_owner_id=after.owner_id,
            previous_expected_close=before.expected_close if before else None,
            new_expected_close=after.expected_close,
            reason=after.loss_reason,
            opened_at=after.opened_at,
        )

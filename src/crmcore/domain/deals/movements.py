"""The history of a deal, movement by movement: what a forecast, a funnel and an audit of any past day are read from."""

from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from crmcore.domain import fields
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.ids import CustomerId, FunnelId, UserId
from crmcore.domain.kernel import record
from crmcore.domain.values.money import Money

if TYPE_CHECKING:
    from crmcore.domain.deals.facts import DealFacts


class MovementKind(Enum):
    """What a movement changed."""

    OPENED = "opened"
    MOVED = "moved"
    WON = "won"
    LOST = "lost"
    REOPENED = "reopened"
    VALUED = "valued"
    REESTIMATED = "reestimated"
    RESCHEDULED = "rescheduled"
    HANDED_OVER = "handed_over"


@record
class Movement:
    """One line of a deal's history: everything that a forecast of a past day needs, before and after.

    Attributes:
        number: its place in the deal's history, from 1.
        actor: who made it; the store puts it there.
        place: the place of the stage after it, from 0.
        furthest: the place of the furthest stage that the deal had reached by then.
        visit: how often the deal had been in the stage by then; 0 when it did not enter one.
        stayed: how long it had been in the stage that it left.
        opened_at: when the deal was opened, so that a cohort can be read off the history alone.
    """

    number: int = fields.whole(least=1)
    kind: MovementKind = fields.one_of(MovementKind)
    at: datetime = fields.moment()
    actor: str = fields.text(personal=False, limit=100, default="", blank=True)
    funnel: FunnelId = fields.ref("funnel")
    customer: CustomerId = fields.ref("customer")
    stage_before: str | None = fields.text(personal=False, limit=60, optional=True, default=None)
    stage_after: str = fields.text(personal=False, limit=60)
    place: int = fields.whole()
    furthest: int = fields.whole()
    visit: int = fields.whole(default=0)
    stayed: timedelta | None = fields.span(optional=True, default=None)
    outcome_before: Outcome | None = fields.one_of(Outcome, optional=True, default=None)
    outcome_after: Outcome = fields.one_of(Outcome)
    value_before: Money | None = fields.part(Money, optional=True, default=None)
    value_after: Money | None = fields.part(Money, optional=True, default=None)
    probability_before: int | None = fields.whole(most=10_000, optional=True, default=None)
    probability_after: int = fields.whole(most=10_000)
    owner_before: UserId | None = fields.ref("user", optional=True, default=None)
    owner_after: UserId | None = fields.ref("user", optional=True, default=None)
    close_before: date | None = fields.day(optional=True, default=None)
    close_after: date | None = fields.day(optional=True, default=None)
    reason: str | None = fields.text(personal=False, limit=100, optional=True, default=None)
    opened_at: datetime = fields.moment()

    @classmethod
    def between(
        cls,
        before: "DealFacts | None",
        after: "DealFacts",
        kind: MovementKind,
        *,
        at: datetime,
        visit: int = 0,
        stayed: timedelta | None = None,
    ) -> "Movement":
        """Compare a deal with its next self."""
        return cls(
            number=after.moves,
            kind=kind,
            at=at,
            funnel=after.funnel,
            customer=after.customer,
            stage_before=before.stage if before else None,
            stage_after=after.stage,
            place=after.place,
            furthest=after.furthest,
            visit=visit,
            stayed=stayed,
            outcome_before=before.outcome if before else None,
            outcome_after=after.outcome,
            value_before=before.total if before else None,
            value_after=after.total,
            probability_before=before.probability.points if before else None,
            probability_after=after.probability.points,
            owner_before=before.owner if before else None,
            owner_after=after.owner,
            close_before=before.expected_close if before else None,
            close_after=after.expected_close,
            reason=after.loss_reason,
            opened_at=after.opened_at,
        )

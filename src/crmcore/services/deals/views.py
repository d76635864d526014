"""Looking at deals."""

from collections.abc import Sequence
from typing import Any

from crmcore.domain.criteria import All, Criterion, Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.gate import violations
from crmcore.domain.deals.movements import Movement
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.fields.part import checked_member
from crmcore.domain.fields.text import checked_text
from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import CustomerId, DealId, FunnelId, UserId, check_id
from crmcore.domain.requirements import Violation
from crmcore.services.deals.gates import evidence
from crmcore.services.house import House, view
from crmcore.services.unit import Unit, check_limit


class DealViews:
    """What can be read of deals."""

    __slots__ = ()

    house: House

    @view("deals.get")
    def get(self, unit: Unit, id: DealId, /) -> Deal:
        """Read a deal."""
        return unit.get(Deal, id)

    @view("deals.history")
    def history(self, unit: Unit, id: DealId, /) -> Sequence[Movement]:
        """Read everything that moved a deal, the oldest first."""
        return unit.entries(unit.get(Deal, id))

    @view("deals.missing")
    def missing(self, unit: Unit, id: DealId, /) -> Sequence[Violation]:
        """List what a deal lacks before it may go on; nothing when it may."""
        deal = unit.get(Deal, id)
        asked = unit.get(Funnel, deal.funnel).stage(deal.stage).to_leave
        return violations(asked, evidence(unit, deal, asked))

    @view("deals.list")
    def list(
        self,
        unit: Unit,
        /,
        *,
        funnel: FunnelId | None = None,
        customer: CustomerId | None = None,
        owner: UserId | None = None,
        stage: str | None = None,
        outcome: Outcome | str | None = None,
        after: Deal | None = None,
        limit: int = 100,
    ) -> Sequence[Deal]:
        """Read deals, a page at a time, the oldest first.

        Args:
            after: the last deal of the page before.
            limit: at most 1,000.
        """
        check_limit(limit)
        for prefix, given in (("funnel", funnel), ("customer", customer), ("user", owner)):
            if given is not None:
                check_id(prefix, given)
        claims: dict[str, Any] = {
            "funnel": funnel,
            "customer": customer,
            "owner": owner,
            "stage": None if stage is None else checked_text("stage", stage, limit=60),
            "outcome": None if outcome is None else checked_member("outcome", Outcome, outcome),
        }
        where: tuple[Criterion, ...] = tuple(Is(name, value) for name, value in claims.items() if value is not None)
        return unit.find(Deal, All(where), after=after, limit=limit)

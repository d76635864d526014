"""Queries on deals."""

from collections.abc import Sequence
from typing import Any

from crmcore.domain.kernel.criteria import And, Criterion, Eq
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import CustomerId, DealId, FunnelId, UserId, check_id
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.gate import unmet_requirements
from crmcore.domain.sales.deals.movements import Movement
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.requirements import UnmetRequirement
from crmcore.services.commands import query
from crmcore.services.environment import Environment
from crmcore.services.sales.deals.gates import collect_evidence
from crmcore.services.unit_of_work import UnitOfWork, check_limit


class DealQueries:
    """Queries on deals."""

    __slots__ = ()

    _environment: Environment

    @query("deals.get")
    def get(self, uow: UnitOfWork, deal_id: DealId, /) -> Deal:
        """Return a deal."""
        return uow.get(Deal, deal_id)

    @query("deals.history")
    def history(self, uow: UnitOfWork, deal_id: DealId, /) -> Sequence[Movement]:
        """List the movements of a deal, oldest first."""
        return uow.entries(uow.get(Deal, deal_id))

    @query("deals.unmet_requirements")
    def unmet_requirements(self, uow: UnitOfWork, deal_id: DealId, /) -> Sequence[UnmetRequirement]:
        """List the requirements that a deal does not meet to leave its stage."""
        deal = uow.get(Deal, deal_id)
        requirements = uow.get(Funnel, deal.funnel_id).stage(deal.stage_key).exit_criteria
        return unmet_requirements(requirements, collect_evidence(uow, deal, requirements))

    @query("deals.list")
    def list(
        self,
        uow: UnitOfWork,
        /,
        *,
        funnel_id: FunnelId | None = None,
        customer_id: CustomerId | None = None,
        owner_id: UserId | None = None,
        stage_key: str | None = None,
        outcome: Outcome | str | None = None,
        after: Deal | None = None,
        limit: int = 100,
    ) -> Sequence[Deal]:
        """List deals, oldest first.

        Args:
            after: the last deal of the previous page.
            limit: at most 1,000.
        """
        check_limit(limit)
        for prefix, given_id in (("funnel", funnel_id), ("customer", customer_id), ("user", owner_id)):
            if given_id is not None:
                check_id(prefix, given_id)
        conditions: dict[str, Any] = {
            "funnel_id": funnel_id,
            "customer_id": customer_id,
            "owner_id": owner_id,
            "stage_key": None if stage_key is None else checked_text("stage_key", stage_key, max_length=60),
            "outcome": None if outcome is None else checked_member("outcome", Outcome, outcome),
        }
        where: tuple[Criterion, ...] = tuple(Eq(name, value) for name, value in conditions.items() if value is not None)
        return uow.find(Deal, And(where), after=after, limit=limit)

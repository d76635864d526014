"""Stuck deals: deals that stay in a stage longer than its age limit."""

from collections.abc import Sequence

from crmcore.domain.kernel.criteria import Criterion, Eq
from crmcore.domain.kernel.ids import FunnelId, UserId, check_id
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.services.commands import query
from crmcore.services.environment import Environment
from crmcore.services.shared.business_hours import load_business_hours
from crmcore.services.shared.stuck_deals import stuck_condition
from crmcore.services.unit_of_work import UnitOfWork, check_limit


class StuckDeals:
    """The query for stuck deals."""

    __slots__ = ()

    _environment: Environment

    @query("deals.stuck")
    def stuck(
        self,
        uow: UnitOfWork,
        /,
        *,
        funnel_id: FunnelId | None = None,
        owner_id: UserId | None = None,
        after: Deal | None = None,
        limit: int = 100,
    ) -> Sequence[Deal]:
        """List the deals that exceed the age limit of their stage, oldest first.

        Args:
            funnel_id: the funnel; all funnels if omitted.
            after: the last deal of the previous page.
            limit: at most 1,000.

        Raises:
            NotFoundError: no such funnel.
        """
        check_limit(limit)
        funnels = uow.iterate(Funnel) if funnel_id is None else (uow.get(Funnel, funnel_id),)
        where: Criterion = stuck_condition(
            funnels, business_hours=load_business_hours(uow, self._environment), now=uow.now
        )
        if owner_id is not None:
            check_id("user", owner_id)
            where &= Eq("owner_id", owner_id)
        return uow.find(Deal, where, after=after, limit=limit)

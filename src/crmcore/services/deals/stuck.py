"""Deals that stay in a stage for longer than it allows."""

from collections.abc import Sequence

from crmcore.domain.criteria import Criterion, Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import FunnelId, UserId, check_id
from crmcore.services.house import House, view
from crmcore.services.steps.stuck import stuck
from crmcore.services.steps.worktime import house_time
from crmcore.services.unit import Unit, check_limit


class StuckDeals:
    """Deals that are stuck."""

    __slots__ = ()

    house: House

    @view("deals.stuck")
    def stuck(
        self,
        unit: Unit,
        /,
        *,
        funnel: FunnelId | None = None,
        owner: UserId | None = None,
        after: Deal | None = None,
        limit: int = 100,
    ) -> Sequence[Deal]:
        """Read the deals that have been in their stage for longer than it allows, a page at a time, the oldest first.

        Args:
            funnel: one funnel's; those of all when not given.
            after: the last deal of the page before.
            limit: at most 1,000.

        Raises:
            NotFound: no such funnel.
        """
        check_limit(limit)
        funnels = unit.every(Funnel) if funnel is None else (unit.get(Funnel, funnel),)
        where: Criterion = stuck(funnels, time=house_time(unit, self.house), now=unit.now)
        if owner is not None:
            check_id("user", owner)
            where &= Is("owner", owner)
        return unit.find(Deal, where, after=after, limit=limit)

"""Stuck deals: the criterion that corresponds to `Deal.is_stuck`."""

from collections.abc import Iterable
from datetime import datetime

from crmcore.domain.kernel.criteria import Compare, Criterion, Eq, In, Or
from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.domain.sales.funnels.aging import AgeFrom
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.stages import Stage


def stuck_condition(funnels: Iterable[Funnel], *, business_hours: BusinessHours, now: datetime) -> Criterion:
    """Build the criterion of deals that exceed the age limit of their stage.

    Args:
        business_hours: the company's business hours, for stages that count working days.
    """
    stages = {
        (funnel.id, stage_index): is_over_limit
        for funnel in funnels
        for stage_index, stage in enumerate(funnel.stages)
        if (is_over_limit := _over_age_limit(stage, business_hours, now)) is not None
    }
    # The shared part comes first, so that a database can use its index of open deals.
    is_open = In("funnel_id", tuple(dict.fromkeys(funnel_id for funnel_id, _ in stages))) & Eq("outcome", Outcome.OPEN)
    return is_open & Or(
        tuple(
            Eq("funnel_id", funnel_id) & Eq("stage_index", stage_index) & is_over_limit
            for (funnel_id, stage_index), is_over_limit in stages.items()
        )
    )


def _over_age_limit(stage: Stage, business_hours: BusinessHours, now: datetime) -> Criterion | None:
    aging = stage.age_policy
    cutoff = None if stage.age_limit is None else aging.cutoff(stage.age_limit, business_hours=business_hours, now=now)
    if cutoff is None:
        return None
    is_over_limit = Compare(
        "stage_entered_at" if aging.counts_from is AgeFrom.ENTERED else "last_activity_at", "<=", cutoff
    )
    return is_over_limit & ~Compare("next_step.due_at", ">=", now) if aging.paused_by_next_step else is_over_limit

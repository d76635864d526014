"""Which deals are stuck, as a criterion: so a store finds what `Deal.is_stuck` tells."""

from collections.abc import Iterable
from datetime import datetime

from crmcore.domain.aging import AgeFrom
from crmcore.domain.criteria import AnyOf, Compare, Criterion, Is, OneOf
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.funnels import Funnel, Stage
from crmcore.domain.worktime.time import WorkTime


def stuck(funnels: Iterable[Funnel], *, time: WorkTime, now: datetime) -> Criterion:
    """The claim that a deal has been in its stage for longer than the stage allows.

    Args:
        time: the house's working time, for stages that count working days.
    """
    stages = {
        (funnel.id, place): over
        for funnel in funnels
        for place, stage in enumerate(funnel.stages)
        if (over := _over(stage, time, now)) is not None
    }
    # What all of them share stands in front, so that a database can go by its index of open deals.
    open_there = OneOf("funnel", tuple(dict.fromkeys(id for id, _ in stages))) & Is("outcome", Outcome.OPEN)
    return open_there & AnyOf(
        tuple(Is("funnel", id) & Is("place", place) & over for (id, place), over in stages.items())
    )


def _over(stage: Stage, time: WorkTime, now: datetime) -> Criterion | None:
    aging = stage.aging
    cutoff = None if stage.age_limit is None else aging.cutoff(stage.age_limit, time=time, now=now)
    if cutoff is None:
        return None
    over = Compare("stage_since" if aging.counts_from is AgeFrom.ENTRY else "touched_at", "<=", cutoff)
    return over & ~Compare("next_step.due_at", ">=", now) if aging.held_by_next_step else over

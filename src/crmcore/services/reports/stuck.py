"""Stuck: which deals stay in a stage for longer than it allows, where, whose, and what is planned for them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import field

from crmcore.domain.criteria import Is, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import Outcome, StepState
from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import DealId, FunnelId, UserId
from crmcore.domain.kernel import record
from crmcore.domain.people import User
from crmcore.domain.values.money import Money
from crmcore.domain.worktime.time import WorkTime
from crmcore.services.pages.sheet import Bar, Chapter, Chart, Page, Table, Tone, Word
from crmcore.services.pages.shown import Shown
from crmcore.services.reports.figures import added, moneys, names, where
from crmcore.services.steps.stuck import stuck
from crmcore.services.tally import Tally
from crmcore.services.unit import Unit

SHOWN = 100
"""How many stuck deals a report names; the others are counted."""


@record
class StuckStage:
    """One stage that has an age limit.

    Attributes:
        limit: how long a deal may stay, counted as the stage says.
        open: how many open deals stand there; `stuck` of them for too long, which are worth `value`, by currency.
    """

    funnel: FunnelId
    key: str
    name: str
    limit: timedelta
    open: int
    stuck: int
    value: Sequence[Money] = field(converter=tuple)


@record
class StuckDeal:
    """One stuck deal.

    Attributes:
        age: how long it has been there, counted as its stage says.
        next_step: whether something is planned for it, and whether that is late.
    """

    deal: DealId
    title: str = field(repr=False)
    customer: str = field(repr=False)
    owner: UserId | None
    name: str = field(repr=False)
    stage: str
    since: datetime
    age: timedelta
    next_step: StepState


@record
class StuckReport(Shown):
    """What is stuck now.

    Attributes:
        count: of all stuck deals, which are worth `value`, by currency.
        people: how many each owner has, whoever has most first; nobody's are counted under None.
        deals: the hundred oldest of them.
    """

    at: datetime
    count: int
    value: Sequence[Money] = field(converter=tuple)
    stages: Sequence[StuckStage] = field(converter=tuple)
    people: Sequence[tuple[UserId | None, int]] = field(converter=tuple)
    deals: Sequence[StuckDeal] = field(converter=tuple)

    def page(self) -> Page:
        """Lay it out."""
        return Page(title=Word("stuck"), subtitle=self.at, chapters=(self.chapter(),))

    def chapter(self) -> Chapter:
        """Lay it out as a part of a page: how many deals are stuck in each stage, and which."""
        legend = ((Word("open"), Tone.OPEN), (Word("stuck"), Tone.BAD))
        bars = [Bar(stage.name, (stage.open - stage.stuck, stage.stuck)) for stage in self.stages]
        stages = [(s.name, s.limit, s.open, s.stuck, tuple(s.value)) for s in self.stages]
        deals = [
            (d.title, d.customer, d.name or Word("nobody"), d.stage, d.age, Word(f"step_{d.next_step.value}"))
            for d in self.deals
        ]
        return Chapter(
            title=Word("stuck"),
            facts=((Word("stuck"), self.count), (Word("amount"), tuple(self.value))),
            charts=(Chart(Word("stage"), legend, bars),),
            tables=[
                Table(heads=[*map(Word, ("stage", "age_limit", "open", "stuck", "amount"))], rows=stages),
                Table(heads=[*map(Word, ("deal", "customer", "person", "stage", "age", "next_step"))], rows=deals),
            ],
        )


def stuck_report(unit: Unit, funnels: Sequence[Funnel], time: WorkTime) -> StuckReport:
    """Count what is stuck in some funnels.

    Args:
        time: the house's working time, for stages that count working days.
    """
    seen, mine = unit.visible(Deal), stuck(funnels, time=time, now=unit.now)
    drawn = {funnel.id: funnel for funnel in funnels}
    going = where(seen, OneOf("funnel", tuple(drawn)), Is("outcome", Outcome.OPEN))
    there = unit.ask(Tally(kind=Deal, where=going, by=("funnel", "place")))
    by = ("funnel", "place", "owner", "total.currency")
    over = unit.ask(Tally(kind=Deal, where=where(seen, mine), by=by, sums=("total.minor",)))
    people: Counter[UserId | None] = Counter()
    for line in over:
        people[line[2]] += line[4]
    stages = [
        StuckStage(
            funnel=funnel.id,
            key=stage.key,
            name=stage.name,
            limit=stage.age_limit,
            open=added([line for line in there if line[:2] == (funnel.id, place)], 2),
            stuck=added([line for line in over if line[:2] == (funnel.id, place)], 4),
            value=moneys((line[3], line[5]) for line in over if line[:2] == (funnel.id, place)),
        )
        for funnel in funnels
        for place, stage in enumerate(funnel.stages)
        if stage.age_limit is not None
    ]
    return StuckReport(
        at=unit.now,
        count=added(over, 4),
        value=moneys((line[3], line[5]) for line in over),
        stages=stages,
        people=sorted(people.items(), key=lambda item: (-item[1], item[0] or "")),
        deals=_deals(unit, unit.find(Deal, mine, limit=SHOWN), drawn, time),
    )


def _deals(unit: Unit, deals: Sequence[Deal], drawn: dict[FunnelId, Funnel], time: WorkTime) -> list[StuckDeal]:
    customers = names(unit, Customer, {deal.customer for deal in deals})
    users = names(unit, User, {deal.owner for deal in deals})
    lines = []
    for deal in deals:
        stage = drawn[deal.funnel].stage(deal.stage)
        since = deal.ages_since(stage.aging)
        lines.append(
            StuckDeal(
                deal=deal.id,
                title=deal.title,
                customer=customers.get(deal.customer, ""),
                owner=deal.owner,
                name=users.get(deal.owner, ""),
                stage=stage.name,
                since=since,
                age=stage.aging.age(since, time=time, now=unit.now),
                next_step=deal.step_of(unit.now),
            )
        )
    return lines

"""The funnel: how far deals came, where they were lost, and why.

Every deal is counted once in each stage that it reached or leapt over, however often it came back, and lost where it had come furthest.
So the losses and what is still open explain the step from each stage to the next to the last deal.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import field

from crmcore.domain.criteria import Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.funnels import Funnel
from crmcore.domain.kernel import record
from crmcore.domain.values.money import Money
from crmcore.services.pages.sheet import Bar, Chapter, Chart, Named, Page, Share, Table, Tone, Word
from crmcore.services.pages.shown import Shown
from crmcore.services.reports.figures import added, moneys, share, where, within
from crmcore.services.tally import Tally
from crmcore.services.unit import Unit


@record
class StageLine:
    """One stage of a funnel.

    Attributes:
        reached: deals that came this far, those included that leapt over the stage.
        conversion: what share of those that had reached the stage before came here, in hundredths of a percent.
        lost: deals that were lost having come this far and no further.
        open: deals that have come this far and are still open.
        reasons: why they were lost, the most frequent first.
        visits: how often a deal entered the stage.
        returns: how often it was not for the first time.
        value: what the open deals are worth, by currency.
    """

    key: str
    name: str
    reached: int
    conversion: int
    lost: int
    open: int
    reasons: Mapping[str, int] = field(factory=dict)
    visits: int = 0
    returns: int = 0
    value: Sequence[Money] = field(default=(), converter=tuple)


@record
class FunnelReport(Shown):
    """How a funnel did with the deals that were opened in a period.

    Attributes:
        conversion: what share of all deals was won, in hundredths of a percent.
        revenue: what the won deals were worth, by currency.
        reasons: why deals were lost, in all stages.
    """

    name: str
    since: datetime | None
    until: datetime | None
    stages: Sequence[StageLine] = field(converter=tuple)
    opened: int
    won: int
    lost: int
    open: int
    conversion: int
    revenue: Sequence[Money] = field(converter=tuple)
    reasons: Mapping[str, int]

    def page(self) -> Page:
        """Lay it out: the stages as bars of who went on, who stays and who was lost, and the reasons."""
        return Page(title=Word("funnel"), chapters=(self.chapter(),))

    def chapter(self) -> Chapter:
        """Lay it out as a part of a page."""
        legend = ((Word("moved_on"), Tone.GOOD), (Word("open"), Tone.OPEN), (Word("lost"), Tone.BAD))
        stages = [Bar(s.name, (s.reached - s.open - s.lost, s.open, s.lost), s.reached) for s in self.stages]
        reasons = [Bar(reason or Word("unknown"), (lost,)) for reason, lost in self.reasons.items()]
        return Chapter(
            title=Named(Word("funnel"), self.name),
            facts=(
                (Word("opened"), self.opened),
                (Word("won"), self.won),
                (Word("lost"), self.lost),
                (Word("open"), self.open),
                (Word("conversion"), Share(self.conversion)),
                (Word("revenue"), tuple(self.revenue)),
            ),
            charts=(
                Chart(Word("stage"), legend, stages),
                Chart(Word("reasons"), ((Word("lost"), Tone.BAD),), reasons),
            ),
            tables=(
                Table(
                    heads=[Word(head) for head in ("stage", "reached", "conversion", "lost", "open", "amount")],
                    rows=[
                        (s.name, s.reached, Share(s.conversion), s.lost, s.open, tuple(s.value)) for s in self.stages
                    ],
                ),
                Table(
                    heads=[Word(head) for head in ("stage", "reasons", "lost")],
                    rows=[
                        (s.name, reason or Word("unknown"), n) for s in self.stages for reason, n in s.reasons.items()
                    ],
                ),
            ),
        )


def funnel_report(unit: Unit, funnel: Funnel, *, since: datetime | None, until: datetime | None) -> FunnelReport:
    """Count a funnel."""
    period = within("opened_at", since, until)
    mine = where(unit.visible(Deal), Is("funnel", funnel.id), period)
    money = ("total.currency",)
    deals = unit.ask(Tally(kind=Deal, where=mine, by=("furthest", "outcome", *money), sums=("total.minor",)))
    lost_for = unit.ask(Tally(kind=Deal, where=mine, by=("furthest", "outcome", "loss_reason")))
    entered = unit.ask(
        Tally(kind=Deal, where=mine, entries=True, among=where(Is("funnel", funnel.id)), by=("stage_after", "visit"))
    )

    def count(outcome: Outcome, *, at: int | None = None) -> int:
        return added([d for d in deals if d[1] is outcome and at in {None, d[0]}], 3)

    def reasons(*, at: int | None = None) -> dict[str, int]:
        named: dict[str, int] = {}
        for furthest, outcome, reason, lost in lost_for:
            if outcome is Outcome.LOST and at in {None, furthest}:
                named[reason or ""] = named.get(reason or "", 0) + lost
        return dict(sorted(named.items(), key=lambda item: (-item[1], item[0])))

    stages: list[StageLine] = []
    for place, stage in enumerate(funnel.stages):
        reached = added([d for d in deals if d[0] >= place], 3)
        before = stages[-1].reached if stages else reached
        visits = [(visit, times) for key, visit, times in entered if key == stage.key and visit]
        stages.append(
            StageLine(
                key=stage.key,
                name=stage.name,
                reached=reached,
                conversion=share(reached, before),
                lost=count(Outcome.LOST, at=place),
                open=count(Outcome.OPEN, at=place),
                reasons=reasons(at=place),
                visits=added(visits, 1),
                returns=added([v for v in visits if v[0] > 1], 1),
                value=moneys((d[2], d[4]) for d in deals if d[0] == place and d[1] is Outcome.OPEN),
            )
        )
    opened, won = added(deals, 3), count(Outcome.WON)
    return FunnelReport(
        name=funnel.name,
        since=since,
        until=until,
        stages=stages,
        opened=opened,
        won=won,
        lost=count(Outcome.LOST),
        open=count(Outcome.OPEN),
        conversion=share(won, opened),
        revenue=moneys((d[2], d[4]) for d in deals if d[1] is Outcome.WON),
        reasons=reasons(),
    )

"""Funnel report: stages reached, conversion, losses and their reasons.

Each deal counts once in every stage that it reached or skipped, and as lost in the furthest of them. So losses and open deals account for
every difference between a stage and the next one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import field

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.ports.grouped_counts import GroupedCount
from crmcore.presentation.model import Bar, Chart, LabelledName, Page, Percentage, Section, Table, TextKey, Tone
from crmcore.presentation.renderable import Renderable
from crmcore.services.reports.figures import all_of, in_period, percentage, sum_by_currency, sum_column
from crmcore.services.unit_of_work import UnitOfWork


@record
class StageRow:
    """One stage of a funnel.

    Attributes:
        reached: the deals that reached or skipped the stage.
        conversion: the part of the deals of the previous stage that reached this one, in hundredths of a percent.
        lost: the lost deals whose furthest stage is this one.
        open: the open deals whose furthest stage is this one.
        reasons: the loss reasons, most frequent first.
        visits: the number of times that deals entered the stage.
        returns: the number of repeated entries.
        value: the value of the open deals, by currency.
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
class FunnelReport(Renderable):
    """The results of a funnel for the deals opened in a period.

    Attributes:
        conversion: the part of all deals that was won, in hundredths of a percent.
        revenue: the value of the won deals, by currency.
        reasons: the loss reasons in all stages.
    """

    name: str
    since: datetime | None
    until: datetime | None
    stages: Sequence[StageRow] = field(converter=tuple)
    opened: int
    won: int
    lost: int
    open: int
    conversion: int
    revenue: Sequence[Money] = field(converter=tuple)
    reasons: Mapping[str, int]

    def page(self) -> Page:
        """Return the report as a page."""
        return Page(title=TextKey("funnel"), sections=(self.section(),))

    def section(self) -> Section:
        """Lay it out as a part of a page."""
        legend = ((TextKey("moved_on"), Tone.GOOD), (TextKey("open"), Tone.OPEN), (TextKey("lost"), Tone.BAD))
        stages = [
            Bar(stage.name, (stage.reached - stage.open - stage.lost, stage.open, stage.lost), stage.reached)
            for stage in self.stages
        ]
        reasons = [Bar(reason or TextKey("unknown"), (lost,)) for reason, lost in self.reasons.items()]
        return Section(
            title=LabelledName(TextKey("funnel"), self.name),
            key_figures=(
                (TextKey("opened"), self.opened),
                (TextKey("won"), self.won),
                (TextKey("lost"), self.lost),
                (TextKey("open"), self.open),
                (TextKey("conversion"), Percentage(self.conversion)),
                (TextKey("revenue"), tuple(self.revenue)),
            ),
            charts=(
                Chart(TextKey("stage"), legend, stages),
                Chart(TextKey("reasons"), ((TextKey("lost"), Tone.BAD),), reasons),
            ),
            tables=(
                Table(
                    headings=[
                        TextKey(heading) for heading in ("stage", "reached", "conversion", "lost", "open", "amount")
                    ],
                    rows=[
                        (
                            stage.name,
                            stage.reached,
                            Percentage(stage.conversion),
                            stage.lost,
                            stage.open,
                            tuple(stage.value),
                        )
                        for stage in self.stages
                    ],
                ),
                Table(
                    headings=[TextKey(heading) for heading in ("stage", "reasons", "lost")],
                    rows=[
                        (stage.name, reason or TextKey("unknown"), count)
                        for stage in self.stages
                        for reason, count in stage.reasons.items()
                    ],
                ),
            ),
        )


def funnel_report(uow: UnitOfWork, funnel: Funnel, *, since: datetime | None, until: datetime | None) -> FunnelReport:
    """Compute the funnel report."""
    period = in_period("opened_at", since, until)
    in_scope = all_of(uow.visibility_filter(Deal), Eq("funnel_id", funnel.id), period)
    money = ("total.currency",)
    deal_rows = uow.execute_query(
        GroupedCount(
            entity_type=Deal, where=in_scope, group_by=("max_stage_index", "outcome", *money), sum_of=("total.minor",)
        )
    )
    loss_rows = uow.execute_query(
        GroupedCount(entity_type=Deal, where=in_scope, group_by=("max_stage_index", "outcome", "loss_reason"))
    )
    entry_rows = uow.execute_query(
        GroupedCount(
            entity_type=Deal,
            where=in_scope,
            over_entries=True,
            entry_filter=all_of(Eq("funnel_id", funnel.id)),
            group_by=("new_stage_key", "visit_number"),
        )
    )

    def count(outcome: Outcome, *, only_stage: int | None = None) -> int:
        return sum_column(
            [deal_row for deal_row in deal_rows if deal_row[1] is outcome and only_stage in {None, deal_row[0]}], 3
        )

    def reasons(*, only_stage: int | None = None) -> dict[str, int]:
        by_reason: dict[str, int] = {}
        for max_stage_index, outcome, reason, lost in loss_rows:
            if outcome is Outcome.LOST and only_stage in {None, max_stage_index}:
                by_reason[reason or ""] = by_reason.get(reason or "", 0) + lost
        return dict(sorted(by_reason.items(), key=lambda item: (-item[1], item[0])))

    stages: list[StageRow] = []
    for stage_index, stage in enumerate(funnel.stages):
        reached = sum_column([deal_row for deal_row in deal_rows if deal_row[0] >= stage_index], 3)
        previous = stages[-1].reached if stages else reached
        visits = [(visit, times) for key, visit, times in entry_rows if key == stage.key and visit]
        stages.append(
            StageRow(
                key=stage.key,
                name=stage.name,
                reached=reached,
                conversion=percentage(reached, previous),
                lost=count(Outcome.LOST, only_stage=stage_index),
                open=count(Outcome.OPEN, only_stage=stage_index),
                reasons=reasons(only_stage=stage_index),
                visits=sum_column(visits, 1),
                returns=sum_column([visit_row for visit_row in visits if visit_row[0] > 1], 1),
                value=sum_by_currency(
                    (deal_row[2], deal_row[4])
                    for deal_row in deal_rows
                    if deal_row[0] == stage_index and deal_row[1] is Outcome.OPEN
                ),
            )
        )
    opened, won = sum_column(deal_rows, 3), count(Outcome.WON)
    return FunnelReport(
        name=funnel.name,
        since=since,
        until=until,
        stages=stages,
        opened=opened,
        won=won,
        lost=count(Outcome.LOST),
        open=count(Outcome.OPEN),
        conversion=percentage(won, opened),
        revenue=sum_by_currency((deal_row[2], deal_row[4]) for deal_row in deal_rows if deal_row[1] is Outcome.WON),
        reasons=reasons(),
    )

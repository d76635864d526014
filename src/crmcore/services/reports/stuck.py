"""Stuck deals report: deals that exceed the age limit of their stage."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import field

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Eq, In
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.ids import DealId, FunnelId, UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import NextStepState, Outcome
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.ports.grouped_counts import GroupedCount
from crmcore.presentation.model import Bar, Chart, Page, Section, Table, TextKey, Tone
from crmcore.presentation.renderable import Renderable
from crmcore.services.reports.figures import all_of, names_by_id, sum_by_currency, sum_column
from crmcore.services.shared.stuck_deals import stuck_condition
from crmcore.services.unit_of_work import UnitOfWork

MAX_ROWS = 100
"""Maximum number of stuck deals that the report lists."""


@record
class StuckStage:
    """One stage with an age limit.

    Attributes:
        age_limit: the longest allowed time in the stage, counted by its age policy.
        open_count: the number of open deals, of which `stuck_count` are stuck; `value` is the value of those, by currency.
    """

    funnel_id: FunnelId
    key: str
    name: str
    age_limit: timedelta
    open_count: int
    stuck_count: int
    value: Sequence[Money] = field(converter=tuple)


@record
class StuckDeal:
    """One stuck deal.

    Attributes:
        age: the time in the stage, counted by its age policy.
        next_step_state: whether a next step is planned, and whether it is overdue.
    """

    deal_id: DealId
    title: str = field(repr=False)
    customer_name: str = field(repr=False)
    owner_id: UserId | None
    owner_name: str = field(repr=False)
    stage_name: str
    since: datetime
    age: timedelta
    next_step_state: NextStepState


@record
class StuckReport(Renderable):
    """The stuck deals now.

    Attributes:
        count: the number of stuck deals; `value` is their value, by currency.
        owners: the number of stuck deals by owner, highest first; None counts deals without an owner.
        deals: the 100 oldest stuck deals.
    """

    at: datetime
    count: int
    value: Sequence[Money] = field(converter=tuple)
    stages: Sequence[StuckStage] = field(converter=tuple)
    owners: Sequence[tuple[UserId | None, int]] = field(converter=tuple)
    deals: Sequence[StuckDeal] = field(converter=tuple)

    def page(self) -> Page:
        """Return the report as a page."""
        return Page(title=TextKey("stuck"), subtitle=self.at, sections=(self.section(),))

    def section(self) -> Section:
        """Return the report as a section: stuck deals by stage."""
        legend = ((TextKey("open"), Tone.OPEN), (TextKey("stuck"), Tone.BAD))
        bars = [Bar(stage.name, (stage.open_count - stage.stuck_count, stage.stuck_count)) for stage in self.stages]
        stages = [
            (stage.name, stage.age_limit, stage.open_count, stage.stuck_count, tuple(stage.value))
            for stage in self.stages
        ]
        deals = [
            (
                deal.title,
                deal.customer_name,
                deal.owner_name or TextKey("unassigned"),
                deal.stage_name,
                deal.age,
                TextKey(f"step_{deal.next_step_state.value}"),
            )
            for deal in self.deals
        ]
        return Section(
            title=TextKey("stuck"),
            key_figures=((TextKey("stuck"), self.count), (TextKey("amount"), tuple(self.value))),
            charts=(Chart(TextKey("stage"), legend, bars),),
            tables=[
                Table(headings=[*map(TextKey, ("stage", "age_limit", "open", "stuck", "amount"))], rows=stages),
                Table(
                    headings=[*map(TextKey, ("deal", "customer", "person", "stage", "age", "next_step"))], rows=deals
                ),
            ],
        )


def stuck_report(uow: UnitOfWork, funnels: Sequence[Funnel], business_hours: BusinessHours) -> StuckReport:
    """Compute the stuck deals report.

    Args:
        business_hours: the business hours for stages that count working days.
    """
    visibility, is_stuck = (
        uow.visibility_filter(Deal),
        stuck_condition(funnels, business_hours=business_hours, now=uow.now),
    )
    funnels_by_id = {funnel.id: funnel for funnel in funnels}
    is_open = all_of(visibility, In("funnel_id", tuple(funnels_by_id)), Eq("outcome", Outcome.OPEN))
    open_rows = uow.execute_query(GroupedCount(entity_type=Deal, where=is_open, group_by=("funnel_id", "stage_index")))
    group_by = ("funnel_id", "stage_index", "owner_id", "total.currency")
    stuck_rows = uow.execute_query(
        GroupedCount(entity_type=Deal, where=all_of(visibility, is_stuck), group_by=group_by, sum_of=("total.minor",))
    )
    counts_by_owner: Counter[UserId | None] = Counter()
    for row in stuck_rows:
        counts_by_owner[row[2]] += row[4]
    stages = [
        StuckStage(
            funnel_id=funnel.id,
            key=stage.key,
            name=stage.name,
            age_limit=stage.age_limit,
            open_count=sum_column([row for row in open_rows if row[:2] == (funnel.id, stage_index)], 2),
            stuck_count=sum_column([row for row in stuck_rows if row[:2] == (funnel.id, stage_index)], 4),
            value=sum_by_currency((row[3], row[5]) for row in stuck_rows if row[:2] == (funnel.id, stage_index)),
        )
        for funnel in funnels
        for stage_index, stage in enumerate(funnel.stages)
        if stage.age_limit is not None
    ]
    return StuckReport(
        at=uow.now,
        count=sum_column(stuck_rows, 4),
        value=sum_by_currency((row[3], row[5]) for row in stuck_rows),
        stages=stages,
        owners=sorted(counts_by_owner.items(), key=lambda item: (-item[1], item[0] or "")),
        deals=_stuck_deals(uow, uow.find(Deal, is_stuck, limit=MAX_ROWS), funnels_by_id, business_hours),
    )


def _stuck_deals(
    uow: UnitOfWork, deals: Sequence[Deal], funnels_by_id: dict[FunnelId, Funnel], business_hours: BusinessHours
) -> list[StuckDeal]:
    customers = names_by_id(uow, Customer, {deal.customer_id for deal in deals})
    users = names_by_id(uow, User, {deal.owner_id for deal in deals})
    rows = []
    for deal in deals:
        stage = funnels_by_id[deal.funnel_id].stage(deal.stage_key)
        since = deal.age_started_at(stage.age_policy)
        rows.append(
            StuckDeal(
                deal_id=deal.id,
                title=deal.title,
                customer_name=customers.get(deal.customer_id, ""),
                owner_id=deal.owner_id,
                owner_name=users.get(deal.owner_id, ""),
                stage_name=stage.name,
                since=since,
                age=stage.age_policy.age(since, business_hours=business_hours, now=uow.now),
                next_step_state=deal.next_step_state(uow.now),
            )
        )
    return rows

"""Sources report: leads, won deals, customers and revenue by source."""

from collections.abc import Sequence
from datetime import datetime

from attrs import field

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.ids import FunnelId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.ports.grouped_counts import GroupedCount
from crmcore.presentation.model import Bar, Chart, Page, Percentage, Section, Table, TextKey, Tone
from crmcore.presentation.renderable import Renderable
from crmcore.services.reports.figures import all_of, in_period, percentage, sum_by_currency, sum_column
from crmcore.services.unit_of_work import UnitOfWork


@record
class SourceRow:
    """One source.

    Attributes:
        source: the source as captured; empty if unknown.
        requests: the deals of the source.
        won: the won deals of the source.
        customers: the number of distinct customers with a won deal.
        conversion: the part of the deals that was won, in hundredths of a percent.
        revenue: the value of the won deals, by currency.
    """

    source: str
    requests: int
    won: int
    customers: int
    conversion: int
    revenue: Sequence[Money] = field(converter=tuple)

    @property
    def name(self) -> str | TextKey:
        """The source, or the label for unknown sources."""
        return self.source or TextKey("unknown")


class SourcesReport(Renderable, tuple[SourceRow, ...]):
    """All sources, by number of customers."""

    __slots__ = ()

    def page(self) -> Page:
        """Return the report as a page."""
        return Page(title=TextKey("sources"), sections=(self.section(),))

    def section(self) -> Section:
        """Return the report as a section: leads and won deals by source."""
        legend = ((TextKey("won"), Tone.GOOD), (TextKey("not_yet"), Tone.PLAIN))
        return Section(
            title=TextKey("sources"),
            charts=(
                Chart(TextKey("leads"), legend, [Bar(row.name, (row.won, row.requests - row.won)) for row in self]),
            ),
            tables=[
                Table(
                    headings=[
                        TextKey(heading) for heading in ("source", "leads", "won", "customers", "conversion", "revenue")
                    ],
                    rows=[
                        (row.name, row.requests, row.won, row.customers, Percentage(row.conversion), tuple(row.revenue))
                        for row in self
                    ],
                )
            ],
        )


def sources_report(
    uow: UnitOfWork, *, funnel_id: FunnelId | None, since: datetime | None, until: datetime | None
) -> SourcesReport:
    """Compute the sources report, ordered by customers, then by leads."""
    in_scope = all_of(uow.visibility_filter(Deal), in_period("opened_at", since, until), funnel_id=funnel_id)
    deal_rows = uow.execute_query(
        GroupedCount(
            entity_type=Deal, where=in_scope, group_by=("source", "outcome", "total.currency"), sum_of=("total.minor",)
        )
    )
    customer_counts = uow.execute_query(
        GroupedCount(
            entity_type=Deal,
            where=all_of(in_scope, Eq("outcome", Outcome.WON)),
            group_by=("source",),
            count_distinct="customer_id",
        )
    )
    customers = {source: distinct_count for source, _, distinct_count in customer_counts}
    rows = []
    for source in {row[0] for row in deal_rows}:
        own_rows = [row for row in deal_rows if row[0] == source]
        won_rows = [row for row in own_rows if row[1] is Outcome.WON]
        requests = sum_column(own_rows, 3)
        rows.append(
            SourceRow(
                source=source,
                requests=requests,
                won=sum_column(won_rows, 3),
                customers=customers.get(source, 0),
                conversion=percentage(sum_column(won_rows, 3), requests),
                revenue=sum_by_currency((row[2], row[4]) for row in won_rows),
            )
        )
    return SourcesReport(sorted(rows, key=lambda row: (-row.customers, -row.requests, row.source)))

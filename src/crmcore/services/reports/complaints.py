"""Complaints report: counts, response times, costs, and the backlog.

The period selects complaints by the time of their receipt. Times are business hours of the complaints that were answered or resolved.
The median is the smallest time that half of them do not exceed; the ninetieth percentile likewise. Both are exact on every store.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import field

from crmcore.domain.kernel.criteria import And, Compare, Criterion, Eq, In
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.ids import UserId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.organization.users import User
from crmcore.domain.service.cases.case import SlaResult
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.domain.service.cases.complaint_lifecycle import ComplaintState
from crmcore.ports.grouped_counts import GroupedCount, Row
from crmcore.presentation.model import Bar, Cell, Chart, Page, Percentage, Section, Table, TextKey, Tone
from crmcore.presentation.renderable import Renderable
from crmcore.services.reports.figures import all_of, in_period, percentage, sum_by_currency, sum_column
from crmcore.services.shared.case_ownership import open_states
from crmcore.services.unit_of_work import UnitOfWork

AGE_LIMITS: Final = tuple(timedelta(hours=8 * days) for days in (1, 3, 5, 10))
"""Limits of the age groups of the backlog in business hours: 1, 3, 5, 10 days."""
_GROUP_FIELDS: Final = ("type", "owner_id")


@record
class ComplaintRow:
    """One group of complaints.

    Attributes:
        name: the type or the owner; empty for all complaints.
        open: the complaints without an outcome now.
        in_time: the complaints resolved within the SLA; `overdue_count` counts the others.
        in_time_percentage: the part of resolved complaints that were in time, in hundredths of a percent.
        response_time: the median and the ninetieth percentile of the first response time; `resolution_time` likewise.
        reopened: the complaints that were reopened at least once.
        repeats: the complaints of customers that complained about the same type before.
        cost: the cost of compensations, by currency.
        rating_totals: the number of ratings, and their sum; a rating is from 1 to 5.
    """

    name: str
    received: int
    open: int
    in_time: int
    overdue_count: int
    in_time_percentage: int
    response_time: tuple[timedelta, timedelta] | None
    resolution_time: tuple[timedelta, timedelta] | None
    reopened: int
    repeats: int
    cost: Sequence[Money] = field(converter=tuple)
    rating_totals: tuple[int, int]

    @property
    def satisfaction(self) -> int | None:
        """The mean rating in hundredths of a point; None without ratings."""
        customers, points = self.rating_totals
        return (200 * points + customers) // (2 * customers) if customers else None


@record
class ComplaintsReport(Renderable):
    """The complaints of a period, and the backlog.

    Attributes:
        types: counts by type, most frequent first; `owners` likewise.
        products: costs by product; `causes` likewise.
        backlog: the number of open complaints by age: up to each of `AGE_LIMITS`, and older.
        overdue: the number of open complaints whose deadline has passed.
    """

    since: datetime | None
    until: datetime | None
    total: ComplaintRow
    types: Sequence[ComplaintRow] = field(converter=tuple)
    owners: Sequence[ComplaintRow] = field(converter=tuple)
    products: Mapping[str, Sequence[Money]]
    causes: Mapping[str, Sequence[Money]]
    backlog: Sequence[int] = field(converter=tuple)
    overdue: int

    def page(self) -> Page:
        """Return the report as a page."""
        return Page(title=TextKey("complaints"), sections=(self.section(),))

    def section(self) -> Section:
        """Return the report as a section of a page."""
        legend = ((TextKey("in_time"), Tone.GOOD), (TextKey("open"), Tone.OPEN), (TextKey("late"), Tone.BAD))
        charts = [
            Chart(TextKey(heading), legend, [Bar(row.name, (row.in_time, row.open, row.overdue_count)) for row in rows])
            for heading, rows in (("type", self.types), ("person", self.owners))
        ]
        ages = [*(Bar(age, (waiting,)) for age, waiting in zip(AGE_LIMITS, self.backlog, strict=False))]
        beyond = Bar(TextKey("older"), (self.backlog[-1],))
        headings = (
            "received",
            "open",
            "in_time",
            "late",
            "kept",
            "response",
            "resolution",
            "reopened",
            "repeats",
            "cost",
            "rating",
        )
        costs = (("product", self.products), ("cause", self.causes))
        return Section(
            title=TextKey("complaints"),
            key_figures=(
                (TextKey("received"), self.total.received),
                (TextKey("overdue"), self.overdue),
                (TextKey("kept"), Percentage(self.total.in_time_percentage)),
            ),
            charts=[*charts, Chart(TextKey("age"), ((TextKey("open"), Tone.OPEN),), [*ages, beyond])],
            tables=[
                *(
                    Table(headings=[TextKey(heading), *map(TextKey, headings)], rows=[_cells(row) for row in rows])
                    for heading, rows in (("type", (*self.types, self.total)), ("person", self.owners))
                ),
                *(
                    Table(
                        headings=[TextKey(heading), TextKey("cost")],
                        rows=[(label, tuple(cost)) for label, cost in sums.items()],
                    )
                    for heading, sums in costs
                ),
            ],
        )


def _cells(row: ComplaintRow) -> tuple[Cell, ...]:
    points = row.satisfaction
    return (
        row.name or TextKey("total"),
        row.received,
        row.open,
        row.in_time,
        row.overdue_count,
        Percentage(row.in_time_percentage),
        row.response_time,
        row.resolution_time,
        row.reopened,
        row.repeats,
        tuple(row.cost),
        None if points is None else f"{points // 100}.{points % 100:02}",
    )


def complaints_report(
    uow: UnitOfWork, business_hours: BusinessHours, *, since: datetime | None, until: datetime | None
) -> ComplaintsReport:
    """Compute the complaints report.

    Args:
        business_hours: the business hours by which ages are counted.
    """
    in_scope = all_of(uow.visibility_filter(Complaint), in_period("received_at", since, until))
    counts = _ComplaintCounts(uow, in_scope)
    names = (
        {owner_id.id: owner_id.name for owner_id in uow.find(User, In("id", counts.distinct_values(1)))}
        if counts.distinct_values(1)
        else {}
    )
    is_waiting = all_of(uow.visibility_filter(Complaint), In("state", open_states(Complaint)))
    return ComplaintsReport(
        since=since,
        until=until,
        total=counts.summarize("", lambda _: True),
        types=_by_frequency(counts.summarize(type, _has_value(0, type)) for type in counts.distinct_values(0)),
        owners=_by_frequency(
            counts.summarize(names.get(owner_id, ""), _has_value(1, owner_id)) for owner_id in counts.distinct_values(1)
        ),
        products=counts.costs(2),
        causes=counts.costs(3),
        backlog=_count_by_age(uow, is_waiting, business_hours),
        overdue=uow.count(Complaint, is_waiting & Compare("due_at", "<", uow.now)),
    )


class _ComplaintCounts:
    """The grouped counts of a period, each grouped by type and owner first."""

    def __init__(self, uow: UnitOfWork, in_scope: Criterion) -> None:
        def grouped(*group_by: str, condition: Criterion = And(), sum_of: tuple[str, ...] = ()) -> tuple[Row, ...]:  # noqa: B008  # a frozen default
            return uow.execute_query(
                GroupedCount(
                    entity_type=Complaint,
                    where=all_of(in_scope, condition),
                    group_by=(*_GROUP_FIELDS, *group_by),
                    sum_of=sum_of,
                )
            )

        self.states = grouped("state", "resolution_sla")
        self.responses = grouped("first_response_time", condition=~Eq("first_response_time", None))
        self.resolutions = grouped("resolution_time", condition=~Eq("resolution_time", None))
        self.reopened = grouped(condition=Compare("reopen_count", ">", 0))
        self.repeats = grouped(condition=~Eq("repeat_of_id", None))
        self.money = grouped(
            "product", "root_cause", "cost.currency", sum_of=("cost.minor",), condition=~Eq("cost.currency", None)
        )
        self.ratings = grouped("satisfaction", condition=~Eq("satisfaction", None))

    def distinct_values(self, index: int) -> tuple[Any, ...]:
        """Return the distinct types or owners."""
        return tuple(sorted({row[index] for row in self.states}))

    def summarize(self, name: str, matches: Callable[[Row], bool]) -> ComplaintRow:
        """Sum up one group."""
        states = [row for row in self.states if matches(row)]
        in_time, overdue_count = (
            sum_column([row for row in states if row[3] is result], 4) for result in (SlaResult.MET, SlaResult.BREACHED)
        )
        ratings = [row for row in self.ratings if matches(row)]
        return ComplaintRow(
            name=name,
            received=sum_column(states, 4),
            open=sum_column([row for row in states if ComplaintState(row[2]).is_open], 4),
            in_time=in_time,
            overdue_count=overdue_count,
            in_time_percentage=percentage(in_time, in_time + overdue_count),
            response_time=_median_and_p90(row[2:] for row in self.responses if matches(row)),
            resolution_time=_median_and_p90(row[2:] for row in self.resolutions if matches(row)),
            reopened=sum_column([row for row in self.reopened if matches(row)], 2),
            repeats=sum_column([row for row in self.repeats if matches(row)], 2),
            cost=sum_by_currency((row[4], row[6]) for row in self.money if matches(row)),
            rating_totals=(sum_column(ratings, 3), sum(row[2] * row[3] for row in ratings)),
        )

    def costs(self, index: int) -> Mapping[str, tuple[Money, ...]]:
        """Return the costs of compensations by product or by cause."""
        sums: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for row in self.money:
            sums[row[index]].append((row[4], row[6]))
        return {name: sum_by_currency(sums[name]) for name in sorted(sums)}


def _has_value(index: int, value: str | UserId) -> Callable[[Row], bool]:
    return lambda row: bool(row[index] == value)


def _by_frequency(rows: Iterable[ComplaintRow]) -> list[ComplaintRow]:
    return sorted(rows, key=lambda row: (-row.received, row.name))


def _median_and_p90(frequencies: Iterable[Row]) -> tuple[timedelta, timedelta] | None:
    """Return the median and the ninetieth percentile of weighted times."""
    times = sorted(frequencies)
    total = sum(count for _, count in times)
    if not total:
        return None
    percentiles = []
    for percent in (50, 90):
        rank = (percent * total + 99) // 100
        cumulative = 0
        for time, count in times:
            cumulative += count
            if cumulative >= rank:
                percentiles.append(time)
                break
    return percentiles[0], percentiles[1]


def _count_by_age(uow: UnitOfWork, is_waiting: Criterion, business_hours: BusinessHours) -> list[int]:
    """Count the backlog by age; the limits are computed once as instants."""
    borders = [business_hours.subtract(uow.now, age) for age in AGE_LIMITS]
    older = [uow.count(Complaint, is_waiting & Compare("received_at", "<", border)) for border in borders]
    counts = [uow.count(Complaint, is_waiting), *older]
    return [*(more - fewer for more, fewer in zip(counts, older, strict=False)), older[-1]]

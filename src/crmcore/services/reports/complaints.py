"""Complaints: how many of which type and whose, how soon they were answered and resolved, what they cost, and what waits.

A period is that of their receipt. Times are working time, of those that were answered or resolved; a median is the smallest time that half
of them did not exceed, and the ninetieth percentile the smallest that nine in ten did not. Both are exact, on every store.
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
"""The borders of the ages of what waits, in working time: one, three, five and ten days of an office."""
_GROUP_FIELDS: Final = ("type", "owner_id")


@record
class ComplaintRow:
    """Complaints of one sort.

    Attributes:
        name: of the sort: a type, a person's name; nothing for all.
        open: that wait for their outcome, now.
        in_time: resolved within their promise; `overdue_count` those that were not.
        in_time_percentage: the share that was in time, of those that were resolved, in hundredths of a percent.
        response_time: the median working time to the first answer, and that of nine in ten; so with the resolution.
        reopened: that were, at least once.
        repeats: of a customer who had complained about the like before.
        cost: of their compensations, by currency.
        rating_totals: how many customers told how content they are, and with how many points in all, from 1 to 5 each.
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
        """The mean of what customers told, in hundredths of a point; None when nobody did."""
        customers, points = self.rating_totals
        return (200 * points + customers) // (2 * customers) if customers else None


@record
class ComplaintsReport(Renderable):
    """How complaints of a period were handled, and what waits now.

    Attributes:
        types: by type, the most frequent first; so with `owners`.
        products: what they cost, by product; so with `causes`.
        backlog: how many wait now, by their age in working time: up to each of `AGE_LIMITS`, and beyond.
        overdue: how many of these should have been acted on before now.
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
        """Lay it out."""
        return Page(title=TextKey("complaints"), sections=(self.section(),))

    def section(self) -> Section:
        """Lay it out as a part of a page."""
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
    """Count complaints.

    Args:
        business_hours: the house's working time, by which the ages of what waits are counted.
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
    """The tallies of a period, each grouped by type and by who is responsible first."""

    def __init__(self, uow: UnitOfWork, in_scope: Criterion) -> None:
        def grouped(*group_by: str, condition: Criterion = And(), sum_of: tuple[str, ...] = ()) -> tuple[Row, ...]:  # noqa: B008  # it is frozen
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
        """The types, or the people, that there are."""
        return tuple(sorted({row[index] for row in self.states}))

    def summarize(self, name: str, matches: Callable[[Row], bool]) -> ComplaintRow:
        """Add up what belongs to one sort."""
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
        """What the compensations cost, by product or by cause, by name."""
        sums: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for row in self.money:
            sums[row[index]].append((row[4], row[6]))
        return {name: sum_by_currency(sums[name]) for name in sorted(sums)}


def _has_value(index: int, value: str | UserId) -> Callable[[Row], bool]:
    return lambda row: bool(row[index] == value)


def _by_frequency(rows: Iterable[ComplaintRow]) -> list[ComplaintRow]:
    return sorted(rows, key=lambda row: (-row.received, row.name))


def _median_and_p90(frequencies: Iterable[Row]) -> tuple[timedelta, timedelta] | None:
    """The median and the ninetieth percentile of times with their frequencies."""
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
    """Count what waits by its age, whose borders are instants that are computed once."""
    borders = [business_hours.subtract(uow.now, age) for age in AGE_LIMITS]
    older = [uow.count(Complaint, is_waiting & Compare("received_at", "<", border)) for border in borders]
    counts = [uow.count(Complaint, is_waiting), *older]
    return [*(more - fewer for more, fewer in zip(counts, older, strict=False)), older[-1]]

"""Complaints: how many of which type and whose, how soon they were answered and resolved, what they cost, and what waits.

A period is that of their receipt. Times are working time, of those that were answered or resolved; a median is the smallest time that half
of them did not exceed, and the ninetieth percentile the smallest that nine in ten did not. Both are exact, on every store.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import field

from crmcore.domain.cases import Kept
from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.complaints.life import ComplaintState
from crmcore.domain.criteria import All, Compare, Criterion, Is, OneOf
from crmcore.domain.ids import UserId
from crmcore.domain.kernel import record
from crmcore.domain.people import User
from crmcore.domain.values.money import Money
from crmcore.domain.worktime.time import WorkTime
from crmcore.services.pages.sheet import Bar, Cell, Chapter, Chart, Page, Share, Table, Tone, Word
from crmcore.services.pages.shown import Shown
from crmcore.services.reports.figures import added, moneys, share, where, within
from crmcore.services.steps.cases import open_states
from crmcore.services.tally import Line, Tally
from crmcore.services.unit import Unit

AGES: Final = tuple(timedelta(hours=8 * days) for days in (1, 3, 5, 10))
"""The borders of the ages of what waits, in working time: one, three, five and ten days of an office."""
_GROUP: Final = ("type", "responsible")


@record
class ComplaintLine:
    """Complaints of one sort.

    Attributes:
        name: of the sort: a type, a person's name; nothing for all.
        open: that wait for their outcome, now.
        in_time: resolved within their promise; `late` those that were not.
        kept: the share that was in time, of those that were resolved, in hundredths of a percent.
        response: the median working time to the first answer, and that of nine in ten; so with the resolution.
        reopened: that were, at least once.
        repeats: of a customer who had complained about the like before.
        cost: of their compensations, by currency.
        rated: how many customers told how content they are, and with how many points in all, from 1 to 5 each.
    """

    name: str
    received: int
    open: int
    in_time: int
    late: int
    kept: int
    response: tuple[timedelta, timedelta] | None
    resolution: tuple[timedelta, timedelta] | None
    reopened: int
    repeats: int
    cost: Sequence[Money] = field(converter=tuple)
    rated: tuple[int, int]

    @property
    def satisfaction(self) -> int | None:
        """The mean of what customers told, in hundredths of a point; None when nobody did."""
        customers, points = self.rated
        return (200 * points + customers) // (2 * customers) if customers else None


@record
class ComplaintsReport(Shown):
    """How complaints of a period were handled, and what waits now.

    Attributes:
        types: by type, the most frequent first; so with `people`.
        products: what they cost, by product; so with `causes`.
        backlog: how many wait now, by their age in working time: up to each of `AGES`, and beyond.
        overdue: how many of these should have been acted on before now.
    """

    since: datetime | None
    until: datetime | None
    total: ComplaintLine
    types: Sequence[ComplaintLine] = field(converter=tuple)
    people: Sequence[ComplaintLine] = field(converter=tuple)
    products: Mapping[str, Sequence[Money]]
    causes: Mapping[str, Sequence[Money]]
    backlog: Sequence[int] = field(converter=tuple)
    overdue: int

    def page(self) -> Page:
        """Lay it out."""
        return Page(title=Word("complaints"), chapters=(self.chapter(),))

    def chapter(self) -> Chapter:
        """Lay it out as a part of a page."""
        legend = ((Word("in_time"), Tone.GOOD), (Word("open"), Tone.OPEN), (Word("late"), Tone.BAD))
        charts = [
            Chart(Word(head), legend, [Bar(line.name, (line.in_time, line.open, line.late)) for line in lines])
            for head, lines in (("type", self.types), ("person", self.people))
        ]
        ages = [*(Bar(age, (waiting,)) for age, waiting in zip(AGES, self.backlog, strict=False))]
        beyond = Bar(Word("older"), (self.backlog[-1],))
        heads = (
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
        return Chapter(
            title=Word("complaints"),
            facts=(
                (Word("received"), self.total.received),
                (Word("overdue"), self.overdue),
                (Word("kept"), Share(self.total.kept)),
            ),
            charts=[*charts, Chart(Word("age"), ((Word("open"), Tone.OPEN),), [*ages, beyond])],
            tables=[
                *(
                    Table(heads=[Word(head), *map(Word, heads)], rows=[_row(line) for line in lines])
                    for head, lines in (("type", (*self.types, self.total)), ("person", self.people))
                ),
                *(
                    Table(heads=[Word(head), Word("cost")], rows=[(name, tuple(cost)) for name, cost in sums.items()])
                    for head, sums in costs
                ),
            ],
        )


def _row(line: ComplaintLine) -> tuple[Cell, ...]:
    points = line.satisfaction
    return (
        line.name or Word("total"),
        line.received,
        line.open,
        line.in_time,
        line.late,
        Share(line.kept),
        line.response,
        line.resolution,
        line.reopened,
        line.repeats,
        tuple(line.cost),
        None if points is None else f"{points // 100}.{points % 100:02}",
    )


def complaints_report(
    unit: Unit, time: WorkTime, *, since: datetime | None, until: datetime | None
) -> ComplaintsReport:
    """Count complaints.

    Args:
        time: the house's working time, by which the ages of what waits are counted.
    """
    mine = where(unit.visible(Complaint), within("received_at", since, until))
    seen = _Tallies(unit, mine)
    names = {user.id: user.name for user in unit.find(User, OneOf("id", seen.values(1)))} if seen.values(1) else {}
    waiting = where(unit.visible(Complaint), OneOf("state", open_states(Complaint)))
    return ComplaintsReport(
        since=since,
        until=until,
        total=seen.line("", lambda _: True),
        types=_by_frequency(seen.line(type, _having(0, type)) for type in seen.values(0)),
        people=_by_frequency(seen.line(names.get(user, ""), _having(1, user)) for user in seen.values(1)),
        products=seen.costs(2),
        causes=seen.costs(3),
        backlog=_ages(unit, waiting, time),
        overdue=unit.count(Complaint, waiting & Compare("due_at", "<", unit.now)),
    )


class _Tallies:
    """The tallies of a period, each grouped by type and by who is responsible first."""

    def __init__(self, unit: Unit, mine: Criterion) -> None:
        def count(*by: str, among: Criterion = All(), sums: tuple[str, ...] = ()) -> tuple[Line, ...]:  # noqa: B008  # it is frozen
            return unit.ask(Tally(kind=Complaint, where=where(mine, among), by=(*_GROUP, *by), sums=sums))

        self.states = count("state", "resolution_kept")
        self.responses = count("response_took", among=~Is("response_took", None))
        self.resolutions = count("resolution_took", among=~Is("resolution_took", None))
        self.reopened = count(among=Compare("reopened", ">", 0))
        self.repeats = count(among=~Is("repeats", None))
        self.money = count("product", "cause", "cost.currency", sums=("cost.minor",), among=~Is("cost.currency", None))
        self.ratings = count("satisfaction", among=~Is("satisfaction", None))

    def values(self, place: int) -> tuple[Any, ...]:
        """The types, or the people, that there are."""
        return tuple(sorted({line[place] for line in self.states}))

    def line(self, name: str, mine: Callable[[Line], bool]) -> ComplaintLine:
        """Add up what belongs to one sort."""
        states = [line for line in self.states if mine(line)]
        in_time, late = (added([s for s in states if s[3] is kept], 4) for kept in (Kept.IN_TIME, Kept.LATE))
        ratings = [line for line in self.ratings if mine(line)]
        return ComplaintLine(
            name=name,
            received=added(states, 4),
            open=added([s for s in states if ComplaintState(s[2]).is_open], 4),
            in_time=in_time,
            late=late,
            kept=share(in_time, in_time + late),
            response=_times(line[2:] for line in self.responses if mine(line)),
            resolution=_times(line[2:] for line in self.resolutions if mine(line)),
            reopened=added([line for line in self.reopened if mine(line)], 2),
            repeats=added([line for line in self.repeats if mine(line)], 2),
            cost=moneys((line[4], line[6]) for line in self.money if mine(line)),
            rated=(added(ratings, 3), sum(line[2] * line[3] for line in ratings)),
        )

    def costs(self, place: int) -> Mapping[str, tuple[Money, ...]]:
        """What the compensations cost, by product or by cause, by name."""
        sums: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for line in self.money:
            sums[line[place]].append((line[4], line[6]))
        return {name: moneys(sums[name]) for name in sorted(sums)}


def _having(place: int, value: str | UserId) -> Callable[[Line], bool]:
    return lambda line: bool(line[place] == value)


def _by_frequency(lines: Iterable[ComplaintLine]) -> list[ComplaintLine]:
    return sorted(lines, key=lambda line: (-line.received, line.name))


def _times(counted: Iterable[Line]) -> tuple[timedelta, timedelta] | None:
    """The median and the ninetieth percentile of times with their frequencies."""
    times = sorted(counted)
    total = sum(count for _, count in times)
    if not total:
        return None
    found = []
    for percent in (50, 90):
        rank = (percent * total + 99) // 100
        passed = 0
        for time, count in times:
            passed += count
            if passed >= rank:
                found.append(time)
                break
    return found[0], found[1]


def _ages(unit: Unit, waiting: Criterion, time: WorkTime) -> list[int]:
    """Count what waits by its age, whose borders are instants that are computed once."""
    borders = [time.back(unit.now, age) for age in AGES]
    older = [unit.count(Complaint, waiting & Compare("received_at", "<", border)) for border in borders]
    counts = [unit.count(Complaint, waiting), *older]
    return [*(more - fewer for more, fewer in zip(counts, older, strict=False)), older[-1]]

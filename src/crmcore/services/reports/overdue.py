"""Overdue: what should have been done by now, by whom, and for which customer."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import field

from crmcore.domain.criteria import Compare, Is, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.ids import TaskId, UserId
from crmcore.domain.kernel import record
from crmcore.domain.people import User
from crmcore.domain.tasks import Task, TaskState
from crmcore.services.pages.sheet import Bar, Cell, Chapter, Chart, Page, Table, Tone, Word
from crmcore.services.pages.shown import Shown
from crmcore.services.unit import Unit

SHOWN = 100
"""How many late tasks a report names; the others are counted."""


@record
class OverdueLine:
    """One late task.

    Attributes:
        late: by how much.
        told: how many levels up the line have heard of it.
    """

    task: TaskId
    title: str
    customer: str
    assignee: UserId | None
    name: str
    due_at: datetime
    late: timedelta
    told: int


@record
class OverdueReport(Shown):
    """What is late: how much of it in all, and the latest hundred."""

    count: int
    lines: Sequence[OverdueLine] = field(converter=tuple)

    def page(self) -> Page:
        """Lay it out."""
        return Page(title=Word("overdue"), chapters=(self.chapter(),))

    def chapter(self) -> Chapter:
        """Lay it out as a part of a page: how many late tasks each of us has, and which."""
        by_person = Counter(line.name for line in self.lines).most_common()
        bars = [Bar(name or Word("nobody"), (late,)) for name, late in by_person]
        heads = ("task", "customer", "assignee", "due", "late", "told")
        return Chapter(
            title=Word("overdue"),
            facts=((Word("overdue"), self.count),),
            charts=(Chart(Word("assignee"), ((Word("late"), Tone.BAD),), bars),),
            tables=[Table(heads=[Word(head) for head in heads], rows=[_row(line) for line in self.lines])],
        )


def _row(line: OverdueLine) -> tuple[Cell, ...]:
    return (line.title, line.customer, line.name or Word("nobody"), line.due_at, line.late, line.told)


def overdue_report(unit: Unit) -> OverdueReport:
    """List what is late, the latest first."""
    late = Is("state", TaskState.OPEN) & Compare("due_at", "<", unit.now)
    tasks = unit.find(Task, late, order="due_at", limit=SHOWN)
    customers = _names(unit, Customer, {task.customer for task in tasks})
    users = _names(unit, User, {task.assignee for task in tasks})
    lines = [
        OverdueLine(
            task=task.id,
            title=task.title,
            customer=customers.get(task.customer, ""),
            assignee=task.assignee,
            name=users.get(task.assignee, ""),
            due_at=task.due_at,
            late=unit.now - task.due_at,
            told=task.level,
        )
        for task in tasks
        if task.due_at is not None
    ]
    return OverdueReport(count=unit.count(Task, late), lines=lines)


def _names(unit: Unit, kind: type[Customer] | type[User], ids: set[str | None]) -> dict[str | None, str]:
    wanted = tuple(sorted(id for id in ids if id is not None))
    if not wanted:
        return {}
    return {
        person.id: person.display_name if isinstance(person, Customer) else person.name
        for person in unit.find(kind, OneOf("id", wanted))
    }

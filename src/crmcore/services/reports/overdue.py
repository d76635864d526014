"""Overdue: what should have been done by now, by whom, and for which customer."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from attrs import field

from crmcore.domain.complaints.complaint import Complaint
from crmcore.domain.criteria import Compare, Is, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.ids import ComplaintId, TaskId, UserId
from crmcore.domain.kernel import record
from crmcore.domain.people import User
from crmcore.domain.tasks import Task, TaskState
from crmcore.services.pages.sheet import Bar, Cell, Chapter, Chart, Page, Table, Tone, Word
from crmcore.services.pages.shown import Shown
from crmcore.services.reports.figures import names
from crmcore.services.steps.cases import open_states
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
    title: str = field(repr=False)
    customer: str = field(repr=False)
    assignee: UserId | None
    name: str = field(repr=False)
    due_at: datetime
    late: timedelta
    told: int


@record
class OverdueComplaint:
    """One late complaint.

    Attributes:
        action: what should have been done, as a word.
        late: by how much.
        told: how many levels up the line have heard of it.
    """

    complaint: ComplaintId
    subject: str
    type: str
    responsible: UserId
    name: str
    action: str
    due_at: datetime
    late: timedelta
    told: int


@record
class OverdueReport(Shown):
    """What is late: how many tasks and complaints in all, and the latest hundred of each."""

    count: int
    lines: Sequence[OverdueLine] = field(converter=tuple)
    complaint_count: int = 0
    complaints: Sequence[OverdueComplaint] = field(default=(), converter=tuple)

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
            tables=[
                Table(heads=[Word(head) for head in heads], rows=[_row(line) for line in self.lines]),
                *self._complaints(),
            ],
        )

    def _complaints(self) -> Iterator[Table]:
        if self.complaints:
            heads = ("complaint", "type", "responsible", "due", "late", "told")
            rows = [(c.subject, c.type, c.name, c.due_at, c.late, c.told) for c in self.complaints]
            yield Table(heads=[Word(head) for head in heads], rows=rows)


def _row(line: OverdueLine) -> tuple[Cell, ...]:
    return (line.title, line.customer, line.name or Word("nobody"), line.due_at, line.late, line.told)


def overdue_report(unit: Unit) -> OverdueReport:
    """List what is late, the latest first."""
    late = Is("state", TaskState.OPEN) & Compare("due_at", "<", unit.now)
    tasks = unit.find(Task, late, order="due_at", limit=SHOWN)
    customers = names(unit, Customer, {task.customer for task in tasks})
    users = names(unit, User, {task.assignee for task in tasks})
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
    waiting = OneOf("state", open_states(Complaint)) & Compare("due_at", "<", unit.now)
    complaints = unit.find(Complaint, waiting, order="due_at", limit=SHOWN)
    responsible: set[str | None] = {complaint.responsible for complaint in complaints}
    users |= names(unit, User, responsible - set(users))
    return OverdueReport(
        count=unit.count(Task, late),
        lines=lines,
        complaint_count=unit.count(Complaint, waiting),
        complaints=[
            OverdueComplaint(
                complaint=complaint.id,
                subject=complaint.subject,
                type=complaint.type,
                responsible=complaint.responsible,
                name=users.get(complaint.responsible, ""),
                action=complaint.next_action,
                due_at=complaint.due_at,
                late=unit.now - complaint.due_at,
                told=complaint.level,
            )
            for complaint in complaints
        ],
    )

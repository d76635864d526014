"""Overdue report: late tasks and complaints, with assignee and customer."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from attrs import field

from crmcore.domain.activities.tasks import Task, TaskState
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Compare, Eq, In
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.ids import ComplaintId, TaskId, UserId
from crmcore.domain.organization.users import User
from crmcore.domain.service.cases.complaint import Complaint
from crmcore.presentation.model import Bar, Cell, Chart, Page, Section, Table, TextKey, Tone
from crmcore.presentation.renderable import Renderable
from crmcore.services.reports.figures import names_by_id
from crmcore.services.shared.case_ownership import open_states
from crmcore.services.unit_of_work import UnitOfWork

MAX_ROWS = 100
"""Maximum number of overdue tasks and complaints that the report lists."""


@record
class OverdueRow:
    """One overdue task.

    Attributes:
        overdue_by: the time since the deadline.
        escalation_level: the number of escalation steps taken.
    """

    task_id: TaskId
    title: str = field(repr=False)
    customer_name: str = field(repr=False)
    assignee_id: UserId | None
    assignee_name: str = field(repr=False)
    due_at: datetime
    overdue_by: timedelta
    escalation_level: int


@record
class OverdueComplaint:
    """One overdue complaint.

    Attributes:
        action: the next action, as a key.
        overdue_by: the time since the deadline.
        escalation_level: the number of escalation steps taken.
    """

    complaint_id: ComplaintId
    subject: str
    type: str
    owner_id: UserId
    owner_name: str
    action: str
    due_at: datetime
    overdue_by: timedelta
    escalation_level: int


@record
class OverdueReport(Renderable):
    """Overdue tasks and complaints: their number, and the first 100 of each."""

    count: int
    rows: Sequence[OverdueRow] = field(converter=tuple)
    complaint_count: int = 0
    complaints: Sequence[OverdueComplaint] = field(default=(), converter=tuple)

    def page(self) -> Page:
        """Return the report as a page."""
        return Page(title=TextKey("overdue"), sections=(self.section(),))

    def section(self) -> Section:
        """Return the report as a section: overdue tasks by assignee."""
        counts_by_assignee = Counter(row.assignee_name for row in self.rows).most_common()
        bars = [Bar(name or TextKey("unassigned"), (count,)) for name, count in counts_by_assignee]
        headings = ("task", "customer", "assignee", "due", "late", "escalation_level")
        return Section(
            title=TextKey("overdue"),
            key_figures=((TextKey("overdue"), self.count),),
            charts=(Chart(TextKey("assignee"), ((TextKey("late"), Tone.BAD),), bars),),
            tables=[
                Table(headings=[TextKey(heading) for heading in headings], rows=[_cells(row) for row in self.rows]),
                *self._complaint_tables(),
            ],
        )

    def _complaint_tables(self) -> Iterator[Table]:
        if self.complaints:
            headings = ("complaint", "type", "owner", "due", "late", "escalation_level")
            rows = [
                (
                    complaint.subject,
                    complaint.type,
                    complaint.owner_name,
                    complaint.due_at,
                    complaint.overdue_by,
                    complaint.escalation_level,
                )
                for complaint in self.complaints
            ]
            yield Table(headings=[TextKey(heading) for heading in headings], rows=rows)


def _cells(row: OverdueRow) -> tuple[Cell, ...]:
    return (
        row.title,
        row.customer_name,
        row.assignee_name or TextKey("unassigned"),
        row.due_at,
        row.overdue_by,
        row.escalation_level,
    )


def overdue_report(uow: UnitOfWork) -> OverdueReport:
    """Compute the overdue report, longest overdue first."""
    is_overdue = Eq("state", TaskState.OPEN) & Compare("due_at", "<", uow.now)
    tasks = uow.find(Task, is_overdue, order="due_at", limit=MAX_ROWS)
    customers = names_by_id(uow, Customer, {task.customer_id for task in tasks})
    users = names_by_id(uow, User, {task.assignee_id for task in tasks})
    rows = [
        OverdueRow(
            task_id=task.id,
            title=task.title,
            customer_name=customers.get(task.customer_id, ""),
            assignee_id=task.assignee_id,
            assignee_name=users.get(task.assignee_id, ""),
            due_at=task.due_at,
            overdue_by=uow.now - task.due_at,
            escalation_level=task.escalation_level,
        )
        for task in tasks
        if task.due_at is not None
    ]
    is_waiting = In("state", open_states(Complaint)) & Compare("due_at", "<", uow.now)
    complaints = uow.find(Complaint, is_waiting, order="due_at", limit=MAX_ROWS)
    owner_ids: set[str | None] = {complaint.owner_id for complaint in complaints}
    users |= names_by_id(uow, User, owner_ids - set(users))
    return OverdueReport(
        count=uow.count(Task, is_overdue),
        rows=rows,
        complaint_count=uow.count(Complaint, is_waiting),
        complaints=[
            OverdueComplaint(
                complaint_id=complaint.id,
                subject=complaint.subject,
                type=complaint.type,
                owner_id=complaint.owner_id,
                owner_name=users.get(complaint.owner_id, ""),
                action=complaint.next_action,
                due_at=complaint.due_at,
                overdue_by=uow.now - complaint.due_at,
                escalation_level=complaint.escalation_level,
            )
            for complaint in complaints
        ],
    )

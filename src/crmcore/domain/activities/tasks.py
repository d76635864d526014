"""Tasks: what a user has to do, and by when.

Invariants:
    1. A task is open until it is completed or cancelled. Both can be undone.
    2. Whether a task is overdue is computed from its due time and now. Each escalation level is raised once.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, Transitions, check_transition, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.fields.time import checked_timestamp
from crmcore.domain.kernel.ids import ComplaintId, CustomerId, DealId, EquipmentId, TaskId, UserId
from crmcore.domain.kernel.open_state import require_open
from crmcore.domain.kernel.recurrence import Recurrence


class Priority(Enum):
    """The priority of a task."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TaskState(Enum):
    """The state of a task."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self is TaskState.OPEN


TASK_TRANSITIONS: Final[Transitions[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.DONE, TaskState.CANCELLED}),
    TaskState.DONE: frozenset({TaskState.OPEN}),
    TaskState.CANCELLED: frozenset({TaskState.OPEN}),
}


@record
class TaskCreated(Event):
    """A task was created."""

    name: ClassVar[str] = "task.created"
    kind: str = fields.text(personal=False, default="", allow_blank=True)
    assignee_id: UserId | None = fields.id_of("user", optional=True, default=None)
    due_at: datetime | None = fields.timestamp(optional=True, default=None)
    deal_id: DealId | None = fields.id_of("deal", optional=True, default=None)


@record
class TaskCompleted(Event):
    """A task was completed, in time or `late_seconds` too late."""

    name: ClassVar[str] = "task.completed"
    late_seconds: int = fields.integer(default=0)


@record
class TaskCancelled(Event):
    """A task was cancelled."""

    name: ClassVar[str] = "task.cancelled"


@record
class TaskReopened(Event):
    """A completed or cancelled task was reopened."""

    name: ClassVar[str] = "task.reopened"


@record
class TaskRescheduled(Event):
    """A task got another due time."""

    name: ClassVar[str] = "task.rescheduled"
    before: datetime | None = fields.timestamp(optional=True, default=None)
    after: datetime | None = fields.timestamp(optional=True, default=None)


@record
class TaskReassigned(Event):
    """A task was reassigned."""

    name: ClassVar[str] = "task.reassigned"
    previous_assignee_id: UserId | None = fields.id_of("user", optional=True, default=None)
    new_assignee_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class TaskEscalated(Event):
    """An overdue task was escalated."""

    name: ClassVar[str] = "task.escalated"
    level: int = fields.integer(min=1)
    recipient_id: UserId | None = fields.id_of("user", optional=True, default=None)


@record
class Task(Entity):
    """A task, with an assignee and a due time.

    Attributes:
        kind: the kind of task, as in ``call``, ``measure``.
        role: the role of the assignee.
        escalation_level: the last escalation level; 0 is none.
        occurrence_number: the number of the occurrence of a recurring task, from 1.
        starts_at: when the first occurrence of a recurring task was due.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "task",
        "tasks",
        indexes=(
            ("deal_id",),
            ("customer_id",),
            ("complaint_id",),
            ("equipment_id",),
            ("assignee_id", "state", "due_at"),
            ("due_at",),
        ),
    )

    id: TaskId = fields.id_of("task")
    title: str = fields.text(personal=True)
    kind: str = fields.text(personal=False, max_length=60, default="", allow_blank=True)
    state: TaskState = fields.enum(TaskState, default=TaskState.OPEN)
    priority: Priority = fields.enum(Priority, default=Priority.NORMAL)
    assignee_id: UserId | None = fields.id_of("user", optional=True, default=None)
    role: str = fields.text(personal=False, max_length=60, default="", allow_blank=True)
    due_at: datetime | None = fields.timestamp(optional=True, default=None)
    remind_at: datetime | None = fields.timestamp(optional=True, default=None)
    deal_id: DealId | None = fields.id_of("deal", optional=True, default=None)
    customer_id: CustomerId | None = fields.id_of("customer", optional=True, default=None)
    complaint_id: ComplaintId | None = fields.id_of("complaint", optional=True, default=None)
    equipment_id: EquipmentId | None = fields.id_of("equipment", optional=True, default=None)
    note: str = fields.text(personal=True, max_length=10_000, multiline=True, default="", allow_blank=True)
    result: str = fields.text(personal=True, max_length=10_000, multiline=True, default="", allow_blank=True)
    recurrence: Recurrence | None = fields.embedded(Recurrence, optional=True, default=None)
    occurrence_number: int = fields.integer(min=1, default=1)
    starts_at: datetime | None = fields.timestamp(optional=True, default=None)
    escalation_level: int = fields.integer(max=100, default=0)
    created_at: datetime = fields.timestamp()
    closed_at: datetime | None = fields.timestamp(optional=True, default=None)

    @classmethod
    def create(
        cls,
        id: TaskId,
        title: str,
        *,
        at: datetime,
        kind: str = "",
        assignee_id: UserId | None = None,
        role: str = "",
        due_at: datetime | None = None,
        remind_at: datetime | None = None,
        priority: Priority | str = Priority.NORMAL,
        deal_id: DealId | None = None,
        customer_id: CustomerId | None = None,
        complaint_id: ComplaintId | None = None,
        equipment_id: EquipmentId | None = None,
        note: str = "",
        recurrence: Recurrence | None = None,
    ) -> Self:
        """Create a task, with or without an assignee.

        Raises:
            BusinessRuleError: a recurring task without a due time.
            InvalidInputError: a field that cannot be.
        """
        if recurrence is not None and due_at is None:
            raise BusinessRuleError(id, "recurrence_without_due_time", "needs a due time to start from")
        task = cls(
            id=id,
            title=title,
            kind=kind,
            priority=priority,  # type: ignore[arg-type]  # a word becomes its member
            assignee_id=assignee_id,
            role=role,
            due_at=due_at,
            remind_at=remind_at,
            deal_id=deal_id,
            customer_id=customer_id,
            complaint_id=complaint_id,
            equipment_id=equipment_id,
            note=note,
            recurrence=recurrence,
            starts_at=due_at if recurrence is not None else None,
            created_at=at,
        )
        return task._record(
            TaskCreated(at=at, kind=task.kind, assignee_id=assignee_id, due_at=task.due_at, deal_id=deal_id)
        )

    def is_overdue(self, now: datetime) -> bool:
        """Return whether the task is open past its due time."""
        return self.state.is_open and self.due_at is not None and self.due_at < now

    def complete(self, *, at: datetime, result: str = "") -> Self:
        """Complete the task.

        Raises:
            InvalidTransitionError: it is not open.
        """
        check_transition(self.id, TASK_TRANSITIONS, self.state, TaskState.DONE)
        late = max(at - self.due_at, timedelta(0)) if self.due_at else timedelta(0)
        event = TaskCompleted(at=at, late_seconds=late // timedelta(seconds=1))
        return self._record(event, state=TaskState.DONE, result=result, closed_at=at)

    def cancel(self, *, at: datetime, reason: str = "") -> Self:
        """Cancel the task.

        Raises:
            InvalidTransitionError: it is not open.
        """
        check_transition(self.id, TASK_TRANSITIONS, self.state, TaskState.CANCELLED)
        return self._record(TaskCancelled(at=at), state=TaskState.CANCELLED, result=reason, closed_at=at)

    def reopen(self, *, at: datetime) -> Self:
        """Reopen the task.

        Raises:
            InvalidTransitionError: it is open.
        """
        check_transition(self.id, TASK_TRANSITIONS, self.state, TaskState.OPEN)
        return self._record(TaskReopened(at=at), state=TaskState.OPEN, closed_at=None)

    def reschedule(self, due_at: datetime | None, *, at: datetime, remind_at: datetime | None = None) -> Self:
        """Change the due time. The escalation starts at level 0 again.

        Raises:
            BusinessRuleError: it is not open.
        """
        require_open(self, self.state, "reschedule")
        due_at = None if due_at is None else checked_timestamp("task.due_at", due_at)
        remind_at = None if remind_at is None else checked_timestamp("task.remind_at", remind_at)
        if due_at == self.due_at and remind_at == self.remind_at:
            return self
        event = TaskRescheduled(at=at, before=self.due_at, after=due_at)
        return self._record(event, due_at=due_at, remind_at=remind_at, escalation_level=0)

    def reassign(self, assignee_id: UserId | None, *, at: datetime) -> Self:
        """Change the assignee.

        Raises:
            BusinessRuleError: it is not open.
        """
        require_open(self, self.state, "reassign")
        if assignee_id == self.assignee_id:
            return self
        return self._record(
            TaskReassigned(at=at, previous_assignee_id=self.assignee_id, new_assignee_id=assignee_id),
            assignee_id=assignee_id,
        )

    def escalate(self, *, level: int, recipient_id: UserId | None, at: datetime) -> Self:
        """Record an escalation."""
        return self._record(TaskEscalated(at=at, level=level, recipient_id=recipient_id), escalation_level=level)

    def next_occurrence(self, id: TaskId, *, at: datetime) -> Self | None:
        """Create the next task of the recurrence. None after the last one."""
        if self.recurrence is None or self.starts_at is None:
            return None
        due_at = self.recurrence.occurrence(self.occurrence_number + 1, start=self.starts_at)
        if due_at is None:
            return None
        reminder_lead_time = self.due_at - self.remind_at if self.due_at and self.remind_at else None
        remind_at = due_at - reminder_lead_time if reminder_lead_time else None
        shared_fields = {name: getattr(self, name) for name in SERIES_FIELDS}
        task = self.create(id, self.title, at=at, due_at=due_at, remind_at=remind_at, **shared_fields)
        return copy_with(task, occurrence_number=self.occurrence_number + 1, starts_at=self.starts_at)


SERIES_FIELDS: Final = (
    "kind",
    "assignee_id",
    "role",
    "priority",
    "deal_id",
    "customer_id",
    "complaint_id",
    "equipment_id",
    "note",
    "recurrence",
)
"""The fields that the tasks of one recurrence share."""

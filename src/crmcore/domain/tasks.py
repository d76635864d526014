"""Tasks: what somebody has to do, by when, about what.

Rule 1: a task is open until it is done or called off; both can be taken back.
Rule 2: lateness is computed from the due time and now. The supervisor is told once per level of the ladder.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.clocks.replay import Timer, until
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.fields.time import checked_moment
from crmcore.domain.ids import ComplaintId, CustomerId, DealId, EquipmentId, TaskId, UserId
from crmcore.domain.kernel import Entity, Event, Shape, Transitions, changed, check_move, record
from crmcore.domain.recurrence import Recurrence
from crmcore.domain.standing import check_open


class Priority(Enum):
    """How much a task matters beside others."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TaskState(Enum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self is TaskState.OPEN


TASK_LIFE: Final[Transitions[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.DONE, TaskState.CANCELLED}),
    TaskState.DONE: frozenset({TaskState.OPEN}),
    TaskState.CANCELLED: frozenset({TaskState.OPEN}),
}


@record
class TaskGiven(Event):
    """Somebody was given a task."""

    name: ClassVar[str] = "task.given"
    kind: str = fields.text(personal=False, default="", blank=True)
    assignee: UserId | None = fields.ref("user", optional=True, default=None)
    due_at: datetime | None = fields.moment(optional=True, default=None)
    deal: DealId | None = fields.ref("deal", optional=True, default=None)


@record
class TaskDone(Event):
    """A task was done; `late` tells by how much too late, in seconds, 0 when in time."""

    name: ClassVar[str] = "task.done"
    late: int = fields.whole(default=0)


@record
class TaskCancelled(Event):
    """A task was called off."""

    name: ClassVar[str] = "task.cancelled"


@record
class TaskReopened(Event):
    """A task that was done or called off is to be done after all."""

    name: ClassVar[str] = "task.reopened"


@record
class TaskRescheduled(Event):
    """A task got another due time."""

    name: ClassVar[str] = "task.rescheduled"
    before: datetime | None = fields.moment(optional=True, default=None)
    after: datetime | None = fields.moment(optional=True, default=None)


@record
class TaskReassigned(Event):
    """A task passed to somebody else."""

    name: ClassVar[str] = "task.reassigned"
    before: UserId | None = fields.ref("user", optional=True, default=None)
    after: UserId | None = fields.ref("user", optional=True, default=None)


@record
class TaskEscalated(Event):
    """Somebody further up heard that a task is late."""

    name: ClassVar[str] = "task.escalated"
    level: int = fields.whole(least=1)
    to: UserId | None = fields.ref("user", optional=True, default=None)


@record
class Task(Entity):
    """Something to do.

    Attributes:
        kind: the sort of task, as a word: ``call``, ``measure``.
        role: in which role the assignee does it.
        level: how far up its lateness has been told; 0 is nobody.
        number: which of a recurring task's occurrences it is, from 1.
        starts_at: when a recurring task's first occurrence was due.
    """

    shape: ClassVar[Shape] = Shape(
        "task",
        "tasks",
        indexes=(
            ("deal",),
            ("customer",),
            ("complaint",),
            ("equipment",),
            ("assignee", "state", "due_at"),
            ("due_at",),
        ),
    )

    id: TaskId = fields.ref("task")
    title: str = fields.text(personal=True)
    kind: str = fields.text(personal=False, limit=60, default="", blank=True)
    state: TaskState = fields.one_of(TaskState, default=TaskState.OPEN)
    priority: Priority = fields.one_of(Priority, default=Priority.NORMAL)
    assignee: UserId | None = fields.ref("user", optional=True, default=None)
    role: str = fields.text(personal=False, limit=60, default="", blank=True)
    due_at: datetime | None = fields.moment(optional=True, default=None)
    remind_at: datetime | None = fields.moment(optional=True, default=None)
    deal: DealId | None = fields.ref("deal", optional=True, default=None)
    customer: CustomerId | None = fields.ref("customer", optional=True, default=None)
    complaint: ComplaintId | None = fields.ref("complaint", optional=True, default=None)
    equipment: EquipmentId | None = fields.ref("equipment", optional=True, default=None)
    note: str = fields.text(personal=True, limit=10_000, lines=True, default="", blank=True)
    result: str = fields.text(personal=True, limit=10_000, lines=True, default="", blank=True)
    repeats: Recurrence | None = fields.part(Recurrence, optional=True, default=None)
    number: int = fields.whole(least=1, default=1)
    starts_at: datetime | None = fields.moment(optional=True, default=None)
    level: int = fields.whole(most=100, default=0)
    given_at: datetime = fields.moment()
    closed_at: datetime | None = fields.moment(optional=True, default=None)

    @classmethod
    def give(
        cls,
        id: TaskId,
        title: str,
        *,
        at: datetime,
        kind: str = "",
        assignee: UserId | None = None,
        role: str = "",
        due_at: datetime | None = None,
        remind_at: datetime | None = None,
        priority: Priority | str = Priority.NORMAL,
        deal: DealId | None = None,
        customer: CustomerId | None = None,
        complaint: ComplaintId | None = None,
        equipment: EquipmentId | None = None,
        note: str = "",
        repeats: Recurrence | None = None,
    ) -> Self:
        """Give somebody, or for now nobody, something to do.

        Raises:
            RuleBroken: a recurring task without a due time to count from.
            InvalidInput: a field that cannot be.
        """
        if repeats is not None and due_at is None:
            raise RuleBroken(id, "recurrence_without_due_time", "needs a due time that its recurrence starts from")
        task = cls(
            id=id,
            title=title,
            kind=kind,
            priority=priority,  # type: ignore[arg-type]  # a word becomes its member
            assignee=assignee,
            role=role,
            due_at=due_at,
            remind_at=remind_at,
            deal=deal,
            customer=customer,
            complaint=complaint,
            equipment=equipment,
            note=note,
            repeats=repeats,
            starts_at=due_at if repeats is not None else None,
            given_at=at,
        )
        return task._after(TaskGiven(at=at, kind=task.kind, assignee=assignee, due_at=task.due_at, deal=deal))

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether the task is open past its due time."""
        return self.state.is_open and self.due_at is not None and self.due_at < now

    def clock(self, *, now: datetime) -> Timer | None:
        """Tell how its time stands, by the clock that complaints have; None when none is promised."""
        due, over = self.due_at, self.closed_at
        return None if due is None else until(due, since=self.given_at, ended_at=over, now=now)

    def complete(self, *, at: datetime, result: str = "") -> Self:
        """Call it done.

        Raises:
            IllegalTransition: it is not open.
        """
        check_move(self.id, TASK_LIFE, self.state, TaskState.DONE)
        late = max(at - self.due_at, timedelta(0)) if self.due_at else timedelta(0)
        fact = TaskDone(at=at, late=late // timedelta(seconds=1))
        return self._after(fact, state=TaskState.DONE, result=result, closed_at=at)

    def cancel(self, *, at: datetime, reason: str = "") -> Self:
        """Call it off.

        Raises:
            IllegalTransition: it is not open.
        """
        check_move(self.id, TASK_LIFE, self.state, TaskState.CANCELLED)
        return self._after(TaskCancelled(at=at), state=TaskState.CANCELLED, result=reason, closed_at=at)

    def reopen(self, *, at: datetime) -> Self:
        """Take it up again.

        Raises:
            IllegalTransition: it is open.
        """
        check_move(self.id, TASK_LIFE, self.state, TaskState.OPEN)
        return self._after(TaskReopened(at=at), state=TaskState.OPEN, closed_at=None)

    def reschedule(self, due_at: datetime | None, *, at: datetime, remind_at: datetime | None = None) -> Self:
        """Give it another due time, with which its ladder starts anew.

        Raises:
            RuleBroken: it is not open.
        """
        check_open(self, self.state, "reschedule")
        due_at = None if due_at is None else checked_moment("task.due_at", due_at)
        remind_at = None if remind_at is None else checked_moment("task.remind_at", remind_at)
        if due_at == self.due_at and remind_at == self.remind_at:
            return self
        fact = TaskRescheduled(at=at, before=self.due_at, after=due_at)
        return self._after(fact, due_at=due_at, remind_at=remind_at, level=0)

    def reassign(self, assignee: UserId | None, *, at: datetime) -> Self:
        """Pass it to somebody else.

        Raises:
            RuleBroken: it is not open.
        """
        check_open(self, self.state, "reassign")
        if assignee == self.assignee:
            return self
        return self._after(TaskReassigned(at=at, before=self.assignee, after=assignee), assignee=assignee)

    def escalate(self, *, level: int, to: UserId | None, at: datetime) -> Self:
        """Note that its lateness was told one level further up."""
        return self._after(TaskEscalated(at=at, level=level, to=to), level=level)

    def next(self, id: TaskId, *, at: datetime) -> Self | None:
        """The next task of its recurrence, or None when there is none."""
        if self.repeats is None or self.starts_at is None:
            return None
        due_at = self.repeats.occurrence(self.number + 1, start=self.starts_at)
        if due_at is None:
            return None
        lead = self.due_at - self.remind_at if self.due_at and self.remind_at else None
        remind_at = due_at - lead if lead else None
        alike = {name: getattr(self, name) for name in ALIKE}
        following = self.give(id, self.title, at=at, due_at=due_at, remind_at=remind_at, **alike)
        return changed(following, number=self.number + 1, starts_at=self.starts_at)


ALIKE: Final = ("kind", "assignee", "role", "priority", "deal", "customer", "complaint", "equipment", "note", "repeats")
"""What the tasks of one recurrence have in common."""

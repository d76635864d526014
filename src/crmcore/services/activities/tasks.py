"""Tasks: create, complete, reschedule and reassign."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from crmcore.domain.activities.tasks import Priority, Task, TaskState
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import And, Compare, Criterion, Eq
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.ids import CustomerId, DealId, TaskId, UserId, check_id
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.shared.task_creation import create_task, schedule_task_jobs
from crmcore.services.unit_of_work import UnitOfWork, check_limit


@frozen
class Tasks:
    """Commands and queries for tasks."""

    _environment: Environment

    @command("tasks.create")
    def create(
        self,
        uow: UnitOfWork,
        title: str,
        /,
        *,
        assignee_id: UserId | None = None,
        due_at: datetime | None = None,
        remind_at: datetime | None = None,
        kind: str = "",
        priority: Priority | str = Priority.NORMAL,
        deal_id: DealId | None = None,
        customer_id: CustomerId | None = None,
        note: str = "",
        recurrence: Recurrence | None = None,
        idempotency_key: str | None = None,
    ) -> Task:
        """Create a task. An overdue task is escalated.

        Args:
            deal_id: the deal that the task belongs to.
            customer_id: the customer; defaults to the customer of the deal.
            recurrence: the rule that creates the next task when this one is completed or cancelled.

        Raises:
            NotFoundError: the user, deal or customer does not exist.
            BusinessRuleError: a recurring task has no due time.
        """
        uow.prefetch(Deal, deal_id)
        uow.prefetch(Customer, customer_id)
        if assignee_id is not None:
            uow.get(User, assignee_id)
        deal = None if deal_id is None else uow.get(Deal, deal_id)
        if customer_id is not None:
            uow.get(Customer, customer_id)
        elif deal is not None:
            customer_id = deal.customer_id
        return create_task(
            uow,
            self._environment,
            title,
            assignee_id=assignee_id,
            due_at=due_at,
            remind_at=remind_at,
            kind=kind,
            priority=priority,
            deal_id=deal_id,
            customer_id=customer_id,
            note=note,
            recurrence=recurrence,
        )

    @command("tasks.complete")
    def complete(
        self,
        uow: UnitOfWork,
        task_id: TaskId,
        /,
        *,
        result: str = "",
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Task:
        """Complete a task. A recurring task creates the next one.

        Raises:
            InvalidTransitionError: the task is not open.
        """
        completed = uow.get(Task, task_id, version=expected_version).complete(at=uow.now, result=result)
        self._create_next(uow, completed)
        return uow.save(completed)

    @command("tasks.cancel")
    def cancel(
        self,
        uow: UnitOfWork,
        task_id: TaskId,
        /,
        *,
        reason: str = "",
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Task:
        """Cancel a task. A recurring task creates the next one.

        Raises:
            InvalidTransitionError: the task is not open.
        """
        cancelled = uow.get(Task, task_id, version=expected_version).cancel(at=uow.now, reason=reason)
        self._create_next(uow, cancelled)
        return uow.save(cancelled)

    @command("tasks.reopen")
    def reopen(
        self,
        uow: UnitOfWork,
        task_id: TaskId,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Task:
        """Reopen a closed task.

        Raises:
            InvalidTransitionError: the task is open.
        """
        return self._save_scheduled(uow, uow.get(Task, task_id, version=expected_version).reopen(at=uow.now))

    @command("tasks.reschedule")
    def reschedule(
        self,
        uow: UnitOfWork,
        task_id: TaskId,
        /,
        *,
        due_at: datetime | None,
        remind_at: datetime | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Task:
        """Change the due time of a task.

        Its escalation starts again at the first step.

        Raises:
            BusinessRuleError: the task is not open.
        """
        task = uow.get(Task, task_id, version=expected_version)
        return self._save_scheduled(uow, task.reschedule(due_at, at=uow.now, remind_at=remind_at))

    @command("tasks.reassign")
    def reassign(
        self,
        uow: UnitOfWork,
        task_id: TaskId,
        /,
        *,
        assignee_id: UserId | None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Task:
        """Assign a task to another user.

        Raises:
            BusinessRuleError: the task is not open.
            NotFoundError: the user does not exist.
        """
        uow.prefetch(User, assignee_id)
        task = uow.get(Task, task_id, version=expected_version)
        return uow.save(task.reassign(None if assignee_id is None else uow.get(User, assignee_id).id, at=uow.now))

    @query("tasks.get")
    def get(self, uow: UnitOfWork, task_id: TaskId, /) -> Task:
        """Read a task."""
        return uow.get(Task, task_id)

    @query("tasks.list")
    def list(
        self,
        uow: UnitOfWork,
        /,
        *,
        assignee_id: UserId | None = None,
        deal_id: DealId | None = None,
        customer_id: CustomerId | None = None,
        state: TaskState | str | None = None,
        overdue: bool = False,
        after: Task | None = None,
        limit: int = 100,
    ) -> Sequence[Task]:
        """List tasks by due time, one page at a time.

        Tasks without a due time come first.

        Args:
            overdue: only open tasks after their due time.
            after: the last task of the previous page.
            limit: the page size, at most 1,000.
        """
        check_limit(limit)
        where: list[Criterion] = []
        for prefix, field, value in (
            ("user", "assignee_id", assignee_id),
            ("deal", "deal_id", deal_id),
            ("customer", "customer_id", customer_id),
        ):
            if value is not None:
                check_id(prefix, value)
                where.append(Eq(field, value))
        if overdue:
            where.append(Eq("state", TaskState.OPEN))
        elif state is not None:
            where.append(Eq("state", checked_member("state", TaskState, state)))
        if overdue:
            where.append(Compare("due_at", "<", uow.now))
        return uow.find(Task, And(tuple(where)), order="due_at", after=after, limit=limit)

    def _save_scheduled(self, uow: UnitOfWork, task: Task) -> Task:
        task = uow.save(task)
        schedule_task_jobs(uow, self._environment, task)
        return task

    def _create_next(self, uow: UnitOfWork, closed: Task) -> None:
        next_task = closed.next_occurrence(uow.new_id("task"), at=uow.now) if closed.recurrence else None
        if next_task is not None:
            schedule_task_jobs(uow, self._environment, uow.save(next_task), is_new=True)

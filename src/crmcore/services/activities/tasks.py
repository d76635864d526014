"""Tasks: giving, doing, moving and passing them on."""

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
    """What somebody has to do."""

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
        """Give somebody something to do. It is escalated when it runs late.

        Args:
            deal_id: which it is for.
            customer_id: whom it is about; the deal's customer when not given.
            recurrence: by which rule the next one follows when this one is done or called off.

        Raises:
            NotFoundError: no such person, deal or customer.
            BusinessRuleError: a recurring task without a due time.
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
        """Call a task done. The next one of its series is given.

        Raises:
            InvalidTransitionError: it is not open.
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
        """Call a task off, this once: the next one of its series is given.

        Raises:
            InvalidTransitionError: it is not open.
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
        """Take a closed task up again.

        Raises:
            InvalidTransitionError: it is open.
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
        """Give a task another due time; who hears of its lateness starts anew.

        Raises:
            BusinessRuleError: it is not open.
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
        """Pass a task to somebody else.

        Raises:
            BusinessRuleError: it is not open.
            NotFoundError: no such person.
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
        """Read tasks, a page at a time, those without a due time first, then by it.

        Args:
            overdue: only those that are open past their due time.
            after: the last task of the page before.
            limit: at most 1,000.
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

"""Tasks: giving, doing, moving and passing them on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from crmcore.domain.criteria import All, Compare, Criterion, Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.fields.part import checked_member
from crmcore.domain.ids import CustomerId, DealId, TaskId, UserId, check_id
from crmcore.domain.people import User
from crmcore.domain.recurrence import Recurrence
from crmcore.domain.tasks import Priority, Task, TaskState
from crmcore.services.house import House, story, view
from crmcore.services.steps.tasks import give_task, watch_task
from crmcore.services.unit import Unit, check_limit


@frozen
class Tasks:
    """What somebody has to do."""

    house: House

    @story("tasks.give")
    def give(
        self,
        unit: Unit,
        title: str,
        /,
        *,
        assignee: UserId | None = None,
        due_at: datetime | None = None,
        remind_at: datetime | None = None,
        kind: str = "",
        priority: Priority | str = Priority.NORMAL,
        deal: DealId | None = None,
        customer: CustomerId | None = None,
        note: str = "",
        repeats: Recurrence | None = None,
        key: str | None = None,
    ) -> Task:
        """Give somebody something to do. It is escalated when it runs late.

        Args:
            deal: which it is for.
            customer: whom it is about; the deal's customer when not given.
            repeats: by which rule the next one follows when this one is done or called off.

        Raises:
            NotFound: no such person, deal or customer.
            RuleBroken: a recurring task without a due time.
        """
        unit.announce(Deal, deal)
        unit.announce(Customer, customer)
        if assignee is not None:
            unit.get(User, assignee)
        about = None if deal is None else unit.get(Deal, deal)
        if customer is not None:
            unit.get(Customer, customer)
        elif about is not None:
            customer = about.customer
        return give_task(
            unit,
            self.house,
            title,
            assignee=assignee,
            due_at=due_at,
            remind_at=remind_at,
            kind=kind,
            priority=priority,
            deal=deal,
            customer=customer,
            note=note,
            repeats=repeats,
        )

    @story("tasks.complete")
    def complete(
        self,
        unit: Unit,
        id: TaskId,
        /,
        *,
        result: str = "",
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Task:
        """Call a task done. The next one of its series is given.

        Raises:
            IllegalTransition: it is not open.
        """
        done = unit.get(Task, id, version=expected_version).complete(at=unit.now, result=result)
        self._follow(unit, done)
        return unit.save(done)

    @story("tasks.cancel")
    def cancel(
        self,
        unit: Unit,
        id: TaskId,
        /,
        *,
        reason: str = "",
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Task:
        """Call a task off, this once: the next one of its series is given.

        Raises:
            IllegalTransition: it is not open.
        """
        cancelled = unit.get(Task, id, version=expected_version).cancel(at=unit.now, reason=reason)
        self._follow(unit, cancelled)
        return unit.save(cancelled)

    @story("tasks.reopen")
    def reopen(self, unit: Unit, id: TaskId, /, *, expected_version: int | None = None, key: str | None = None) -> Task:
        """Take a closed task up again.

        Raises:
            IllegalTransition: it is open.
        """
        return self._watched(unit, unit.get(Task, id, version=expected_version).reopen(at=unit.now))

    @story("tasks.reschedule")
    def reschedule(
        self,
        unit: Unit,
        id: TaskId,
        /,
        *,
        due_at: datetime | None,
        remind_at: datetime | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Task:
        """Give a task another due time; who hears of its lateness starts anew.

        Raises:
            RuleBroken: it is not open.
        """
        task = unit.get(Task, id, version=expected_version)
        return self._watched(unit, task.reschedule(due_at, at=unit.now, remind_at=remind_at))

    @story("tasks.reassign")
    def reassign(
        self,
        unit: Unit,
        id: TaskId,
        /,
        *,
        to: UserId | None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Task:
        """Pass a task to somebody else.

        Raises:
            RuleBroken: it is not open.
            NotFound: no such person.
        """
        unit.announce(User, to)
        task = unit.get(Task, id, version=expected_version)
        return unit.save(task.reassign(None if to is None else unit.get(User, to).id, at=unit.now))

    @view("tasks.get")
    def get(self, unit: Unit, id: TaskId, /) -> Task:
        """Read a task."""
        return unit.get(Task, id)

    @view("tasks.list")
    def list(
        self,
        unit: Unit,
        /,
        *,
        assignee: UserId | None = None,
        deal: DealId | None = None,
        customer: CustomerId | None = None,
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
        asked: dict[str, Any] = {"assignee": assignee, "deal": deal, "customer": customer}
        for name, given in asked.items():
            if given is not None:
                check_id("user" if name == "assignee" else name, given)
        asked["state"] = (
            TaskState.OPEN if overdue else None if state is None else checked_member("state", TaskState, state)
        )
        where: list[Criterion] = [Is(name, value) for name, value in asked.items() if value is not None]
        if overdue:
            where.append(Compare("due_at", "<", unit.now))
        return unit.find(Task, All(tuple(where)), order="due_at", after=after, limit=limit)

    def _watched(self, unit: Unit, task: Task) -> Task:
        task = unit.save(task)
        watch_task(unit, self.house, task)
        return task

    def _follow(self, unit: Unit, closed: Task) -> None:
        following = closed.next(unit.id("task"), at=unit.now) if closed.repeats else None
        if following is not None:
            watch_task(unit, self.house, unit.save(following), fresh=True)

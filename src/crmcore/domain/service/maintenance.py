"""Preventive maintenance: when a piece of equipment is to be looked after, by the calendar, by its meter, or by whichever comes first.

Rule 1: a plan has one open visit at most. What comes due while it is open is done by the same visit.
Rule 2: the calendar goes on from its start and never drifts; occurrences that were missed are made up for once.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final, Literal, Self

from crmcore.domain import fields
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.gaps import check_variables
from crmcore.domain.ids import ContractId, EquipmentId, MaintenanceId, TaskId
from crmcore.domain.kernel import Entity, Event, Shape, record
from crmcore.domain.recurrence import Recurrence
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.parts import METER_PLACES

Cause = Literal["calendar", "meter", ""]
"""What makes a visit due; nothing when none is."""

VARIABLES: Final = frozenset({"customer", "equipment"})
"""What may stand in braces in the title of a plan."""


@record
class MaintenancePlanned(Event):
    """A piece of equipment is to be looked after regularly, or no longer."""

    name: ClassVar[str] = "maintenance.planned"
    active: bool = fields.flag()
    next_at: datetime | None = fields.moment(optional=True, default=None)


@record
class MaintenanceCameDue(Event):
    """A visit was given to somebody."""

    name: ClassVar[str] = "maintenance.came_due"
    cause: str = fields.text(personal=False, limit=20)
    task: TaskId = fields.ref("task")


@record
class MaintenanceDone(Event):
    """A visit was made."""

    name: ClassVar[str] = "maintenance.done"
    next_at: datetime | None = fields.moment(optional=True, default=None)


@record
class Maintenance(Entity):
    """A plan by which a piece of equipment is looked after.

    Attributes:
        title: what is to be done; ``{customer}`` and ``{equipment}`` stand for their names.
        role: of whoever does it.
        within: the time to do it, from when it comes due.
        every: by which rule of the calendar; None when the calendar does not matter.
        every_total: after how much on the meter; 0 when the meter does not matter.
        number: which of the calendar's occurrences comes next.
        next_at: when that is; `next_total` is what the meters will have counted then.
        task: the visit that is open.
    """

    shape: ClassVar[Shape] = Shape(
        "maintenance", "maintenance", indexes=(("equipment",), ("task",), ("contract",), ("active", "next_at"))
    )

    id: MaintenanceId = fields.ref("maintenance")
    equipment: EquipmentId = fields.ref("equipment")
    contract: ContractId | None = fields.ref("contract", optional=True, default=None)
    title: str = fields.text(personal=False)
    role: str = fields.text(personal=False, limit=60, default="service")
    within: timedelta = fields.span(default=timedelta(days=14))
    every: Recurrence | None = fields.part(Recurrence, optional=True, default=None)
    every_total: Decimal = fields.exact(places=METER_PLACES, default=Decimal(0))
    starts_at: datetime = fields.moment()
    number: int = fields.whole(least=1, default=1)
    next_at: datetime | None = fields.moment(optional=True, default=None)
    next_total: Decimal = fields.exact(places=METER_PLACES, most=10**12, default=Decimal(0))
    task: TaskId | None = fields.ref("task", optional=True, default=None)
    visits: int = fields.whole(default=0)
    active: bool = fields.flag(default=True)
    planned_at: datetime = fields.moment()

    @classmethod
    def plan(
        cls,
        id: MaintenanceId,
        title: str,
        *,
        equipment: Equipment,
        at: datetime,
        starts_at: datetime,
        every: Recurrence | None = None,
        every_total: Decimal | int | str = 0,
        role: str = "service",
        within: timedelta = timedelta(days=14),
        contract: ContractId | None = None,
    ) -> Self:
        """Plan regular visits.

        Args:
            starts_at: when the first one is due by the calendar.
            (others): as the attributes.

        Raises:
            RuleBroken: by the meter of what has none.
            InvalidInput: neither by the calendar nor by the meter; a field that cannot be.
            UnknownVariableError: the title has a variable that has no value.
        """
        made = cls(
            id=id,
            equipment=equipment.id,
            contract=contract,
            title=title,
            role=role,
            within=within,
            every=every,
            every_total=every_total,  # type: ignore[arg-type]  # the field converts it
            starts_at=starts_at,
            planned_at=at,
        )
        check_variables("maintenance.title", made.title, VARIABLES)
        if made.every is None and not made.every_total:
            raise InvalidInput("maintenance.every", "must be given, or every_total")
        if made.every_total and not equipment.meter:
            raise RuleBroken(equipment.id, "no_meter", "has no meter; plan its maintenance by the calendar")
        next_at = made.starts_at if made.every is not None else None
        next_total = equipment.total + made.every_total if made.every_total else Decimal(0)
        return made._after(
            MaintenancePlanned(at=at, active=True, next_at=next_at), next_at=next_at, next_total=next_total
        )

    def due(self, equipment: Equipment, now: datetime) -> Cause:
        """Say what makes a visit due now, if something does and none is open."""
        if not self.active or self.task is not None:
            return ""
        if self.next_at is not None and self.next_at <= now:
            return "calendar"
        return "meter" if self.next_total and equipment.total >= self.next_total else ""

    def give(self, task: TaskId, cause: Cause, *, at: datetime) -> Self:
        """Note that a visit was given to somebody.

        Raises:
            RuleBroken: another one is open.
        """
        if self.task is not None:
            raise RuleBroken(self.id, "visit_open", f"has the open visit {self.task}")
        return self._after(MaintenanceCameDue(at=at, cause=cause, task=task), task=task)

    def done(self, equipment: Equipment, *, at: datetime) -> Self:
        """Note that the equipment was looked after, and say when the next time is."""
        number, next_at = self._next(at)
        next_total = equipment.total + self.every_total if self.every_total else Decimal(0)
        return self._after(
            MaintenanceDone(at=at, next_at=next_at),
            task=None,
            visits=self.visits + 1,
            number=number,
            next_at=next_at,
            next_total=next_total,
            active=self.active and (next_at is not None or next_total > 0),
        )

    def stop(self, *, at: datetime) -> Self:
        """Plan no further visits."""
        if not self.active:
            return self
        return self._after(MaintenancePlanned(at=at, active=False), active=False, next_at=None)

    def _next(self, at: datetime) -> tuple[int, datetime | None]:
        """The first occurrence behind a moment."""
        number, next_at = self.number, self.next_at
        while self.every is not None and next_at is not None and next_at <= at:
            number += 1
            next_at = self.every.occurrence(number, start=self.starts_at)
        return number, next_at

"""Preventive maintenance: visits that are due by calendar or by meter.

Invariants:
    1. A plan has one open visit at most. What becomes due meanwhile is done in the same visit.
    2. The calendar is counted from its start and does not drift. Missed occurrences are made up for by one visit.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final, Literal, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.domain.kernel.ids import ContractId, EquipmentId, MaintenancePlanId, TaskId
from crmcore.domain.kernel.placeholders import check_variables
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.parts import METER_DECIMAL_PLACES

VisitCause = Literal["calendar", "meter", ""]
"""What makes a visit due; empty for nothing."""

VARIABLES: Final = frozenset({"customer", "equipment"})
"""The variables of a plan's title."""


@record
class MaintenancePlanned(Event):
    """A maintenance plan was created or stopped."""

    name: ClassVar[str] = "maintenance.planned"
    is_active: bool = fields.boolean()
    next_at: datetime | None = fields.timestamp(optional=True, default=None)


@record
class MaintenanceVisitCreated(Event):
    """A task was created for a visit."""

    name: ClassVar[str] = "maintenance.visit_created"
    cause: str = fields.text(personal=False, max_length=20)
    task_id: TaskId = fields.id_of("task")


@record
class MaintenanceDone(Event):
    """A visit was made."""

    name: ClassVar[str] = "maintenance.done"
    next_at: datetime | None = fields.timestamp(optional=True, default=None)


@record
class MaintenancePlan(Entity):
    """A maintenance plan for a piece of equipment.

    Attributes:
        title: of the visits; ``{customer}`` and ``{equipment}`` are filled with names.
        role: of the assignee.
        due_within: the time for a visit, once it is due.
        recurrence: the rule of the calendar; None to plan by the meter only.
        meter_interval: the meter units between visits; 0 to plan by the calendar only.
        occurrence_number: the number of the next occurrence of the calendar.
        next_at: its time; `next_meter_total` is the meter total of the next visit.
        task_id: of the open visit.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "maintenanceplan",
        "maintenance_plans",
        indexes=(("equipment_id",), ("task_id",), ("contract_id",), ("is_active", "next_at")),
    )

    id: MaintenancePlanId = fields.id_of("maintenanceplan")
    equipment_id: EquipmentId = fields.id_of("equipment")
    contract_id: ContractId | None = fields.id_of("contract", optional=True, default=None)
    title: str = fields.text(personal=False)
    role: str = fields.text(personal=False, max_length=60, default="service")
    due_within: timedelta = fields.duration(default=timedelta(days=14))
    recurrence: Recurrence | None = fields.embedded(Recurrence, optional=True, default=None)
    meter_interval: Decimal = fields.decimal(places=METER_DECIMAL_PLACES, default=Decimal(0))
    starts_at: datetime = fields.timestamp()
    occurrence_number: int = fields.integer(min=1, default=1)
    next_at: datetime | None = fields.timestamp(optional=True, default=None)
    next_meter_total: Decimal = fields.decimal(places=METER_DECIMAL_PLACES, max=10**12, default=Decimal(0))
    task_id: TaskId | None = fields.id_of("task", optional=True, default=None)
    visit_count: int = fields.integer(default=0)
    is_active: bool = fields.boolean(default=True)
    planned_at: datetime = fields.timestamp()

    @classmethod
    def create(
        cls,
        id: MaintenancePlanId,
        title: str,
        *,
        equipment: Equipment,
        at: datetime,
        starts_at: datetime,
        recurrence: Recurrence | None = None,
        meter_interval: Decimal | int | str = 0,
        role: str = "service",
        due_within: timedelta = timedelta(days=14),
        contract_id: ContractId | None = None,
    ) -> Self:
        """Create a plan.

        Args:
            starts_at: when the first visit is due by the calendar.
            (others): as the attributes.

        Raises:
            BusinessRuleError: by the meter of equipment without one.
            InvalidInputError: neither by the calendar nor by the meter, or another invalid field.
            UnknownVariableError: the title has an unknown variable.
        """
        plan = cls(
            id=id,
            equipment_id=equipment.id,
            contract_id=contract_id,
            title=title,
            role=role,
            due_within=due_within,
            recurrence=recurrence,
            meter_interval=meter_interval,  # type: ignore[arg-type]  # the field converts it
            starts_at=starts_at,
            planned_at=at,
        )
        check_variables("maintenance.title", plan.title, VARIABLES)
        if plan.recurrence is None and not plan.meter_interval:
            raise InvalidInputError("maintenancePlan.recurrence", "must be given, or meter_interval")
        if plan.meter_interval and not equipment.meter_unit:
            raise BusinessRuleError(equipment.id, "no_meter", "has no meter; plan its maintenance by the calendar")
        next_at = plan.starts_at if plan.recurrence is not None else None
        next_meter_total = equipment.meter_total + plan.meter_interval if plan.meter_interval else Decimal(0)
        return plan._record(
            MaintenancePlanned(at=at, is_active=True, next_at=next_at),
            next_at=next_at,
            next_meter_total=next_meter_total,
        )

    def due_cause(self, equipment: Equipment, now: datetime) -> VisitCause:
        """Return what makes a visit due now, if none is open."""
        if not self.is_active or self.task_id is not None:
            return ""
        if self.next_at is not None and self.next_at <= now:
            return "calendar"
        return "meter" if self.next_meter_total and equipment.meter_total >= self.next_meter_total else ""

    def assign(self, task_id: TaskId, cause: VisitCause, *, at: datetime) -> Self:
        """Record the task of a visit.

        Raises:
            BusinessRuleError: another visit is open.
        """
        if self.task_id is not None:
            raise BusinessRuleError(self.id, "visit_open", f"has the open visit {self.task_id}")
        return self._record(MaintenanceVisitCreated(at=at, cause=cause, task_id=task_id), task_id=task_id)

    def complete_visit(self, equipment: Equipment, *, at: datetime) -> Self:
        """Record that the visit was made, and compute the next one."""
        occurrence_number, next_at = self._next_occurrence(at)
        next_meter_total = equipment.meter_total + self.meter_interval if self.meter_interval else Decimal(0)
        return self._record(
            MaintenanceDone(at=at, next_at=next_at),
            task_id=None,
            visit_count=self.visit_count + 1,
            occurrence_number=occurrence_number,
            next_at=next_at,
            next_meter_total=next_meter_total,
            is_active=self.is_active and (next_at is not None or next_meter_total > 0),
        )

    def stop(self, *, at: datetime) -> Self:
        """Stop the plan."""
        if not self.is_active:
            return self
        return self._record(MaintenancePlanned(at=at, is_active=False), is_active=False, next_at=None)

    def _next_occurrence(self, at: datetime) -> tuple[int, datetime | None]:
        """Return the first occurrence after an instant."""
        occurrence_number, next_at = self.occurrence_number, self.next_at
        while self.recurrence is not None and next_at is not None and next_at <= at:
            occurrence_number += 1
            next_at = self.recurrence.occurrence(occurrence_number, start=self.starts_at)
        return occurrence_number, next_at

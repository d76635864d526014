"""Equipment at customers: meter readings, failures, repairs and costs.

Invariants:
    1. A meter reading never decreases. A new meter starts at zero, and the total of all meters is kept.
    2. What reports need (failures, costs, the last reading) is stored with the equipment; its log has the history.
    3. Retired equipment does not change.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, Transitions, check_transition, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.ids import CustomerId, DealId, EquipmentId, TaskId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.service.field_service.parts import (
    METER_DECIMAL_PLACES,
    EquipmentLogEntry,
    EquipmentLogKind,
    EquipmentState,
)

EQUIPMENT_TRANSITIONS: Final[Transitions[EquipmentState]] = {
    EquipmentState.RUNNING: frozenset({EquipmentState.BROKEN, EquipmentState.RETIRED}),
    EquipmentState.BROKEN: frozenset({EquipmentState.RUNNING, EquipmentState.RETIRED}),
    EquipmentState.RETIRED: frozenset(),
}


@record
class EquipmentInstalled(Event):
    """Equipment was installed."""

    name: ClassVar[str] = "equipment.installed"
    customer_id: CustomerId = fields.id_of("customer")
    product: str = fields.text(personal=False)


@record
class EquipmentMeterRead(Event):
    """A meter was read.

    Attributes:
        meter_total: the total of all its meters.
    """

    name: ClassVar[str] = "equipment.meter_read"
    meter_total: Decimal = fields.decimal(places=METER_DECIMAL_PLACES)


@record
class EquipmentFailed(Event):
    """Equipment failed."""

    name: ClassVar[str] = "equipment.failed"
    cause: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)


@record
class EquipmentServiced(Event):
    """Equipment was repaired or maintained."""

    name: ClassVar[str] = "equipment.serviced"
    kind: EquipmentLogKind = fields.enum(EquipmentLogKind)
    cost: Money | None = fields.embedded(Money, optional=True, default=None)


@record
class EquipmentRetired(Event):
    """Equipment was retired."""

    name: ClassVar[str] = "equipment.retired"


@record
class Equipment(Entity):
    """A piece of equipment at a customer.

    Attributes:
        product: its model: ``Boiler 24 kW``.
        serial_number: of the maker, unique for a product.
        location: where it is installed.
        meter_unit: what its meter counts: ``hours``, ``km``; empty without a meter.
        meter_reading: the last reading; `meter_total` is the total of all its meters.
        warranty_until: the first day without warranty.
        expected_life: the usual life; `expected_meter_total` the usual meter total at its end.
        failure_count: the number of failures; `repair_cost` the cost of all repairs.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "equipment",
        "equipment",
        unique_keys=(("serial_number", "product"),),
        indexes=(("customer_id",), ("deal_id",), ("state",)),
        child_tables={"log": "equipment_log"},
        log_field="log",
    )

    id: EquipmentId = fields.id_of("equipment")
    customer_id: CustomerId = fields.id_of("customer")
    product: str = fields.text(personal=False)
    serial_number: str | None = fields.text(personal=False, max_length=100, optional=True, default=None)
    location: str = fields.text(personal=True, max_length=500, multiline=True, default="", allow_blank=True)
    deal_id: DealId | None = fields.id_of("deal", optional=True, default=None)
    state: EquipmentState = fields.enum(EquipmentState, default=EquipmentState.RUNNING)
    installed_at: datetime = fields.timestamp()
    warranty_until: date | None = fields.date(optional=True, default=None)
    expected_life: timedelta | None = fields.duration(optional=True, default=None)
    meter_unit: str = fields.text(personal=False, max_length=30, default="", allow_blank=True)
    meter_reading: Decimal = fields.decimal(places=METER_DECIMAL_PLACES, default=Decimal(0))
    meter_total: Decimal = fields.decimal(places=METER_DECIMAL_PLACES, default=Decimal(0))
    meter_read_at: datetime | None = fields.timestamp(optional=True, default=None)
    expected_meter_total: Decimal = fields.decimal(places=METER_DECIMAL_PLACES, default=Decimal(0))
    failure_count: int = fields.integer(default=0)
    failed_at: datetime | None = fields.timestamp(optional=True, default=None)
    repair_cost: Money | None = fields.embedded(Money, optional=True, default=None)
    maintained_at: datetime | None = fields.timestamp(optional=True, default=None)
    log_entry_count: int = fields.integer(default=0)
    log: tuple[EquipmentLogEntry, ...] = fields.log(EquipmentLogEntry, default=())

    @classmethod
    def install(
        cls,
        id: EquipmentId,
        product: str,
        *,
        customer_id: CustomerId,
        at: datetime,
        installed_at: datetime,
        **details: Any,
    ) -> Self:
        """Install equipment at a customer.

        Raises:
            OutOfRangeError: in the future.
            InvalidInputError: a field that cannot be.
        """
        equipment = cls(id=id, product=product, customer_id=customer_id, installed_at=installed_at, **details)
        if equipment.installed_at > at:
            raise OutOfRangeError("equipment.installed_at", "must not lie in the future; plan a task instead")
        event = EquipmentInstalled(at=at, customer_id=customer_id, product=equipment.product)
        return equipment._log(EquipmentLogKind.INSTALLED, event, at=equipment.installed_at)

    @property
    def is_running(self) -> bool:
        """Whether it is running."""
        return self.state is EquipmentState.RUNNING

    def is_under_warranty(self, on: date) -> bool:
        """Return whether the warranty covers a day."""
        return self.warranty_until is not None and on < self.warranty_until

    def read_meter(self, reading: Decimal | int | str, *, at: datetime, is_new_meter: bool = False) -> Self:
        """Read the meter.

        Args:
            is_new_meter: whether it is a new meter, which began at zero.

        Raises:
            BusinessRuleError: it has no meter, is retired, or the reading would decrease.
        """
        self._require_in_use()
        if not self.meter_unit:
            raise BusinessRuleError(self.id, "no_meter", "has no meter; say what it counts when it is installed")
        entry = EquipmentLogEntry(number=1, kind=EquipmentLogKind.READ, at=at, meter_reading=reading)  # type: ignore[arg-type]  # the field converts it
        if entry.meter_reading < self.meter_reading and not is_new_meter:
            hint = f"showed {self.meter_reading} {self.meter_unit} already; say replaced=True if the meter is a new one"
            raise BusinessRuleError(self.id, "meter_reading_decreased", hint)
        used = entry.meter_reading if is_new_meter else entry.meter_reading - self.meter_reading
        kind = EquipmentLogKind.METER_REPLACED if is_new_meter else EquipmentLogKind.READ
        meter_total = self.meter_total + used
        return self._log(
            kind,
            EquipmentMeterRead(at=at, meter_total=meter_total),
            at=at,
            meter_reading=entry.meter_reading,
            meter_total=meter_total,
            meter_read_at=at,
        )

    def fail(self, *, at: datetime, cause: str = "", note: str = "", task_id: TaskId | None = None) -> Self:
        """Record a failure.

        Raises:
            InvalidTransitionError: it is broken or retired.
        """
        check_transition(self.id, EQUIPMENT_TRANSITIONS, self.state, EquipmentState.BROKEN)
        changes = {"state": EquipmentState.BROKEN, "failure_count": self.failure_count + 1, "failed_at": at}
        event = EquipmentFailed(at=at, cause=cause)
        return self._log(
            EquipmentLogKind.FAILED, event, at=at, details={"cause": cause, "note": note, "task_id": task_id}, **changes
        )

    def repair(self, *, at: datetime, cost: Money | None = None, cause: str = "", note: str = "") -> Self:
        """Record a repair and its cost.

        Raises:
            InvalidTransitionError: it is not broken.
            CurrencyMismatchError: the cost of earlier repairs is in another currency.
        """
        check_transition(self.id, EQUIPMENT_TRANSITIONS, self.state, EquipmentState.RUNNING)
        repair_cost = cost if self.repair_cost is None else self.repair_cost + cost if cost else self.repair_cost
        event = EquipmentServiced(at=at, kind=EquipmentLogKind.REPAIRED, cost=cost)
        details = {"cost": cost, "cause": cause, "note": note}
        return self._log(
            EquipmentLogKind.REPAIRED,
            event,
            at=at,
            details=details,
            state=EquipmentState.RUNNING,
            repair_cost=repair_cost,
        )

    def maintain(
        self, *, at: datetime, cost: Money | None = None, note: str = "", task_id: TaskId | None = None
    ) -> Self:
        """Record maintenance.

        Raises:
            BusinessRuleError: it is retired.
        """
        self._require_in_use()
        event = EquipmentServiced(at=at, kind=EquipmentLogKind.MAINTAINED, cost=cost)
        details = {"cost": cost, "note": note, "task_id": task_id}
        return self._log(EquipmentLogKind.MAINTAINED, event, at=at, details=details, maintained_at=at)

    def retire(self, *, at: datetime, note: str = "") -> Self:
        """Retire the equipment.

        Raises:
            InvalidTransitionError: it is retired.
        """
        check_transition(self.id, EQUIPMENT_TRANSITIONS, self.state, EquipmentState.RETIRED)
        retired = EquipmentState.RETIRED
        return self._log(
            EquipmentLogKind.RETIRED, EquipmentRetired(at=at), at=at, details={"note": note}, state=retired
        )

    def _log(
        self,
        kind: EquipmentLogKind,
        event: Event,
        *,
        at: datetime,
        details: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Self:
        meter_values = {name: changes.get(name, getattr(self, name)) for name in ("meter_reading", "meter_total")}
        entry = EquipmentLogEntry(number=self.log_entry_count + 1, kind=kind, at=at, **meter_values, **(details or {}))
        return self._record(event, log_entry_count=self.log_entry_count + 1, log=(*self.log, entry), **changes)

    def _require_in_use(self) -> None:
        if self.state is EquipmentState.RETIRED:
            raise BusinessRuleError(self.id, "equipment_retired", "is retired")

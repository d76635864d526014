"""Equipment of customers: installation, meter readings, failures, repairs."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from attrs import field

from crmcore.domain.activities.tasks import Priority, Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import And, Criterion, Eq
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError
from crmcore.domain.kernel.fields.composite import checked_member
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.fields.time import checked_duration, checked_timestamp
from crmcore.domain.kernel.ids import CustomerId, DealId, EquipmentId, check_id
from crmcore.domain.kernel.placeholders import fill
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.service.field_service.contracts import Entitlement
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.maintenance import MaintenancePlan
from crmcore.domain.service.field_service.parts import EquipmentLogEntry, EquipmentState
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.service.field_service.contracts import compute_entitlement
from crmcore.services.shared.assignment import assign_round_robin
from crmcore.services.shared.maintenance_visits import REPAIR_TASK, create_visits
from crmcore.services.shared.task_creation import create_task
from crmcore.services.unit_of_work import UnitOfWork, check_limit


@record
class MeterReadingResult:
    """The result of a meter reading.

    Attributes:
        tasks: the visits that became due.
    """

    equipment: Equipment
    tasks: Sequence[Task] = field(default=(), converter=tuple)


@record
class FailureResult:
    """The result of a failure report.

    Attributes:
        entitlement: what the customer is entitled to, and why.
        task: the repair task.
    """

    equipment: Equipment
    entitlement: Entitlement
    task: Task


class EquipmentService:
    """Commands and queries on equipment."""

    __slots__ = ()

    _environment: Environment

    @command("field_service.install_equipment")
    def install_equipment(
        self,
        uow: UnitOfWork,
        product: str,
        /,
        *,
        customer_id: CustomerId,
        serial: str | None = None,
        location: str = "",
        deal_id: DealId | None = None,
        installed_at: datetime | None = None,
        warranty_until: date | None = None,
        expected_life: timedelta | None = None,
        meter: str = "",
        expected_total: Decimal | int | str = 0,
        idempotency_key: str | None = None,
    ) -> Equipment:
        """Record the installation of equipment at a customer.

        Args:
            deal_id: the deal that sold it.
            installed_at: the time of the installation; now if omitted.
            warranty_until: the first day without warranty.
            expected_life: the usual lifetime of the product.
            meter: the unit of its meter, such as ``hours`` or ``km``.
            expected_total: the usual meter total at the end of its life.

        Raises:
            DuplicateKeyError: equipment of the product has the serial number.
            NotFoundError: no such customer or deal.
            InvalidInputError: a field has an invalid value.
        """
        equipment = Equipment.install(
            uow.new_id("equipment"),
            product,
            customer_id=uow.get(Customer, customer_id).id,
            at=uow.now,
            installed_at=uow.now if installed_at is None else checked_timestamp("installed_at", installed_at),
            serial_number=serial,
            location=location,
            deal_id=None if deal_id is None else uow.get(Deal, deal_id).id,
            warranty_until=warranty_until,
            expected_life=expected_life,
            meter_unit=meter,
            expected_meter_total=expected_total,
        )
        existing = (
            None
            if equipment.serial_number is None
            else uow.first(Equipment, Eq("serial_number", equipment.serial_number) & Eq("product", product))
        )
        if existing is not None:
            raise DuplicateKeyError("equipment", "serial_number", existing_id=existing.id)
        return uow.save(equipment)

    @command("field_service.read_meter")
    def read_meter(
        self,
        uow: UnitOfWork,
        equipment_id: EquipmentId,
        reading: Decimal | int | str,
        /,
        *,
        is_new_meter: bool = False,
        idempotency_key: str | None = None,
    ) -> MeterReadingResult:
        """Record a meter reading; create and assign the visits that become due.

        Args:
            is_new_meter: whether the meter was replaced and started at zero.

        Raises:
            BusinessRuleError: the equipment has no meter, or the reading decreased.
        """
        equipment = uow.save(
            uow.get(Equipment, equipment_id).read_meter(reading, at=uow.now, is_new_meter=is_new_meter)
        )
        return MeterReadingResult(equipment=equipment, tasks=create_visits(uow, self._environment, equipment))

    @command("field_service.report_failure")
    def report_failure(
        self,
        uow: UnitOfWork,
        equipment_id: EquipmentId,
        /,
        *,
        cause: str = "",
        note: str = "",
        role: str = "service",
        repair_within: timedelta = timedelta(days=2),
        idempotency_key: str | None = None,
    ) -> FailureResult:
        """Report a failure of equipment, and create and assign the repair task.

        The task is due within the response time of the contract, else within `repair_within`.

        Raises:
            InvalidTransitionError: the equipment is broken already, or retired.
        """
        equipment = uow.get(Equipment, equipment_id)
        role = checked_text("role", role, max_length=60)
        customer = uow.get(Customer, equipment.customer_id)
        entitlement = compute_entitlement(uow, self._environment, equipment)
        task = create_task(
            uow,
            self._environment,
            fill("{equipment}: {customer}", {"equipment": equipment.product, "customer": customer.display_name}),
            kind=REPAIR_TASK,
            assignee_id=assign_round_robin(uow, role=role, round_robin_key=f"service:{role}").user_id,
            role="" if role == OWNER else role,
            due_at=uow.now + (entitlement.respond_within or checked_duration("within", repair_within)),
            priority=Priority.HIGH,
            customer_id=customer.id,
            equipment_id=equipment.id,
            note=note,
        )
        failed = uow.save(equipment.fail(at=uow.now, cause=cause, note=note, task_id=task.id))
        return FailureResult(equipment=failed, entitlement=entitlement, task=task)

    @command("field_service.complete_repair")
    def complete_repair(
        self,
        uow: UnitOfWork,
        equipment_id: EquipmentId,
        /,
        *,
        cost: Money | None = None,
        cause: str = "",
        note: str = "",
        idempotency_key: str | None = None,
    ) -> Equipment:
        """Record the repair of equipment, and its cost.

        Raises:
            InvalidTransitionError: the equipment is not broken.
            CurrencyMismatchError: earlier repairs were paid in another currency.
        """
        return uow.save(uow.get(Equipment, equipment_id).repair(at=uow.now, cost=cost, cause=cause, note=note))

    @command("field_service.retire_equipment")
    def retire_equipment(
        self, uow: UnitOfWork, equipment_id: EquipmentId, /, *, note: str = "", idempotency_key: str | None = None
    ) -> Equipment:
        """Retire equipment, and stop its maintenance plans.

        Raises:
            InvalidTransitionError: the equipment is retired.
        """
        retired = uow.save(uow.get(Equipment, equipment_id).retire(at=uow.now, note=note))
        for plan in uow.find(MaintenancePlan, Eq("equipment_id", equipment_id) & Eq("is_active", True)):
            uow.save(plan.stop(at=uow.now))
        return retired

    @query("field_service.get_equipment")
    def get_equipment(self, uow: UnitOfWork, equipment_id: EquipmentId, /) -> Equipment:
        """Return a piece of equipment."""
        return uow.get(Equipment, equipment_id)

    @query("field_service.history")
    def history(self, uow: UnitOfWork, equipment_id: EquipmentId, /) -> Sequence[EquipmentLogEntry]:
        """List the log of a piece of equipment, oldest first."""
        return uow.entries(uow.get(Equipment, equipment_id))

    @query("field_service.list")
    def list(
        self,
        uow: UnitOfWork,
        /,
        *,
        customer_id: CustomerId | None = None,
        state: EquipmentState | str | None = None,
        after: Equipment | None = None,
        limit: int = 100,
    ) -> Sequence[Equipment]:
        """List equipment, oldest first."""
        check_limit(limit)
        where: list[Criterion] = []
        if customer_id is not None:
            check_id("customer", customer_id)
            where.append(Eq("customer_id", customer_id))
        if state is not None:
            where.append(Eq("state", checked_member("state", EquipmentState, state)))
        return uow.find(Equipment, And(tuple(where)), after=after, limit=limit)

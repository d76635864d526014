"""Preventive maintenance of equipment, and proposals to replace it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from attrs import field

from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.errors.validation import InvalidTypeError
from crmcore.domain.kernel.fields.base import checked_type
from crmcore.domain.kernel.fields.time import checked_timestamp
from crmcore.domain.kernel.ids import ContractId, EquipmentId, FunnelId, MaintenancePlanId, TaskId
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.organization.users import User
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.service.field_service.contracts import ContractState, ServiceContract
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.maintenance import MaintenancePlan
from crmcore.domain.service.field_service.parts import EquipmentState
from crmcore.domain.service.field_service.replacement import (
    FULL,
    ReplacementCandidate,
    ReplacementThresholds,
    assess_replacement,
)
from crmcore.locales.catalogue import label
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.shared.maintenance_visits import create_visits, save_plan
from crmcore.services.shared.replacement_candidates import find_replacement_candidates
from crmcore.services.shared.stage_automation import enter_stage
from crmcore.services.unit_of_work import UnitOfWork, check_limit


@record
class VisitResult:
    """The result of a maintenance visit.

    Attributes:
        contract: the contract that the visit counted for.
        is_included: whether the contract includes the visit.
        due_visits: other visits that became due by the meter.
    """

    task: Task
    equipment: Equipment
    plan: MaintenancePlan
    contract: ServiceContract | None = None
    is_included: bool = False
    due_visits: Sequence[Task] = field(default=(), converter=tuple)


@record
class ReplacementProposal:
    """The deal that offers a replacement to the customer."""

    deal: Deal
    replacement: ReplacementCandidate
    tasks: Sequence[Task] = field(default=(), converter=tuple)


class MaintenanceService:
    """Commands and queries on maintenance plans and replacements."""

    __slots__ = ()

    _environment: Environment

    @command("field_service.plan_maintenance")
    def plan_maintenance(
        self,
        uow: UnitOfWork,
        equipment_id: EquipmentId,
        title: str,
        /,
        *,
        every: Recurrence | None = None,
        every_total: Decimal | int | str = 0,
        starts_at: datetime | None = None,
        role: str = "service",
        visit_within: timedelta = timedelta(days=14),
        contract_id: ContractId | None = None,
        idempotency_key: str | None = None,
    ) -> MaintenancePlan:
        """Plan regular visits: by calendar, by meter, or whichever is first.

        Args:
            title: the title of the visits; ``{customer}`` and ``{equipment}`` are replaced by the names.
            every: the recurrence of the visits.
            every_total: the meter interval between visits.
            starts_at: the time of the first visit by calendar; now if omitted.
            visit_within: the time from the due time to the deadline of a visit.
            contract_id: the contract whose included visits are counted.

        Raises:
            BusinessRuleError: the equipment is retired, has no meter, or is not covered by the contract.
            InvalidInputError: neither `every` nor `every_total` is given.
            UnknownVariableError: the title contains an unknown variable.
        """
        equipment = uow.get(Equipment, equipment_id)
        if equipment.state is EquipmentState.RETIRED:
            raise BusinessRuleError(equipment.id, "equipment_retired", "is retired")
        if contract_id is not None and (
            reason := uow.get(ServiceContract, contract_id).exclusion_reason(equipment, uow.now.date())
        ):
            raise BusinessRuleError(
                contract_id, "not_covered", f"does not cover {equipment.id}: {reason.replace('_', ' ')}"
            )
        plan = MaintenancePlan.create(
            uow.new_id("maintenanceplan"),
            title,
            equipment=equipment,
            at=uow.now,
            starts_at=uow.now if starts_at is None else checked_timestamp("starts_at", starts_at),
            recurrence=every,
            meter_interval=every_total,
            role=role,
            due_within=visit_within,
            contract_id=contract_id,
        )
        return save_plan(uow, plan)

    @command("field_service.stop_maintenance")
    def stop_maintenance(
        self, uow: UnitOfWork, plan_id: MaintenancePlanId, /, *, idempotency_key: str | None = None
    ) -> MaintenancePlan:
        """Stop a maintenance plan. An open visit stays."""
        return uow.save(uow.get(MaintenancePlan, plan_id).stop(at=uow.now))

    @command("field_service.complete_visit")
    def complete_visit(
        self,
        uow: UnitOfWork,
        task_id: TaskId,
        /,
        *,
        reading: Decimal | int | str | None = None,
        cost: Money | None = None,
        note: str = "",
        idempotency_key: str | None = None,
    ) -> VisitResult:
        """Complete a planned visit.

        Its task is completed, the log of the equipment and the visits of the contract are updated, and the next visit is planned.

        Args:
            task_id: the task of the visit.
            reading: the meter reading.

        Raises:
            BusinessRuleError: the task is not a planned visit.
            InvalidTransitionError: the task is not open.
        """
        task = uow.get(Task, task_id)
        plan = uow.first(MaintenancePlan, Eq("task_id", task_id))
        if plan is None:
            raise BusinessRuleError(task_id, "no_planned_visit", "is no open visit of a maintenance plan")
        equipment = uow.get(Equipment, plan.equipment_id)
        if reading is not None:
            equipment = equipment.read_meter(reading, at=uow.now)
        equipment = uow.save(equipment.maintain(at=uow.now, cost=cost, note=note, task_id=task_id))
        contract, is_included = uow.get_or_none(ServiceContract, plan.contract_id), False
        if contract is not None and contract.state is ContractState.ACTIVE:
            is_included = contract.visits_left > 0
            contract = uow.save(contract.record_visit(at=uow.now))
        completed = uow.save(task.complete(at=uow.now, result=note))
        next_plan = save_plan(uow, plan.complete_visit(equipment, at=uow.now))
        due_visits = create_visits(uow, self._environment, equipment)
        return VisitResult(
            task=completed,
            equipment=equipment,
            plan=next_plan,
            contract=contract,
            is_included=is_included,
            due_visits=due_visits,
        )

    @command("field_service.propose_replacement")
    def propose_replacement(
        self,
        uow: UnitOfWork,
        equipment_id: EquipmentId,
        /,
        *,
        funnel_id: FunnelId,
        price: Money | None = None,
        idempotency_key: str | None = None,
    ) -> ReplacementProposal:
        """Open a deal that offers a replacement, in the first stage of the funnel.

        Raises:
            BusinessRuleError: no reason justifies a replacement.
        """
        equipment = uow.get(Equipment, equipment_id)
        candidate = assess_replacement(equipment, now=uow.now, price=price)
        if candidate is None:
            raise BusinessRuleError(equipment.id, "replacement_not_justified", "gives no reason to be replaced")
        customer, funnel = uow.get(Customer, equipment.customer_id), uow.get(Funnel, funnel_id)
        owner = uow.get_or_none(User, customer.owner_id)
        deal = Deal.open(
            uow.new_id("deal"),
            equipment.product,
            customer_id=customer.id,
            funnel=funnel,
            at=uow.now,
            value=price,
            owner_id=owner.id if owner else None,
            source="service",
            description=_format_reasons(candidate, customer.language or self._environment.language),
        )
        stage_entry = enter_stage(uow, self._environment, deal, funnel, customer)
        return ReplacementProposal(deal=uow.save(stage_entry.deal), replacement=candidate, tasks=stage_entry.tasks)

    @query("field_service.list_plans")
    def list_plans(self, uow: UnitOfWork, equipment_id: EquipmentId, /) -> Sequence[MaintenancePlan]:
        """List the maintenance plans of equipment, including stopped ones."""
        return uow.find(MaintenancePlan, Eq("equipment_id", uow.get(Equipment, equipment_id).id))

    @query("field_service.list_replacement_candidates")
    def list_replacement_candidates(
        self,
        uow: UnitOfWork,
        /,
        *,
        prices: Mapping[str, Money] | None = None,
        thresholds: ReplacementThresholds | None = None,
        limit: int = 100,
    ) -> Sequence[ReplacementCandidate]:
        """List equipment that should be replaced, most urgent first, with reasons.

        Args:
            prices: prices of new equipment by product, to compare repair costs with.
            thresholds: the thresholds of the reasons.
        """
        check_limit(limit)
        checked_prices = {} if prices is None else prices
        if not isinstance(checked_prices, Mapping):
            raise InvalidTypeError("prices", "must be a mapping from products to money")
        checked_thresholds = checked_type("limits", ReplacementThresholds, thresholds or ReplacementThresholds())
        return tuple(find_replacement_candidates(uow, prices=checked_prices, thresholds=checked_thresholds)[:limit])


def _format_reasons(candidate: ReplacementCandidate, language: str) -> str:
    """Format the reasons in the customer's language, one per line."""
    lines = []
    for reason in candidate.reasons:
        figure = f"{reason.figure}" if reason.rule == "failures" else f"{reason.figure * 100 // FULL} %"
        lines.append(f"{label(f'replace_{reason.rule}', language)}: {figure}")
    return "\n".join(lines)

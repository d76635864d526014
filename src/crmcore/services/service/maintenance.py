"""Looking after equipment before it fails, and replacing it before it fails for good."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from attrs import field

from crmcore.domain.criteria import Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import WrongType
from crmcore.domain.fields.build import checked_type
from crmcore.domain.fields.time import checked_moment
from crmcore.domain.funnels import Funnel
from crmcore.domain.ids import ContractId, EquipmentId, FunnelId, MaintenanceId, TaskId
from crmcore.domain.kernel import record
from crmcore.domain.people import User
from crmcore.domain.recurrence import Recurrence
from crmcore.domain.service.contracts import ContractState, ServiceContract
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.maintenance import Maintenance
from crmcore.domain.service.parts import EquipmentState
from crmcore.domain.service.replacement import WHOLE, Limits, Replacement, replacement
from crmcore.domain.tasks import Task
from crmcore.domain.texts.catalogue import label
from crmcore.domain.values.money import Money
from crmcore.services.house import House, story, view
from crmcore.services.steps.replacements import proposals
from crmcore.services.steps.stages import enter_stage
from crmcore.services.steps.visits import give_visits, watch_plan
from crmcore.services.unit import Unit, check_limit


@record
class Visited:
    """What became of a visit.

    Attributes:
        contract: the one that the visit counted for.
        included: whether it was one of those that the contract includes.
        visits: others that came due by the meter.
    """

    task: Task
    equipment: Equipment
    plan: Maintenance
    contract: ServiceContract | None = None
    included: bool = False
    visits: Sequence[Task] = field(default=(), converter=tuple)


@record
class Proposed:
    """A replacement that is offered to the customer."""

    deal: Deal
    replacement: Replacement
    tasks: Sequence[Task] = field(default=(), converter=tuple)


class Upkeep:
    """Maintenance and replacement."""

    __slots__ = ()

    house: House

    @story("service.plan_maintenance")
    def plan_maintenance(
        self,
        unit: Unit,
        id: EquipmentId,
        title: str,
        /,
        *,
        every: Recurrence | None = None,
        every_total: Decimal | int | str = 0,
        starts_at: datetime | None = None,
        role: str = "service",
        within: timedelta = timedelta(days=14),
        contract: ContractId | None = None,
        key: str | None = None,
    ) -> Maintenance:
        """Plan regular visits to a piece of equipment: by the calendar, by its meter, or by whichever comes first.

        Args:
            title: ``{customer}`` and ``{equipment}`` stand for their names.
            every: by which rule of the calendar.
            every_total: after how much on the meter.
            starts_at: when the first visit is due by the calendar; now when not given.
            within: the time that the visit may take from when it comes due.
            contract: whose included visits are counted.

        Raises:
            RuleBroken: the equipment is retired, or has no meter to go by; the contract does not cover it.
            InvalidInput: neither a rule nor a meter to go by.
            UnknownVariableError: the title has a variable that has no value.
        """
        piece = unit.get(Equipment, id)
        if piece.state is EquipmentState.RETIRED:
            raise RuleBroken(piece.id, "equipment_retired", "is retired")
        if contract is not None and (reason := unit.get(ServiceContract, contract).why_not(piece, unit.now.date())):
            raise RuleBroken(contract, "not_covered", f"does not cover {piece.id}: {reason.replace('_', ' ')}")
        plan = Maintenance.plan(
            unit.id("maintenance"),
            title,
            equipment=piece,
            at=unit.now,
            starts_at=unit.now if starts_at is None else checked_moment("starts_at", starts_at),
            every=every,
            every_total=every_total,
            role=role,
            within=within,
            contract=contract,
        )
        return watch_plan(unit, plan)

    @story("service.stop_maintenance")
    def stop_maintenance(self, unit: Unit, id: MaintenanceId, /, *, key: str | None = None) -> Maintenance:
        """Plan no further visits; one that is open stays."""
        return unit.save(unit.get(Maintenance, id).stop(at=unit.now))

    @story("service.visited")
    def visited(
        self,
        unit: Unit,
        id: TaskId,
        /,
        *,
        reading: Decimal | int | str | None = None,
        cost: Money | None = None,
        note: str = "",
        key: str | None = None,
    ) -> Visited:
        """Note that a planned visit was made: its task is done, the equipment's log says so, the contract's visit is counted, the next is planned.

        Args:
            id: of the visit's task.
            reading: what the meter showed.

        Raises:
            RuleBroken: the task is no planned visit.
            IllegalTransition: the task is not open.
        """
        task = unit.get(Task, id)
        plan = unit.one(Maintenance, Is("task", id))
        if plan is None:
            raise RuleBroken(id, "no_planned_visit", "is no open visit of a maintenance plan")
        piece = unit.get(Equipment, plan.equipment)
        if reading is not None:
            piece = piece.read(reading, at=unit.now)
        piece = unit.save(piece.maintain(at=unit.now, cost=cost, note=note, task=id))
        contract, included = unit.peek(ServiceContract, plan.contract), False
        if contract is not None and contract.state is ContractState.ACTIVE:
            included = contract.visits_left > 0
            contract = unit.save(contract.visit(at=unit.now))
        done = unit.save(task.complete(at=unit.now, result=note))
        followed = watch_plan(unit, plan.done(piece, at=unit.now))
        visits = give_visits(unit, self.house, piece)
        return Visited(task=done, equipment=piece, plan=followed, contract=contract, included=included, visits=visits)

    @story("service.propose_replacement")
    def propose_replacement(
        self, unit: Unit, id: EquipmentId, /, *, funnel: FunnelId, price: Money | None = None, key: str | None = None
    ) -> Proposed:
        """Offer the customer a new piece for one that has served its time: a deal with the reasons, in the funnel's first stage.

        Raises:
            RuleBroken: nothing speaks for it.
        """
        piece = unit.get(Equipment, id)
        proposal = replacement(piece, now=unit.now, price=price)
        if proposal is None:
            raise RuleBroken(piece.id, "no_reason", "gives no reason to be replaced")
        customer, drawn = unit.get(Customer, piece.customer), unit.get(Funnel, funnel)
        owner = unit.peek(User, customer.owner)
        deal = Deal.open(
            unit.id("deal"),
            piece.product,
            customer=customer.id,
            funnel=drawn,
            at=unit.now,
            value=price,
            owner=owner.id if owner else None,
            source="service",
            about=_reasons(proposal, customer.language or self.house.language),
        )
        entered = enter_stage(unit, self.house, deal, drawn, customer)
        return Proposed(deal=unit.save(entered.deal), replacement=proposal, tasks=entered.tasks)

    @view("service.plans")
    def plans(self, unit: Unit, id: EquipmentId, /) -> Sequence[Maintenance]:
        """Read the maintenance plans of a piece of equipment, those that have ended included."""
        return unit.find(Maintenance, Is("equipment", unit.get(Equipment, id).id))

    @view("service.replacements")
    def replacements(
        self,
        unit: Unit,
        /,
        *,
        prices: Mapping[str, Money] | None = None,
        limits: Limits | None = None,
        limit: int = 100,
    ) -> Sequence[Replacement]:
        """List what should be replaced, the most urgent first, with every reason.

        Args:
            prices: of new pieces, by product, to compare the repairs with.
            limits: from where on something counts.
        """
        check_limit(limit)
        costs = {} if prices is None else prices
        if not isinstance(costs, Mapping):
            raise WrongType("prices", "must be a mapping from products to money")
        bounds = checked_type("limits", Limits, limits or Limits())
        return tuple(proposals(unit, prices=costs, limits=bounds)[:limit])


def _reasons(proposal: Replacement, language: str) -> str:
    """Tell the reasons in a customer's language, a line each."""
    lines = []
    for reason in proposal.reasons:
        figure = f"{reason.figure}" if reason.rule == "failures" else f"{reason.figure * 100 // WHOLE} %"
        lines.append(f"{label(f'replace_{reason.rule}', language)}: {figure}")
    return "\n".join(lines)

"""What customers have from us: installing, reading, failures, repairs, and the end."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from attrs import field

from crmcore.domain.criteria import All, Criterion, Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.conflicts import Taken
from crmcore.domain.fields.part import checked_member
from crmcore.domain.fields.text import checked_text
from crmcore.domain.fields.time import checked_moment, checked_span
from crmcore.domain.gaps import fill
from crmcore.domain.ids import CustomerId, DealId, EquipmentId, check_id
from crmcore.domain.kernel import record
from crmcore.domain.people import OWNER
from crmcore.domain.service.contracts import Entitlement
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.maintenance import Maintenance
from crmcore.domain.service.parts import EquipmentState, LogLine
from crmcore.domain.tasks import Priority, Task
from crmcore.domain.values.money import Money
from crmcore.services.house import House, story, view
from crmcore.services.service.contracts import entitled
from crmcore.services.steps.people import take_turn
from crmcore.services.steps.tasks import give_task
from crmcore.services.steps.visits import REPAIR, give_visits
from crmcore.services.unit import Unit, check_limit


@record
class Metered:
    """What became of a reading.

    Attributes:
        tasks: visits that came due by it.
    """

    equipment: Equipment
    tasks: Sequence[Task] = field(default=(), converter=tuple)


@record
class Failed:
    """What became of a failure.

    Attributes:
        entitlement: what the customer may expect, and why.
        task: the repair.
    """

    equipment: Equipment
    entitlement: Entitlement
    task: Task


class EquipmentCare:
    """What customers have from us."""

    __slots__ = ()

    house: House

    @story("service.install")
    def install(
        self,
        unit: Unit,
        product: str,
        /,
        *,
        customer: CustomerId,
        serial: str | None = None,
        place: str = "",
        deal: DealId | None = None,
        installed_at: datetime | None = None,
        warranty_until: date | None = None,
        expected_life: timedelta | None = None,
        meter: str = "",
        expected_total: Decimal | int | str = 0,
        key: str | None = None,
    ) -> Equipment:
        """Note that a customer has a piece of equipment.

        Args:
            deal: by which it was sold.
            installed_at: now when not given.
            warranty_until: the first day without warranty.
            expected_life: how long such a piece usually lasts.
            meter: what its meter counts: ``hours``, ``km``.
            expected_total: how much the meter usually counts by the end of its life.

        Raises:
            Taken: a piece of that product has that serial number.
            NotFound: no such customer or deal.
            InvalidInput: a field that cannot be.
        """
        piece = Equipment.install(
            unit.id("equipment"),
            product,
            customer=unit.get(Customer, customer).id,
            at=unit.now,
            installed_at=unit.now if installed_at is None else checked_moment("installed_at", installed_at),
            serial=serial,
            place=place,
            deal=None if deal is None else unit.get(Deal, deal).id,
            warranty_until=warranty_until,
            expected_life=expected_life,
            meter=meter,
            expected_total=expected_total,
        )
        same = (
            None if piece.serial is None else unit.one(Equipment, Is("serial", piece.serial) & Is("product", product))
        )
        if same is not None:
            raise Taken("equipment", "serial", holder=same.id)
        return unit.save(piece)

    @story("service.read_meter")
    def read_meter(
        self,
        unit: Unit,
        id: EquipmentId,
        reading: Decimal | int | str,
        /,
        *,
        replaced: bool = False,
        key: str | None = None,
    ) -> Metered:
        """Note what a meter shows. Maintenance that has come due by it is given to somebody at once.

        Args:
            replaced: whether the meter is a new one, which began at zero.

        Raises:
            RuleBroken: there is no meter, or it would have run backwards.
        """
        piece = unit.save(unit.get(Equipment, id).read(reading, at=unit.now, replaced=replaced))
        return Metered(equipment=piece, tasks=give_visits(unit, self.house, piece))

    @story("service.report_failure")
    def report_failure(
        self,
        unit: Unit,
        id: EquipmentId,
        /,
        *,
        cause: str = "",
        note: str = "",
        role: str = "service",
        within: timedelta = timedelta(days=2),
        key: str | None = None,
    ) -> Failed:
        """Note that a piece of equipment does not work, and send somebody: as soon as the contract promises, else within the time given.

        Raises:
            IllegalTransition: it is broken already, or retired.
        """
        piece = unit.get(Equipment, id)
        role = checked_text("role", role, limit=60)
        customer = unit.get(Customer, piece.customer)
        promised = entitled(unit, self.house, piece)
        task = give_task(
            unit,
            self.house,
            fill("{equipment}: {customer}", {"equipment": piece.product, "customer": customer.display_name}),
            kind=REPAIR,
            assignee=take_turn(unit, role=role, ring=f"service:{role}").user,
            role="" if role == OWNER else role,
            due_at=unit.now + (promised.responds_within or checked_span("within", within)),
            priority=Priority.HIGH,
            customer=customer.id,
            equipment=piece.id,
            note=note,
        )
        failed = unit.save(piece.fail(at=unit.now, cause=cause, note=note, task=task.id))
        return Failed(equipment=failed, entitlement=promised, task=task)

    @story("service.repaired")
    def repaired(
        self,
        unit: Unit,
        id: EquipmentId,
        /,
        *,
        cost: Money | None = None,
        cause: str = "",
        note: str = "",
        key: str | None = None,
    ) -> Equipment:
        """Note that a piece of equipment works again, and what that cost us.

        Raises:
            IllegalTransition: it is not broken.
            MixedCurrencies: its earlier repairs were paid in another currency.
        """
        return unit.save(unit.get(Equipment, id).repair(at=unit.now, cost=cost, cause=cause, note=note))

    @story("service.retire")
    def retire(self, unit: Unit, id: EquipmentId, /, *, note: str = "", key: str | None = None) -> Equipment:
        """Take a piece of equipment out of use for good; nobody looks after it any more.

        Raises:
            IllegalTransition: it is retired.
        """
        retired = unit.save(unit.get(Equipment, id).retire(at=unit.now, note=note))
        for plan in unit.find(Maintenance, Is("equipment", id) & Is("active", True)):
            unit.save(plan.stop(at=unit.now))
        return retired

    @view("service.equipment")
    def equipment(self, unit: Unit, id: EquipmentId, /) -> Equipment:
        """Read a piece of equipment."""
        return unit.get(Equipment, id)

    @view("service.log")
    def log(self, unit: Unit, id: EquipmentId, /) -> Sequence[LogLine]:
        """Read everything that happened to a piece of equipment, the oldest first."""
        return unit.entries(unit.get(Equipment, id))

    @view("service.list")
    def list(
        self,
        unit: Unit,
        /,
        *,
        customer: CustomerId | None = None,
        state: EquipmentState | str | None = None,
        after: Equipment | None = None,
        limit: int = 100,
    ) -> Sequence[Equipment]:
        """Read equipment, a page at a time, the oldest first."""
        check_limit(limit)
        where: list[Criterion] = []
        if customer is not None:
            check_id("customer", customer)
            where.append(Is("customer", customer))
        if state is not None:
            where.append(Is("state", checked_member("state", EquipmentState, state)))
        return unit.find(Equipment, All(tuple(where)), after=after, limit=limit)

"""What we have promised for customers' equipment."""

from collections.abc import Sequence
from datetime import date, timedelta

from crmcore.domain.criteria import All, Compare, Criterion, Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.conflicts import Taken
from crmcore.domain.fields.part import listed
from crmcore.domain.fields.time import checked_day
from crmcore.domain.ids import ContractId, CustomerId, EquipmentId, check_id
from crmcore.domain.service.contracts import ContractState, Entitlement, ServiceContract, entitlement
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.values.money import Money
from crmcore.domain.zones import zone_of
from crmcore.services.house import House, story, view
from crmcore.services.unit import Unit, check_limit


class Contracts:
    """Service contracts."""

    __slots__ = ()

    house: House

    @story("service.sign")
    def sign(
        self,
        unit: Unit,
        title: str,
        /,
        *,
        customer: CustomerId,
        since: date,
        until: date,
        covers: Sequence[EquipmentId] = (),
        number: str | None = None,
        responds_within: timedelta | None = None,
        visits: int | None = None,
        parts_included: bool = False,
        price: Money | None = None,
        key: str | None = None,
    ) -> ServiceContract:
        """Note a service contract.

        Args:
            since: its first day, in the house's zone; `until` is the first day without it.
            covers: which equipment; all of the customer's when none is named.
            responds_within: how soon somebody comes after a failure.
            visits: how many are included; without a limit when not given.

        Raises:
            Taken: a contract has that number.
            NotFound: no such customer or equipment.
            RuleBroken: a piece of equipment is another customer's.
            OutOfRange: it ends before it begins.
        """
        person = unit.get(Customer, customer)
        pieces = [_theirs(unit.get(Equipment, piece), person.id).id for piece in listed("covers", covers)]
        signed = ServiceContract.sign(
            unit.id("contract"),
            title,
            customer=person.id,
            since=since,
            until=until,
            at=unit.now,
            covers=pieces,
            number=number,
            responds_within=responds_within,
            visits=visits,
            parts_included=parts_included,
            price=price,
        )
        same = None if signed.number is None else unit.one(ServiceContract, Is("number", signed.number))
        if same is not None:
            raise Taken("contract", "number", holder=same.id)
        return unit.save(signed)

    @story("service.renew")
    def renew(self, unit: Unit, id: ContractId, /, *, until: date, key: str | None = None) -> ServiceContract:
        """Let a contract go on from its end, with its visits counted anew.

        Raises:
            RuleBroken: it is cancelled.
            OutOfRange: the new end does not lie behind the old one.
        """
        return unit.save(unit.get(ServiceContract, id).renew(until, at=unit.now))

    @story("service.cover")
    def cover(
        self, unit: Unit, id: ContractId, equipment: EquipmentId, /, *, key: str | None = None
    ) -> ServiceContract:
        """Take another piece of equipment into a contract.

        Raises:
            RuleBroken: the contract is cancelled, or the equipment is another customer's.
        """
        contract = unit.get(ServiceContract, id)
        piece = _theirs(unit.get(Equipment, equipment), contract.customer)
        return unit.save(contract.cover(piece.id, at=unit.now))

    @story("service.cancel_contract")
    def cancel_contract(self, unit: Unit, id: ContractId, /, *, key: str | None = None) -> ServiceContract:
        """End a contract before its time.

        Raises:
            IllegalTransition: it is cancelled.
        """
        return unit.save(unit.get(ServiceContract, id).cancel(at=unit.now))

    @view("service.entitlement")
    def entitlement(self, unit: Unit, id: EquipmentId, /, *, on: date | None = None) -> Entitlement:
        """Say what a customer may expect for a piece of equipment, and why.

        Args:
            on: which day, in the house's zone; today when not given.
        """
        return entitled(unit, self.house, unit.get(Equipment, id), on=on)

    @view("service.contracts")
    def contracts(
        self,
        unit: Unit,
        /,
        *,
        customer: CustomerId | None = None,
        ending_by: date | None = None,
        after: ServiceContract | None = None,
        limit: int = 100,
    ) -> Sequence[ServiceContract]:
        """Read contracts, those that end first first.

        Args:
            ending_by: only active ones that end by that day, to be renewed in time.
        """
        check_limit(limit)
        where: list[Criterion] = []
        if customer is not None:
            check_id("customer", customer)
            where.append(Is("customer", customer))
        if ending_by is not None:
            where += [Is("state", ContractState.ACTIVE), Compare("until", "<=", checked_day("ending_by", ending_by))]
        return unit.find(ServiceContract, All(tuple(where)), order="until", after=after, limit=limit)


def entitled(unit: Unit, house: House, equipment: Equipment, *, on: date | None = None) -> Entitlement:
    """Decide what a customer may expect for a piece of equipment."""
    today = unit.now.astimezone(zone_of(house.zone)).date()
    theirs = unit.find(ServiceContract, Is("customer", equipment.customer))
    return entitlement(equipment, theirs, on=today if on is None else checked_day("on", on))


def _theirs(equipment: Equipment, customer: CustomerId) -> Equipment:
    if equipment.customer != customer:
        raise RuleBroken(equipment.id, "another_customers", "belongs to another customer")
    return equipment

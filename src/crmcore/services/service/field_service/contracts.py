"""Service contracts, and the entitlements of equipment under them."""

from collections.abc import Sequence
from datetime import date, timedelta

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import And, Compare, Criterion, Eq
from crmcore.domain.kernel.errors.conflicts import DuplicateKeyError
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.fields.composite import as_tuple
from crmcore.domain.kernel.fields.time import checked_date
from crmcore.domain.kernel.ids import ContractId, CustomerId, EquipmentId, check_id
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.kernel.zones import zone_of
from crmcore.domain.service.field_service.contracts import ContractState, Entitlement, ServiceContract, entitlement
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork, check_limit


class ContractService:
    """Commands and queries on service contracts."""

    __slots__ = ()

    _environment: Environment

    @command("field_service.create_contract")
    def create_contract(
        self,
        uow: UnitOfWork,
        title: str,
        /,
        *,
        customer_id: CustomerId,
        since: date,
        until: date,
        equipment_ids: Sequence[EquipmentId] = (),
        number: str | None = None,
        responds_within: timedelta | None = None,
        visits: int | None = None,
        parts_included: bool = False,
        price: Money | None = None,
        idempotency_key: str | None = None,
    ) -> ServiceContract:
        """Create a service contract.

        Args:
            since: its first day, in the configured time zone; `until` is the first day without it.
            equipment_ids: the covered equipment; all equipment of the customer if omitted.
            responds_within: the target time from a failure to the repair.
            visits: the number of included visits; unlimited if omitted.

        Raises:
            DuplicateKeyError: a contract has the number.
            NotFoundError: no such customer or equipment.
            BusinessRuleError: equipment belongs to another customer.
            OutOfRangeError: the contract ends before it begins.
        """
        customer = uow.get(Customer, customer_id)
        known_equipment_ids = [
            _require_owned_by(uow.get(Equipment, equipment_id), customer.id).id
            for equipment_id in as_tuple("covers", equipment_ids)
        ]
        contract = ServiceContract.create(
            uow.new_id("contract"),
            title,
            customer_id=customer.id,
            since=since,
            until=until,
            at=uow.now,
            equipment_ids=known_equipment_ids,
            number=number,
            respond_within=responds_within,
            included_visits=visits,
            includes_parts=parts_included,
            price=price,
        )
        existing = None if contract.number is None else uow.first(ServiceContract, Eq("number", contract.number))
        if existing is not None:
            raise DuplicateKeyError("contract", "number", existing_id=existing.id)
        return uow.save(contract)

    @command("field_service.renew_contract")
    def renew_contract(
        self, uow: UnitOfWork, contract_id: ContractId, /, *, until: date, idempotency_key: str | None = None
    ) -> ServiceContract:
        """Renew a contract from its end; the count of its visits restarts.

        Raises:
            BusinessRuleError: the contract is cancelled.
            OutOfRangeError: the new end is not after the old one.
        """
        return uow.save(uow.get(ServiceContract, contract_id).renew(until, at=uow.now))

    @command("field_service.add_coverage")
    def add_coverage(
        self,
        uow: UnitOfWork,
        contract_id: ContractId,
        equipment_id: EquipmentId,
        /,
        *,
        idempotency_key: str | None = None,
    ) -> ServiceContract:
        """Add equipment to the coverage of a contract.

        Raises:
            BusinessRuleError: the contract is cancelled, or the equipment belongs to another customer.
        """
        contract = uow.get(ServiceContract, contract_id)
        known_equipment = _require_owned_by(uow.get(Equipment, equipment_id), contract.customer_id)
        return uow.save(contract.add_coverage(known_equipment.id, at=uow.now))

    @command("field_service.cancel_contract")
    def cancel_contract(
        self, uow: UnitOfWork, contract_id: ContractId, /, *, idempotency_key: str | None = None
    ) -> ServiceContract:
        """Cancel a contract before its end.

        Raises:
            InvalidTransitionError: the contract is cancelled.
        """
        return uow.save(uow.get(ServiceContract, contract_id).cancel(at=uow.now))

    @query("field_service.entitlement")
    def entitlement(self, uow: UnitOfWork, equipment_id: EquipmentId, /, *, on: date | None = None) -> Entitlement:
        """Return the entitlement of equipment: warranty, contract, response time.

        Args:
            on: the day, in the configured time zone; today if omitted.
        """
        return compute_entitlement(uow, self._environment, uow.get(Equipment, equipment_id), on=on)

    @query("field_service.list_contracts")
    def list_contracts(
        self,
        uow: UnitOfWork,
        /,
        *,
        customer_id: CustomerId | None = None,
        ending_by: date | None = None,
        after: ServiceContract | None = None,
        limit: int = 100,
    ) -> Sequence[ServiceContract]:
        """List contracts by end date.

        Args:
            ending_by: only active contracts that end on or before this day.
        """
        check_limit(limit)
        where: list[Criterion] = []
        if customer_id is not None:
            check_id("customer", customer_id)
            where.append(Eq("customer_id", customer_id))
        if ending_by is not None:
            where += [Eq("state", ContractState.ACTIVE), Compare("until", "<=", checked_date("ending_by", ending_by))]
        return uow.find(ServiceContract, And(tuple(where)), order="until", after=after, limit=limit)


def compute_entitlement(
    uow: UnitOfWork, environment: Environment, equipment: Equipment, *, on: date | None = None
) -> Entitlement:
    """Compute the entitlement of equipment."""
    today = uow.now.astimezone(zone_of(environment.time_zone)).date()
    contracts = uow.find(ServiceContract, Eq("customer_id", equipment.customer_id))
    return entitlement(equipment, contracts, on=today if on is None else checked_date("on", on))


def _require_owned_by(equipment: Equipment, customer_id: CustomerId) -> Equipment:
    if equipment.customer_id != customer_id:
        raise BusinessRuleError(equipment.id, "equipment_of_other_customer", "belongs to another customer")
    return equipment

"""Service contracts, and what a customer is entitled to.

Invariants:
    1. An entitlement names the contract or the warranty that covers it, and every rejected contract with the reason.
    2. Visits are counted when they are made, also beyond the included number.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, Transitions, check_transition, record, value
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.errors.validation import OutOfRangeError
from crmcore.domain.kernel.ids import ContractId, CustomerId, EquipmentId
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.parts import Coverage

UNLIMITED_VISITS: Final = 10_000
"""The included visits of a contract without a limit."""


class ContractState(Enum):
    """The state of a contract."""

    ACTIVE = "active"
    CANCELLED = "cancelled"


CONTRACT_TRANSITIONS: Final[Transitions[ContractState]] = {
    ContractState.ACTIVE: frozenset({ContractState.CANCELLED}),
    ContractState.CANCELLED: frozenset(),
}


@record
class ContractSigned(Event):
    """A contract was signed or renewed."""

    name: ClassVar[str] = "contract.signed"
    customer_id: CustomerId = fields.id_of("customer")
    since: date = fields.date()
    until: date = fields.date()


@record
class ContractUpdated(Event):
    """The coverage of a contract changed, or a visit was made."""

    name: ClassVar[str] = "contract.updated"
    visits_made: int = fields.integer()


@record
class ContractCancelled(Event):
    """A contract was cancelled."""

    name: ClassVar[str] = "contract.cancelled"


@record
class ServiceContract(Entity):
    """A service contract for a customer's equipment.

    Attributes:
        coverage: the equipment; all of the customer's when it is empty.
        since: the first day; `until` is the first day after it.
        respond_within: the time to the first response after a failure; None without a target.
        included_visits: the number of included visits.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "contract",
        "contracts",
        unique_keys=(("number",),),
        indexes=(("customer_id",), ("coverage.equipment_id",), ("until",)),
        child_tables={"coverage": "contract_coverage"},
    )

    id: ContractId = fields.id_of("contract")
    customer_id: CustomerId = fields.id_of("customer")
    title: str = fields.text(personal=False)
    number: str | None = fields.text(personal=False, max_length=100, optional=True, default=None)
    coverage: tuple[Coverage, ...] = fields.embedded_list(Coverage, default=())
    since: date = fields.date()
    until: date = fields.date()
    respond_within: timedelta | None = fields.duration(optional=True, default=None)
    included_visits: int = fields.integer(max=UNLIMITED_VISITS, default=UNLIMITED_VISITS)
    visits_made: int = fields.integer(default=0)
    includes_parts: bool = fields.boolean(default=False)
    price: Money | None = fields.embedded(Money, optional=True, default=None)
    state: ContractState = fields.enum(ContractState, default=ContractState.ACTIVE)
    signed_at: datetime = fields.timestamp()

    @classmethod
    def create(
        cls,
        id: ContractId,
        title: str,
        *,
        customer_id: CustomerId,
        since: date,
        until: date,
        at: datetime,
        equipment_ids: Sequence[EquipmentId] = (),
        number: str | None = None,
        respond_within: timedelta | None = None,
        included_visits: int | None = None,
        includes_parts: bool = False,
        price: Money | None = None,
    ) -> Self:
        """Create a contract.

        Args:
            included_visits: None for no limit.
            (others): as the attributes.

        Raises:
            OutOfRangeError: it ends before it begins.
            InvalidInputError: a field that cannot be.
        """
        contract = cls(
            id=id,
            customer_id=customer_id,
            title=title,
            number=number,
            coverage=tuple(Coverage(equipment_id) for equipment_id in dict.fromkeys(equipment_ids)),
            since=since,
            until=until,
            respond_within=respond_within,
            included_visits=UNLIMITED_VISITS if included_visits is None else included_visits,
            includes_parts=includes_parts,
            price=price,
            signed_at=at,
        )
        if contract.until <= contract.since:
            raise OutOfRangeError("contract.until", "must lie after contract.since")
        return contract._record(
            ContractSigned(at=at, customer_id=customer_id, since=contract.since, until=contract.until)
        )

    def renew(self, until: date, *, at: datetime) -> Self:
        """Extend the contract from its end, and count its visits from zero.

        Raises:
            BusinessRuleError: it is cancelled.
            OutOfRangeError: the new end is not after the old one.
        """
        self._require_active()
        after = self._record(
            ContractSigned(at=at, customer_id=self.customer_id, since=self.until, until=until),
            until=until,
            visits_made=0,
        )
        if after.until <= self.until:
            raise OutOfRangeError("contract.until", f"must lie after {self.until}")
        return after

    def add_coverage(self, equipment_id: EquipmentId, *, at: datetime) -> Self:
        """Add equipment to the coverage.

        Raises:
            BusinessRuleError: it is cancelled.
        """
        self._require_active()
        new_coverage = Coverage(equipment_id)
        if new_coverage in self.coverage:
            return self
        return self._record(
            ContractUpdated(at=at, visits_made=self.visits_made), coverage=(*self.coverage, new_coverage)
        )

    def record_visit(self, *, at: datetime) -> Self:
        """Count a visit.

        Raises:
            BusinessRuleError: it is cancelled.
        """
        self._require_active()
        visits_made = self.visits_made + 1
        return self._record(ContractUpdated(at=at, visits_made=visits_made), visits_made=visits_made)

    def cancel(self, *, at: datetime) -> Self:
        """Cancel the contract before its end.

        Raises:
            InvalidTransitionError: it is cancelled.
        """
        check_transition(self.id, CONTRACT_TRANSITIONS, self.state, ContractState.CANCELLED)
        return self._record(ContractCancelled(at=at), state=ContractState.CANCELLED)

    @property
    def visits_left(self) -> int:
        """The number of included visits that are left."""
        return max(0, self.included_visits - self.visits_made)

    def exclusion_reason(self, equipment: Equipment, on: date) -> str:
        """Return why the contract does not cover equipment; empty if it does."""
        if self.customer_id != equipment.customer_id:
            return "equipment_of_other_customer"
        if self.state is ContractState.CANCELLED:
            return "cancelled"
        if on < self.since:
            return "not_begun"
        if on >= self.until:
            return "ended"
        if self.coverage and Coverage(equipment.id) not in self.coverage:
            return "other_equipment"
        return ""

    def _require_active(self) -> None:
        if self.state is ContractState.CANCELLED:
            raise BusinessRuleError(self.id, "contract_cancelled", "is cancelled")


@value
class RejectedContract:
    """A contract that does not cover the equipment, and why."""

    contract_id: ContractId = fields.id_of("contract")
    reason: str = fields.text(personal=False)


@record
class Entitlement:
    """What a customer is entitled to, and why.

    Attributes:
        rule: what decided: ``contract``, ``warranty`` or ``nothing``.
        contract_id: the contract that covers it.
        respond_within: the time to the first response.
        is_free: whether it is free for the customer.
        rejected: the contracts that do not cover it.
    """

    rule: str = fields.text(personal=False)
    contract_id: ContractId | None = fields.id_of("contract", optional=True, default=None)
    respond_within: timedelta | None = fields.duration(optional=True, default=None)
    is_free: bool = fields.boolean(default=False)
    rejected: tuple[RejectedContract, ...] = fields.embedded_list(RejectedContract, default=())


def entitlement(equipment: Equipment, contracts: Sequence[ServiceContract], *, on: date) -> Entitlement:
    """Decide the entitlement for equipment on a day.

    The contract with the quickest response comes first, then the warranty.
    """
    reasons = [(contract, contract.exclusion_reason(equipment, on)) for contract in contracts]
    rejected = tuple(RejectedContract(contract.id, reason) for contract, reason in reasons if reason)
    covering = sorted((contract for contract, reason in reasons if not reason), key=_by_response_time)
    warranty = equipment.is_under_warranty(on)
    if covering:
        best = covering[0]
        is_free = best.includes_parts or warranty
        return Entitlement(
            rule="contract", contract_id=best.id, respond_within=best.respond_within, is_free=is_free, rejected=rejected
        )
    return Entitlement(rule="warranty" if warranty else "nothing", is_free=warranty, rejected=rejected)


def _by_response_time(contract: ServiceContract) -> tuple[timedelta, str]:
    return (timedelta.max if contract.respond_within is None else contract.respond_within, contract.id)

"""Service contracts: what we have promised for a customer's equipment, and whether a case is covered.

Rule 1: whether something is covered is a decision that explains itself: by a contract, by the warranty, or by nothing, and why not.
Rule 2: visits are counted when they are made. Those beyond what the contract includes are made all the same, and paid for.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.ids import ContractId, CustomerId, EquipmentId
from crmcore.domain.kernel import Entity, Event, Shape, Transitions, check_move, record, value
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.parts import Coverage
from crmcore.domain.values.money import Money

UNLIMITED: Final = 10_000
"""How many visits a contract without a limit includes."""


class ContractState(Enum):
    """Where a contract stands."""

    ACTIVE = "active"
    CANCELLED = "cancelled"


CONTRACT_LIFE: Final[Transitions[ContractState]] = {
    ContractState.ACTIVE: frozenset({ContractState.CANCELLED}),
    ContractState.CANCELLED: frozenset(),
}


@record
class ContractSigned(Event):
    """A customer signed a service contract, or one was renewed."""

    name: ClassVar[str] = "contract.signed"
    customer: CustomerId = fields.ref("customer")
    since: date = fields.day()
    until: date = fields.day()


@record
class ContractChanged(Event):
    """What a contract covers changed, or one of its visits was made."""

    name: ClassVar[str] = "contract.changed"
    visits_made: int = fields.whole()


@record
class ContractCancelled(Event):
    """A contract ended before its time."""

    name: ClassVar[str] = "contract.cancelled"


@record
class ServiceContract(Entity):
    """What we have promised for a customer's equipment.

    Attributes:
        covers: the equipment; all of the customer's when there is none.
        since: its first day; `until` is the first day without it.
        responds_within: how soon somebody comes after a failure; None when nothing is promised.
        visits: how many visits are included in its time.
    """

    shape: ClassVar[Shape] = Shape(
        "contract",
        "contracts",
        unique=(("number",),),
        indexes=(("customer",), ("covers.equipment",), ("until",)),
        tables={"covers": "contract_coverage"},
    )

    id: ContractId = fields.ref("contract")
    customer: CustomerId = fields.ref("customer")
    title: str = fields.text(personal=False)
    number: str | None = fields.text(personal=False, limit=100, optional=True, default=None)
    covers: tuple[Coverage, ...] = fields.parts(Coverage, default=())
    since: date = fields.day()
    until: date = fields.day()
    responds_within: timedelta | None = fields.span(optional=True, default=None)
    visits: int = fields.whole(most=UNLIMITED, default=UNLIMITED)
    visits_made: int = fields.whole(default=0)
    parts_included: bool = fields.flag(default=False)
    price: Money | None = fields.part(Money, optional=True, default=None)
    state: ContractState = fields.one_of(ContractState, default=ContractState.ACTIVE)
    signed_at: datetime = fields.moment()

    @classmethod
    def sign(
        cls,
        id: ContractId,
        title: str,
        *,
        customer: CustomerId,
        since: date,
        until: date,
        at: datetime,
        covers: Sequence[EquipmentId] = (),
        number: str | None = None,
        responds_within: timedelta | None = None,
        visits: int | None = None,
        parts_included: bool = False,
        price: Money | None = None,
    ) -> Self:
        """Note a contract.

        Args:
            visits: how many are included; without a limit when not given.
            (others): as the attributes.

        Raises:
            OutOfRange: it ends before it begins.
            InvalidInput: a field that cannot be.
        """
        contract = cls(
            id=id,
            customer=customer,
            title=title,
            number=number,
            covers=tuple(Coverage(piece) for piece in dict.fromkeys(covers)),
            since=since,
            until=until,
            responds_within=responds_within,
            visits=UNLIMITED if visits is None else visits,
            parts_included=parts_included,
            price=price,
            signed_at=at,
        )
        if contract.until <= contract.since:
            raise OutOfRange("contract.until", "must lie after contract.since")
        return contract._after(ContractSigned(at=at, customer=customer, since=contract.since, until=contract.until))

    def renew(self, until: date, *, at: datetime) -> Self:
        """Let it go on from its end, with its visits counted anew.

        Raises:
            RuleBroken: it is cancelled.
            OutOfRange: the new end does not lie behind the old one.
        """
        self._require_active()
        after = self._after(
            ContractSigned(at=at, customer=self.customer, since=self.until, until=until), until=until, visits_made=0
        )
        if after.until <= self.until:
            raise OutOfRange("contract.until", f"must lie after {self.until}")
        return after

    def cover(self, equipment: EquipmentId, *, at: datetime) -> Self:
        """Take another piece of equipment into it.

        Raises:
            RuleBroken: it is cancelled.
        """
        self._require_active()
        coverage = Coverage(equipment)
        if coverage in self.covers:
            return self
        return self._after(ContractChanged(at=at, visits_made=self.visits_made), covers=(*self.covers, coverage))

    def visit(self, *, at: datetime) -> Self:
        """Count a visit.

        Raises:
            RuleBroken: it is cancelled.
        """
        self._require_active()
        made = self.visits_made + 1
        return self._after(ContractChanged(at=at, visits_made=made), visits_made=made)

    def cancel(self, *, at: datetime) -> Self:
        """End it before its time.

        Raises:
            IllegalTransition: it is cancelled.
        """
        check_move(self.id, CONTRACT_LIFE, self.state, ContractState.CANCELLED)
        return self._after(ContractCancelled(at=at), state=ContractState.CANCELLED)

    @property
    def visits_left(self) -> int:
        """How many of the included visits have not been made."""
        return max(0, self.visits - self.visits_made)

    def why_not(self, equipment: Equipment, on: date) -> str:
        """Why the contract does not cover a piece of equipment on a day, as a word; nothing when it does."""
        if self.customer != equipment.customer:
            return "another_customers"
        if self.state is ContractState.CANCELLED:
            return "cancelled"
        if on < self.since:
            return "not_begun"
        if on >= self.until:
            return "ended"
        if self.covers and Coverage(equipment.id) not in self.covers:
            return "other_equipment"
        return ""

    def _require_active(self) -> None:
        if self.state is ContractState.CANCELLED:
            raise RuleBroken(self.id, "contract_cancelled", "is cancelled")


@value
class Passed:
    """A contract that does not cover the case, and why."""

    contract: ContractId = fields.ref("contract")
    reason: str = fields.text(personal=False)


@record
class Entitlement:
    """Whether a case is covered, and why.

    Attributes:
        rule: what decided: ``contract``, ``warranty`` or ``nothing``.
        contract: which one covers it.
        responds_within: how soon somebody has to be there.
        free: whether the customer pays nothing.
        passed: the contracts that do not cover it.
    """

    rule: str = fields.text(personal=False)
    contract: ContractId | None = fields.ref("contract", optional=True, default=None)
    responds_within: timedelta | None = fields.span(optional=True, default=None)
    free: bool = fields.flag(default=False)
    passed: tuple[Passed, ...] = fields.parts(Passed, default=())


def entitlement(equipment: Equipment, contracts: Sequence[ServiceContract], *, on: date) -> Entitlement:
    """Decide what a customer may expect for a piece of equipment on a day: the quickest contract counts, then the warranty."""
    reasons = [(contract, contract.why_not(equipment, on)) for contract in contracts]
    passed = tuple(Passed(contract.id, reason) for contract, reason in reasons if reason)
    fitting = sorted((contract for contract, reason in reasons if not reason), key=_quickest_first)
    warranty = equipment.under_warranty(on)
    if fitting:
        best = fitting[0]
        free = best.parts_included or warranty
        return Entitlement(
            rule="contract", contract=best.id, responds_within=best.responds_within, free=free, passed=passed
        )
    return Entitlement(rule="warranty" if warranty else "nothing", free=warranty, passed=passed)


def _quickest_first(contract: ServiceContract) -> tuple[timedelta, str]:
    return (timedelta.max if contract.responds_within is None else contract.responds_within, contract.id)

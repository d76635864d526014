"""Equipment: what a customer has from us, how it wears and fails, and what it has cost.

Rule 1: a meter never runs backwards. One that was replaced is said to be, and what the old one had counted is kept.
Rule 2: what a report asks about (failures, their cost, the last reading) is kept with the equipment; how it came about is its log.
Rule 3: nothing happens to what is retired.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import OutOfRange
from crmcore.domain.ids import CustomerId, DealId, EquipmentId, TaskId
from crmcore.domain.kernel import Entity, Event, Shape, Transitions, check_move, record
from crmcore.domain.service.parts import METER_PLACES, EquipmentState, LogKind, LogLine
from crmcore.domain.values.money import Money

EQUIPMENT_LIFE: Final[Transitions[EquipmentState]] = {
    EquipmentState.RUNNING: frozenset({EquipmentState.BROKEN, EquipmentState.RETIRED}),
    EquipmentState.BROKEN: frozenset({EquipmentState.RUNNING, EquipmentState.RETIRED}),
    EquipmentState.RETIRED: frozenset(),
}


@record
class EquipmentInstalled(Event):
    """A customer got a piece of equipment."""

    name: ClassVar[str] = "equipment.installed"
    customer: CustomerId = fields.ref("customer")
    product: str = fields.text(personal=False)


@record
class EquipmentRead(Event):
    """A meter was read.

    Attributes:
        total: what all its meters have counted.
    """

    name: ClassVar[str] = "equipment.read"
    total: Decimal = fields.exact(places=METER_PLACES)


@record
class EquipmentFailed(Event):
    """A piece of equipment failed."""

    name: ClassVar[str] = "equipment.failed"
    cause: str = fields.text(personal=False, limit=100, default="", blank=True)


@record
class EquipmentServiced(Event):
    """A piece of equipment was repaired or maintained."""

    name: ClassVar[str] = "equipment.serviced"
    kind: LogKind = fields.one_of(LogKind)
    cost: Money | None = fields.part(Money, optional=True, default=None)


@record
class EquipmentRetired(Event):
    """A piece of equipment went out of use."""

    name: ClassVar[str] = "equipment.retired"


@record
class Equipment(Entity):
    """A piece of equipment at a customer's.

    Attributes:
        product: what it is: ``Boiler 24 kW``.
        serial: the maker's number; no two pieces of one product have the same.
        place: where it stands.
        meter: what its meter counts: ``hours``, ``km``; empty without a meter.
        reading: what the meter showed last; `total` is what all its meters have counted.
        warranty_until: the first day without warranty.
        expected_life: how long such a piece usually lasts; `expected_total` how much its meter usually counts by then.
        failures: how often it failed; `repair_cost` what repairs have cost us.
    """

    shape: ClassVar[Shape] = Shape(
        "equipment",
        "equipment",
        unique=(("serial", "product"),),
        indexes=(("customer",), ("deal",), ("state",)),
        tables={"log": "equipment_log"},
        entries="log",
    )

    id: EquipmentId = fields.ref("equipment")
    customer: CustomerId = fields.ref("customer")
    product: str = fields.text(personal=False)
    serial: str | None = fields.text(personal=False, limit=100, optional=True, default=None)
    place: str = fields.text(personal=True, limit=500, lines=True, default="", blank=True)
    deal: DealId | None = fields.ref("deal", optional=True, default=None)
    state: EquipmentState = fields.one_of(EquipmentState, default=EquipmentState.RUNNING)
    installed_at: datetime = fields.moment()
    warranty_until: date | None = fields.day(optional=True, default=None)
    expected_life: timedelta | None = fields.span(optional=True, default=None)
    meter: str = fields.text(personal=False, limit=30, default="", blank=True)
    reading: Decimal = fields.exact(places=METER_PLACES, default=Decimal(0))
    total: Decimal = fields.exact(places=METER_PLACES, default=Decimal(0))
    read_at: datetime | None = fields.moment(optional=True, default=None)
    expected_total: Decimal = fields.exact(places=METER_PLACES, default=Decimal(0))
    failures: int = fields.whole(default=0)
    failed_at: datetime | None = fields.moment(optional=True, default=None)
    repair_cost: Money | None = fields.part(Money, optional=True, default=None)
    maintained_at: datetime | None = fields.moment(optional=True, default=None)
    lines: int = fields.whole(default=0)
    log: tuple[LogLine, ...] = fields.entries(LogLine, default=())

    @classmethod
    def install(
        cls,
        id: EquipmentId,
        product: str,
        *,
        customer: CustomerId,
        at: datetime,
        installed_at: datetime,
        **details: Any,
    ) -> Self:
        """Note that a customer has a piece of equipment.

        Raises:
            OutOfRange: it was installed in the future.
            InvalidInput: a field that cannot be.
        """
        piece = cls(id=id, product=product, customer=customer, installed_at=installed_at, **details)
        if piece.installed_at > at:
            raise OutOfRange("equipment.installed_at", "must not lie in the future; plan a task instead")
        fact = EquipmentInstalled(at=at, customer=customer, product=piece.product)
        return piece._noted(LogKind.INSTALLED, fact, at=piece.installed_at)

    @property
    def is_running(self) -> bool:
        """Whether it does its work."""
        return self.state is EquipmentState.RUNNING

    def under_warranty(self, on: date) -> bool:
        """Tell whether the warranty covers that day."""
        return self.warranty_until is not None and on < self.warranty_until

    def read(self, reading: Decimal | int | str, *, at: datetime, replaced: bool = False) -> Self:
        """Note what the meter shows.

        Args:
            replaced: whether it is a new meter, which began at zero.

        Raises:
            RuleBroken: it has no meter, is retired, or the meter would have run backwards.
        """
        self._require_use()
        if not self.meter:
            raise RuleBroken(self.id, "no_meter", "has no meter; say what it counts when it is installed")
        line = LogLine(number=1, kind=LogKind.READ, at=at, reading=reading)  # type: ignore[arg-type]  # the field converts it
        if line.reading < self.reading and not replaced:
            advice = f"showed {self.reading} {self.meter} already; say replaced=True if the meter is a new one"
            raise RuleBroken(self.id, "meter_ran_backwards", advice)
        counted = line.reading if replaced else line.reading - self.reading
        kind = LogKind.METER_REPLACED if replaced else LogKind.READ
        total = self.total + counted
        return self._noted(
            kind, EquipmentRead(at=at, total=total), at=at, reading=line.reading, total=total, read_at=at
        )

    def fail(self, *, at: datetime, cause: str = "", note: str = "", task: TaskId | None = None) -> Self:
        """Note that it does not work.

        Raises:
            IllegalTransition: it is broken already, or retired.
        """
        check_move(self.id, EQUIPMENT_LIFE, self.state, EquipmentState.BROKEN)
        changes = {"state": EquipmentState.BROKEN, "failures": self.failures + 1, "failed_at": at}
        fact = EquipmentFailed(at=at, cause=cause)
        return self._noted(LogKind.FAILED, fact, at=at, told={"cause": cause, "note": note, "task": task}, **changes)

    def repair(self, *, at: datetime, cost: Money | None = None, cause: str = "", note: str = "") -> Self:
        """Note that it works again, and what that cost.

        Raises:
            IllegalTransition: it is not broken.
            MixedCurrencies: its earlier repairs were paid in another currency.
        """
        check_move(self.id, EQUIPMENT_LIFE, self.state, EquipmentState.RUNNING)
        spent = cost if self.repair_cost is None else self.repair_cost + cost if cost else self.repair_cost
        fact = EquipmentServiced(at=at, kind=LogKind.REPAIRED, cost=cost)
        told = {"cost": cost, "cause": cause, "note": note}
        return self._noted(LogKind.REPAIRED, fact, at=at, told=told, state=EquipmentState.RUNNING, repair_cost=spent)

    def maintain(self, *, at: datetime, cost: Money | None = None, note: str = "", task: TaskId | None = None) -> Self:
        """Note that it was looked after.

        Raises:
            RuleBroken: it is retired.
        """
        self._require_use()
        fact = EquipmentServiced(at=at, kind=LogKind.MAINTAINED, cost=cost)
        told = {"cost": cost, "note": note, "task": task}
        return self._noted(LogKind.MAINTAINED, fact, at=at, told=told, maintained_at=at)

    def retire(self, *, at: datetime, note: str = "") -> Self:
        """Take it out of use, for good.

        Raises:
            IllegalTransition: it is retired.
        """
        check_move(self.id, EQUIPMENT_LIFE, self.state, EquipmentState.RETIRED)
        retired = EquipmentState.RETIRED
        return self._noted(LogKind.RETIRED, EquipmentRetired(at=at), at=at, told={"note": note}, state=retired)

    def _noted(
        self, kind: LogKind, fact: Event, *, at: datetime, told: dict[str, Any] | None = None, **changes: Any
    ) -> Self:
        meters = {name: changes.get(name, getattr(self, name)) for name in ("reading", "total")}
        line = LogLine(number=self.lines + 1, kind=kind, at=at, **meters, **(told or {}))
        return self._after(fact, lines=self.lines + 1, log=(*self.log, line), **changes)

    def _require_use(self) -> None:
        if self.state is EquipmentState.RETIRED:
            raise RuleBroken(self.id, "equipment_retired", "is retired")

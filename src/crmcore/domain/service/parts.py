"""What equipment, contracts and plans are made of."""

from datetime import datetime
from decimal import Decimal
from enum import Enum

from crmcore.domain import fields
from crmcore.domain.ids import EquipmentId, TaskId
from crmcore.domain.kernel import record, value
from crmcore.domain.values.money import Money

METER_PLACES = 3
"""How exactly a meter is read, in decimal places."""


class EquipmentState(Enum):
    """How a piece of equipment is."""

    RUNNING = "running"
    BROKEN = "broken"
    RETIRED = "retired"


class LogKind(Enum):
    """What happened to a piece of equipment."""

    INSTALLED = "installed"
    READ = "read"
    METER_REPLACED = "meter_replaced"
    FAILED = "failed"
    REPAIRED = "repaired"
    MAINTAINED = "maintained"
    RETIRED = "retired"


@record
class LogLine:
    """One line of a piece of equipment's history.

    Attributes:
        number: its place, from 1.
        actor: who wrote it; the store puts it there.
        reading: what the meter showed.
        total: what all its meters have counted by then.
        cause: why it failed, in one of the house's words.
        cost: what the repair or the maintenance cost us.
    """

    number: int = fields.whole(least=1)
    kind: LogKind = fields.one_of(LogKind)
    at: datetime = fields.moment()
    actor: str = fields.text(personal=False, limit=100, default="", blank=True)
    reading: Decimal = fields.exact(places=METER_PLACES, default=Decimal(0))
    total: Decimal = fields.exact(places=METER_PLACES, default=Decimal(0))
    cause: str = fields.text(personal=False, limit=100, default="", blank=True)
    note: str = fields.text(personal=True, limit=1_000, lines=True, default="", blank=True)
    cost: Money | None = fields.part(Money, optional=True, default=None)
    task: TaskId | None = fields.ref("task", optional=True, default=None)


@value
class Coverage:
    """A piece of equipment that a contract covers."""

    equipment: EquipmentId = fields.ref("equipment")

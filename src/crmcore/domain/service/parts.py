"""What equipment, contracts and plans are made of."""

from datetime import datetime
from decimal import Decimal
from enum import Enum

from crmcore.domain.ids import EquipmentId, TaskId
from crmcore.domain.kernel import exact, moment, one_of, part, record, ref, text, value, whole
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

    number: int = whole(least=1)
    kind: LogKind = one_of(LogKind)
    at: datetime = moment()
    actor: str = text(personal=False, limit=100, default="", blank=True)
    reading: Decimal = exact(places=METER_PLACES, default=Decimal(0))
    total: Decimal = exact(places=METER_PLACES, default=Decimal(0))
    cause: str = text(personal=False, limit=100, default="", blank=True)
    note: str = text(personal=True, limit=1_000, lines=True, default="", blank=True)
    cost: Money | None = part(Money, optional=True, default=None)
    task: TaskId | None = ref("task", optional=True, default=None)


@value
class Coverage:
    """A piece of equipment that a contract covers."""

    equipment: EquipmentId = ref("equipment")

"""What equipment, contracts and plans are made of."""

from datetime import datetime
from decimal import Decimal
from enum import Enum

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record, value
from crmcore.domain.kernel.ids import EquipmentId, TaskId
from crmcore.domain.kernel.values.money import Money

METER_DECIMAL_PLACES = 3
"""How exactly a meter is read, in decimal places."""


class EquipmentState(Enum):
    """How a piece of equipment is."""

    RUNNING = "running"
    BROKEN = "broken"
    RETIRED = "retired"


class EquipmentLogKind(Enum):
    """What happened to a piece of equipment."""

    INSTALLED = "installed"
    READ = "read"
    METER_REPLACED = "meter_replaced"
    FAILED = "failed"
    REPAIRED = "repaired"
    MAINTAINED = "maintained"
    RETIRED = "retired"


@record
class EquipmentLogEntry:
    """One line of a piece of equipment's history.

    Attributes:
        number: its place, from 1.
        actor: who wrote it; the store puts it there.
        meter_reading: what the meter showed.
        meter_total: what all its meters have counted by then.
        cause: why it failed, in one of the house's words.
        cost: what the repair or the maintenance cost us.
    """

    number: int = fields.integer(min=1)
    kind: EquipmentLogKind = fields.enum(EquipmentLogKind)
    at: datetime = fields.timestamp()
    actor: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)
    meter_reading: Decimal = fields.decimal(places=METER_DECIMAL_PLACES, default=Decimal(0))
    meter_total: Decimal = fields.decimal(places=METER_DECIMAL_PLACES, default=Decimal(0))
    cause: str = fields.text(personal=False, max_length=100, default="", allow_blank=True)
    note: str = fields.text(personal=True, max_length=1_000, multiline=True, default="", allow_blank=True)
    cost: Money | None = fields.embedded(Money, optional=True, default=None)
    task_id: TaskId | None = fields.id_of("task", optional=True, default=None)


@value
class Coverage:
    """A piece of equipment that a contract covers."""

    equipment_id: EquipmentId = fields.id_of("equipment")

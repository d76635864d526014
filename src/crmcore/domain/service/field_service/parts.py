"""Parts of equipment and contracts: states, log entries, coverage."""

from datetime import datetime
from decimal import Decimal
from enum import Enum

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record, value
from crmcore.domain.kernel.ids import EquipmentId, TaskId
from crmcore.domain.kernel.values.money import Money

METER_DECIMAL_PLACES = 3
"""The decimal places of a meter reading."""


class EquipmentState(Enum):
    """The state of equipment."""

    RUNNING = "running"
    BROKEN = "broken"
    RETIRED = "retired"


class EquipmentLogKind(Enum):
    """The kind of a log entry."""

    INSTALLED = "installed"
    READ = "read"
    METER_REPLACED = "meter_replaced"
    FAILED = "failed"
    REPAIRED = "repaired"
    MAINTAINED = "maintained"
    RETIRED = "retired"


@record
class EquipmentLogEntry:
    """One log entry of equipment.

    Attributes:
        number: its position, from 1.
        actor: who wrote it. The store sets it.
        meter_reading: of the meter.
        meter_total: of all its meters.
        cause: of the failure, a word of the company.
        cost: of the repair or the maintenance.
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

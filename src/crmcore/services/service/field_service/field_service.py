"""The field service: `crm.field_service`."""

from attrs import frozen

from crmcore.services.environment import Environment
from crmcore.services.service.field_service.contracts import ContractService
from crmcore.services.service.field_service.equipment import EquipmentService
from crmcore.services.service.field_service.maintenance import MaintenanceService


@frozen
class FieldService(EquipmentService, ContractService, MaintenanceService):
    """Field service: equipment, contracts and maintenance."""

    _environment: Environment

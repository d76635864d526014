"""Service, all of it: `crm.service`."""

from attrs import frozen

from crmcore.services.house import House
from crmcore.services.service.contracts import Contracts
from crmcore.services.service.equipment import EquipmentCare
from crmcore.services.service.maintenance import Upkeep


@frozen
class Service(EquipmentCare, Contracts, Upkeep):
    """What customers have from us, and what we do for it."""

    house: House

"""The complaints service: `crm.complaints`."""

from attrs import frozen

from crmcore.services.environment import Environment
from crmcore.services.service.cases.complaint_compensation import ComplaintCompensation
from crmcore.services.service.cases.complaint_intake import ComplaintIntake
from crmcore.services.service.cases.complaint_lifecycle import ComplaintLifecycle
from crmcore.services.service.cases.complaint_queries import ComplaintQueries
from crmcore.services.service.cases.complaint_types import ComplaintTypes


@frozen
class Complaints(ComplaintIntake, ComplaintLifecycle, ComplaintCompensation, ComplaintTypes, ComplaintQueries):
    """Complaints: intake, life cycle, compensation, types and queries."""

    _environment: Environment

"""Complaints, all of it: `crm.complaints`."""

from attrs import frozen

from crmcore.services.complaints.intake import ComplaintIntake
from crmcore.services.complaints.life import ComplaintLifecycle
from crmcore.services.complaints.remedies import ComplaintCompensation
from crmcore.services.complaints.types import ComplaintTypes
from crmcore.services.complaints.views import ComplaintQueries
from crmcore.services.house import Environment


@frozen
class Complaints(ComplaintIntake, ComplaintLifecycle, ComplaintCompensation, ComplaintTypes, ComplaintQueries):
    """What customers are not content with."""

    _environment: Environment

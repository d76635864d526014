"""Complaints, all of it: `crm.complaints`."""

from attrs import frozen

from crmcore.services.complaints.intake import ComplaintIntake
from crmcore.services.complaints.life import ComplaintLife
from crmcore.services.complaints.remedies import ComplaintRemedies
from crmcore.services.complaints.types import ComplaintTypes
from crmcore.services.complaints.views import ComplaintViews
from crmcore.services.house import House


@frozen
class Complaints(ComplaintIntake, ComplaintLife, ComplaintRemedies, ComplaintTypes, ComplaintViews):
    """What customers are not content with."""

    house: House

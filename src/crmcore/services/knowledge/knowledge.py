"""Knowledge, all of it: `crm.knowledge`."""

from attrs import frozen

from crmcore.services.house import House
from crmcore.services.knowledge.answers import Answers
from crmcore.services.knowledge.reading import Reading
from crmcore.services.knowledge.writing import Writing


@frozen
class Knowledge(Writing, Reading, Answers):
    """What the house knows."""

    house: House

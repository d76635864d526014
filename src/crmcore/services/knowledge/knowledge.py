"""Knowledge, all of it: `crm.knowledge`."""

from attrs import frozen

from crmcore.services.house import Environment
from crmcore.services.knowledge.answers import KnowledgeUsage
from crmcore.services.knowledge.reading import KnowledgeQueries
from crmcore.services.knowledge.writing import KnowledgeAuthoring


@frozen
class Knowledge(KnowledgeAuthoring, KnowledgeQueries, KnowledgeUsage):
    """What the house knows."""

    _environment: Environment

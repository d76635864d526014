"""Knowledge, all of it: `crm.knowledge`."""

from attrs import frozen

from crmcore.services.environment import Environment
from crmcore.services.service.knowledge.authoring import KnowledgeAuthoring
from crmcore.services.service.knowledge.queries import KnowledgeQueries
from crmcore.services.service.knowledge.usage import KnowledgeUsage


@frozen
class Knowledge(KnowledgeAuthoring, KnowledgeQueries, KnowledgeUsage):
    """What the house knows."""

    _environment: Environment

"""The knowledge base service: `crm.knowledge`."""

from attrs import frozen

from crmcore.services.environment import Environment
from crmcore.services.service.knowledge.authoring import KnowledgeAuthoring
from crmcore.services.service.knowledge.queries import KnowledgeQueries
from crmcore.services.service.knowledge.usage import KnowledgeUsage


@frozen
class Knowledge(KnowledgeAuthoring, KnowledgeQueries, KnowledgeUsage):
    """Knowledge base: articles and knowledge gaps."""

    _environment: Environment

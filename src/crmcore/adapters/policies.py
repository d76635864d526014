"""Access policies: which records a user sees, which commands run."""

from attrs import frozen

from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion
from crmcore.domain.kernel.entity import Entity
from crmcore.ports import RequestContext


@frozen
class AllowAll:
    """Access policy that allows all users everything within a tenant."""

    def visibility_filter(self, context: RequestContext, entity_type: type[Entity], /) -> Criterion:
        """Return a filter that matches all records."""
        return MATCH_ALL

    def authorize(self, context: RequestContext, command: str, entity: Entity | None, /) -> None:
        """Allow the command."""

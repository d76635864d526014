"""Who may see and do what."""

from attrs import frozen

from crmcore.domain.criteria import EVERYTHING, Criterion
from crmcore.domain.kernel import Entity
from crmcore.services.ports import Context


@frozen
class AllowAll:
    """The policy of a host that lets everybody see and do everything within a tenant."""

    def visible(self, context: Context, kind: type[Entity], /) -> Criterion:
        """Everything."""
        return EVERYTHING

    def check(self, context: Context, story: str, entity: Entity | None, /) -> None:
        """Let it happen."""

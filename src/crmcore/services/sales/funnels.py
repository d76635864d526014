"""Funnels: drawing and redrawing the ways to sell."""

from collections.abc import Sequence
from datetime import timedelta

from attrs import frozen

from crmcore.domain.kernel.criteria import Eq, In
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import FunnelId
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.stages import Stage
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork


@frozen
class Funnels:
    """Funnels and their stages."""

    _environment: Environment

    @command("funnels.create")
    def create(
        self,
        uow: UnitOfWork,
        name: str,
        /,
        *,
        stages: Sequence[Stage | str],
        loss_reasons: Sequence[str] = (),
        role: str = OWNER,
        allow_skip: bool = True,
        allow_return: bool = True,
        respond_within: timedelta | None = None,
        idempotency_key: str | None = None,
    ) -> Funnel:
        """Draw a funnel.

        Args:
            stages: in their order, with all they ask and do; a name alone is a stage that asks and does nothing.
            loss_reasons: the words one of which a loss must name.
            role: of those among whom new leads go round; everybody when not given.
            allow_skip: whether a deal may leap over a stage.
            allow_return: whether a deal may go back.
            respond_within: the working time to the first answer to a request.

        Raises:
            InvalidInputError: no stage, two of one name, or an open one after one that wins.
            UnknownVariableError: an action's text has a variable that has no value.
            DuplicateKeyError: there is a funnel of that name.
        """
        return uow.save(
            Funnel.create(
                uow.new_id("funnel"),
                name,
                stages=stages,
                at=uow.now,
                loss_reasons=loss_reasons,
                role=role,
                allow_skip=allow_skip,
                allow_return=allow_return,
                respond_within=respond_within,
            )
        )

    @command("funnels.update")
    def update(
        self,
        uow: UnitOfWork,
        funnel_id: FunnelId,
        /,
        *,
        stages: Sequence[Stage | str] | None = None,
        loss_reasons: Sequence[str] | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Funnel:
        """Change a funnel's stages or reasons. The places of stages that deals have been through may not change.

        Raises:
            BusinessRuleError: deals stand in a stage that would vanish or get another place.
        """
        before = uow.get(Funnel, funnel_id, version=expected_version)
        after = before.update(at=uow.now, stages=stages, loss_reasons=loss_reasons)
        keys = [stage.key for stage in after.stages]
        moved = tuple(stage.key for index, stage in enumerate(before.stages) if keys[index : index + 1] != [stage.key])
        if moved and uow.find_unrestricted(Deal, Eq("funnel_id", funnel_id) & In("stage_key", moved), limit=1):
            raise BusinessRuleError(
                funnel_id, "stage_in_use", "has deals in a stage that would move; move them out first"
            )
        return uow.save(after)

    @query("funnels.get")
    def get(self, uow: UnitOfWork, funnel_id: FunnelId, /) -> Funnel:
        """Read a funnel."""
        return uow.get(Funnel, funnel_id)

    @query("funnels.get_by_name")
    def get_by_name(self, uow: UnitOfWork, name: str, /) -> Funnel | None:
        """Find a funnel by its name."""
        return uow.first(Funnel, Eq("name", checked_text("funnel.name", name)))

    @query("funnels.list")
    def list(self, uow: UnitOfWork, /) -> Sequence[Funnel]:
        """Read all funnels."""
        return uow.find(Funnel)

"""Funnels (sales pipelines): create them, and change their stages."""

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
        """Create a funnel.

        Args:
            stages: the stages in order. A text is a stage of that name without requirements and actions.
            loss_reasons: the allowed reasons for losing a deal; any reason if empty.
            role: the role whose users get new leads by round robin; all users if omitted.
            allow_skip: whether a deal may skip stages.
            allow_return: whether a deal may move back.
            respond_within: the SLA target for the first response to a lead, in business hours.

        Raises:
            InvalidInputError: no stage, two stages of one name, or an open stage after a winning one.
            UnknownVariableError: the text of an action contains an unknown variable.
            DuplicateKeyError: a funnel of that name exists.
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
        """Change the stages or the loss reasons of a funnel.

        The order of stages that deals are in cannot change.

        Raises:
            BusinessRuleError: deals are in a stage that would be removed or moved.
        """
        before = uow.get(Funnel, funnel_id, version=expected_version)
        after = before.update(at=uow.now, stages=stages, loss_reasons=loss_reasons)
        keys = [stage.key for stage in after.stages]
        moved = tuple(stage.key for index, stage in enumerate(before.stages) if keys[index : index + 1] != [stage.key])
        if moved and uow.find_unrestricted(Deal, Eq("funnel_id", funnel_id) & In("stage_key", moved), limit=1):
            raise BusinessRuleError(
                funnel_id,
                "stage_in_use",
                "has deals in a stage that would be removed or moved; move them to another stage first",
            )
        return uow.save(after)

    @query("funnels.get")
    def get(self, uow: UnitOfWork, funnel_id: FunnelId, /) -> Funnel:
        """Return a funnel."""
        return uow.get(Funnel, funnel_id)

    @query("funnels.get_by_name")
    def get_by_name(self, uow: UnitOfWork, name: str, /) -> Funnel | None:
        """Return the funnel of a name, or None."""
        return uow.first(Funnel, Eq("name", checked_text("funnel.name", name)))

    @query("funnels.list")
    def list(self, uow: UnitOfWork, /) -> Sequence[Funnel]:
        """List all funnels."""
        return uow.find(Funnel)

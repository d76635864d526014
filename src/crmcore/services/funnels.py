"""Funnels: drawing and redrawing the ways to sell."""

from collections.abc import Sequence
from datetime import timedelta

from attrs import frozen

from crmcore.domain.criteria import Is, OneOf
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.fields.text import checked_text
from crmcore.domain.funnels import Funnel, Stage
from crmcore.domain.ids import FunnelId
from crmcore.domain.people import OWNER
from crmcore.services.house import House, story, view
from crmcore.services.unit import Unit


@frozen
class Funnels:
    """Funnels and their stages."""

    house: House

    @story("funnels.create")
    def create(
        self,
        unit: Unit,
        name: str,
        /,
        *,
        stages: Sequence[Stage | str],
        loss_reasons: Sequence[str] = (),
        role: str = OWNER,
        skips: bool = True,
        returns: bool = True,
        respond_within: timedelta | None = None,
        key: str | None = None,
    ) -> Funnel:
        """Draw a funnel.

        Args:
            stages: in their order, with all they ask and do; a name alone is a stage that asks and does nothing.
            loss_reasons: the words one of which a loss must name.
            role: of those among whom new leads go round; everybody when not given.
            skips: whether a deal may leap over a stage.
            returns: whether a deal may go back.
            respond_within: the working time to the first answer to a request.

        Raises:
            InvalidInput: no stage, two of one name, or an open one after one that wins.
            UnknownVariableError: an action's text has a variable that has no value.
            Taken: there is a funnel of that name.
        """
        return unit.save(
            Funnel.create(
                unit.id("funnel"),
                name,
                stages=stages,
                at=unit.now,
                loss_reasons=loss_reasons,
                role=role,
                skips=skips,
                returns=returns,
                respond_within=respond_within,
            )
        )

    @story("funnels.redraw")
    def redraw(
        self,
        unit: Unit,
        id: FunnelId,
        /,
        *,
        stages: Sequence[Stage | str] | None = None,
        loss_reasons: Sequence[str] | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Funnel:
        """Change a funnel's stages or reasons. The places of stages that deals have been through may not change.

        Raises:
            RuleBroken: deals stand in a stage that would vanish or get another place.
        """
        before = unit.get(Funnel, id, version=expected_version)
        after = before.redraw(at=unit.now, stages=stages, loss_reasons=loss_reasons)
        keys = [stage.key for stage in after.stages]
        moved = tuple(s.key for place, s in enumerate(before.stages) if keys[place : place + 1] != [s.key])
        if moved and unit.facts(Deal, Is("funnel", id) & OneOf("stage", moved), limit=1):
            raise RuleBroken(id, "stage_in_use", "has deals in a stage that would move; move them out first")
        return unit.save(after)

    @view("funnels.get")
    def get(self, unit: Unit, id: FunnelId, /) -> Funnel:
        """Read a funnel."""
        return unit.get(Funnel, id)

    @view("funnels.named")
    def named(self, unit: Unit, name: str, /) -> Funnel | None:
        """Find a funnel by its name."""
        return unit.one(Funnel, Is("name", checked_text("funnel.name", name)))

    @view("funnels.list")
    def list(self, unit: Unit, /) -> Sequence[Funnel]:
        """Read all funnels."""
        return unit.find(Funnel)

"""Funnels (sales pipelines): the stages that a deal goes through.

Invariants:
    1. A stage has a key, which deals refer to, and a name, which can change.
    2. Entering a stage runs its entry actions; leaving it needs its exit criteria.
    3. A deal is won by entering a winning stage. A lost deal stays in its stage, with a loss reason.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.errors.validation import InvalidChoiceError, InvalidInputError, OutOfRangeError
from crmcore.domain.kernel.fields.base import checked_type
from crmcore.domain.kernel.fields.composite import as_tuple, unique_tuple
from crmcore.domain.kernel.ids import FunnelId
from crmcore.domain.kernel.placeholders import check_variables
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.sales.funnels.actions import VARIABLES, SendNotification
from crmcore.domain.sales.funnels.stages import Stage, StageKind


@record
class FunnelCreated(Event):
    """A funnel was created."""

    name: ClassVar[str] = "funnel.created"
    stages: tuple[str, ...] = fields.text_list(personal=False)


@record
class FunnelUpdated(Event):
    """The stages or loss reasons of a funnel changed."""

    name: ClassVar[str] = "funnel.updated"
    stages: tuple[str, ...] = fields.text_list(personal=False)


@record
class Funnel(Entity):
    """A funnel: stages, loss reasons and rules.

    Attributes:
        role: of the users that new deals are assigned to.
        loss_reasons: the reasons that a loss can have.
        allow_skip: whether a deal may skip a stage.
        allow_return: whether a deal may move back.
        respond_within: the business hours to the first response to a lead. Late responses are escalated.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("funnel", "funnels", unique_keys=(("name",),))

    id: FunnelId = fields.id_of("funnel")
    name: str = fields.text(personal=False)
    stages: tuple[Stage, ...] = fields.embedded_list(Stage, max_items=50, default=())
    loss_reasons: tuple[str, ...] = fields.text_list(personal=False, max_length=100, default=())
    role: str = fields.text(personal=False, max_length=60, default=OWNER)
    allow_skip: bool = fields.boolean(default=True)
    allow_return: bool = fields.boolean(default=True)
    respond_within: timedelta | None = fields.duration(optional=True, default=None)
    created_at: datetime = fields.timestamp()

    @classmethod
    def create(
        cls,
        id: FunnelId,
        name: str,
        *,
        stages: Sequence[Stage | str],
        at: datetime,
        loss_reasons: Sequence[str] = (),
        role: str = OWNER,
        allow_skip: bool = True,
        allow_return: bool = True,
        respond_within: timedelta | None = None,
    ) -> Self:
        """Create a funnel.

        Args:
            stages: in their order. A name is an open stage with a probability by its position; the last of names alone wins.
            (others): as the attributes.

        Raises:
            InvalidInputError: no stage, two with one key, or an open one after a winning one.
            UnknownVariableError: an action's text has an unknown variable.
        """
        built_stages = _build_stages(stages)
        return cls(
            id=id,
            name=name,
            stages=built_stages,
            loss_reasons=unique_tuple("funnel.loss_reasons", loss_reasons),
            role=role,
            allow_skip=allow_skip,
            allow_return=allow_return,
            respond_within=respond_within,
            created_at=at,
            pending_events=(FunnelCreated(at=at, stages=tuple(stage.key for stage in built_stages)),),
        )

    def update(
        self, *, at: datetime, stages: Sequence[Stage | str] | None = None, loss_reasons: Sequence[str] | None = None
    ) -> Self:
        """Change the stages or loss reasons.

        The caller checks that the stages of open deals stay.

        Raises:
            InvalidInputError: as in `create`.
        """
        built_stages = self.stages if stages is None else _build_stages(stages)
        reasons = self.loss_reasons if loss_reasons is None else unique_tuple("funnel.loss_reasons", loss_reasons)
        event = FunnelUpdated(at=at, stages=tuple(stage.key for stage in built_stages))
        return self._record(event, stages=built_stages, loss_reasons=reasons)

    @property
    def first_stage(self) -> Stage:
        """The stage in which deals are opened."""
        return self.stages[0]

    def stage_index(self, key: str) -> int:
        """Return the position of a stage, from 0.

        Raises:
            InvalidChoiceError: the funnel has no such stage.
        """
        for index, stage in enumerate(self.stages):
            if stage.key == key:
                return index
        raise InvalidChoiceError("stage_key", allowed=tuple(stage.key for stage in self.stages))

    def stage(self, key: str) -> Stage:
        """Return the stage with a key.

        Raises:
            InvalidChoiceError: the funnel has no such stage.
        """
        return self.stages[self.stage_index(key)]

    def reachable_stage_keys(self, stage_index: int) -> tuple[str, ...]:
        """List the stages that a deal may move to, as skips and returns allow."""
        last = len(self.stages) if self.allow_skip else stage_index + 2
        first = 0 if self.allow_return else stage_index
        return tuple(s.key for i, s in enumerate(self.stages) if first <= i < last and i != stage_index)

    @property
    def winning_stage(self) -> Stage | None:
        """The first winning stage."""
        return next((stage for stage in self.stages if stage.kind is StageKind.WON), None)


def _build_stages(stages: Sequence[Stage | str]) -> tuple[Stage, ...]:
    stages = as_tuple("funnel.stages", stages)
    if not stages:
        raise InvalidInputError("funnel.stages", "must have a stage at least")
    names_only = all(isinstance(stage, str) for stage in stages)
    built = []
    for index, stage in enumerate(stages):
        if isinstance(stage, str):
            is_winning = names_only and index == len(stages) - 1 and index > 0
            kind = StageKind.WON if is_winning else StageKind.OPEN
            stage = Stage.named(stage, kind=kind, probability=100 * index // len(stages))  # noqa: PLW2901  # it grew up
        built.append(checked_type("funnel.stages", Stage, stage))
    keys = [stage.key for stage in built]
    if len(set(keys)) < len(keys):
        raise InvalidInputError("funnel.stages", "must not have two stages of one key")
    kinds = [stage.kind for stage in built]
    if StageKind.OPEN in kinds[kinds.index(StageKind.WON) :] if StageKind.WON in kinds else False:
        raise OutOfRangeError("funnel.stages", "must not have an open stage after one that wins")
    for stage in built:
        for action in stage.entry_actions:
            words = action.message if isinstance(action, SendNotification) else action.title
            check_variables("funnel.stages", words, VARIABLES)
    return tuple(built)

"""Funnels: the stages that a deal goes through, and what each of them asks, does and promises. All of it is data.

Rule 1: a stage has a key, which deals remember, and a name, which people read and may change.
Rule 2: entering a stage may create tasks, render documents and tell people; leaving it may ask for proof. Both are lists.
Rule 3: a deal is won by entering a stage that wins. Lost is no stage: a lost deal stays where it was lost, with its reason.
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
    """A funnel's stages or reasons changed."""

    name: ClassVar[str] = "funnel.updated"
    stages: tuple[str, ...] = fields.text_list(personal=False)


@record
class Funnel(Entity):
    """A way to sell.

    Attributes:
        role: of those among whom new deals go round.
        loss_reasons: the words one of which a loss must name.
        allow_skip: whether a deal may leap over a stage.
        allow_return: whether a deal may go back.
        respond_within: the working time to the first answer to a request; late ones are told up the line.
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
        """Draw a funnel.

        Args:
            stages: in their order. A name alone is an open stage whose chance grows evenly, and the last of names alone wins.
            (others): as the attributes.

        Raises:
            InvalidInputError: no stage, two of one name, or one after a stage that wins.
            UnknownVariableError: an action's text has a variable that has no value.
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
        """Change the stages or the reasons. Keys that deals stand on must stay; the caller sees to that.

        Raises:
            InvalidInputError: as in `create`.
        """
        built_stages = self.stages if stages is None else _build_stages(stages)
        reasons = self.loss_reasons if loss_reasons is None else unique_tuple("funnel.loss_reasons", loss_reasons)
        event = FunnelUpdated(at=at, stages=tuple(stage.key for stage in built_stages))
        return self._record(event, stages=built_stages, loss_reasons=reasons)

    @property
    def first_stage(self) -> Stage:
        """Where deals come in."""
        return self.stages[0]

    def stage_index(self, key: str) -> int:
        """The place of a stage, counted from 0.

        Raises:
            InvalidChoiceError: the funnel has no such stage.
        """
        for index, stage in enumerate(self.stages):
            if stage.key == key:
                return index
        raise InvalidChoiceError("stage_key", allowed=tuple(stage.key for stage in self.stages))

    def stage(self, key: str) -> Stage:
        """The stage of that key.

        Raises:
            InvalidChoiceError: the funnel has no such stage.
        """
        return self.stages[self.stage_index(key)]

    def reachable_stage_keys(self, stage_index: int) -> tuple[str, ...]:
        """List the stages that a deal may move to from a stage, as the rules on skips and returns allow."""
        last = len(self.stages) if self.allow_skip else stage_index + 2
        first = 0 if self.allow_return else stage_index
        return tuple(s.key for i, s in enumerate(self.stages) if first <= i < last and i != stage_index)

    @property
    def winning_stage(self) -> Stage | None:
        """The first stage that wins."""
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

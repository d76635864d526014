"""Funnels: the stages that a deal goes through, and what each of them asks, does and promises. All of it is data.

Rule 1: a stage has a key, which deals remember, and a name, which people read and may change.
Rule 2: entering a stage may create tasks, render documents and tell people; leaving it may ask for proof. Both are lists.
Rule 3: a deal is won by entering a stage that wins. Lost is no stage: a lost deal stays where it was lost, with its reason.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain.activities.tasks import Priority
from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, Event, record
from crmcore.domain.kernel.errors.validation import InvalidChoiceError, InvalidInputError, OutOfRangeError
from crmcore.domain.kernel.fields.base import checked_type
from crmcore.domain.kernel.fields.composite import as_tuple, checked_member, unique_tuple
from crmcore.domain.kernel.fields.number import checked_integer
from crmcore.domain.kernel.ids import FunnelId
from crmcore.domain.kernel.placeholders import check_variables
from crmcore.domain.organization.users import OWNER
from crmcore.domain.sales.funnels.aging import DEFAULT_STAGE_AGE_POLICY, StageAgePolicy
from crmcore.domain.sales.funnels.requirements import Requirement


class StageKind(Enum):
    """Whether entering the stage wins the deal."""

    OPEN = "open"
    WON = "won"


@record
class CreateTask:
    """On entry: give somebody a task.

    Attributes:
        title: what to do; ``{customer}`` and ``{deal}`` stand for their names, ``{at}`` for the next step's time.
        role: of whoever does it; the deal's participants first, then the holders in turn.
        due_within: the time to do it, from the entry.
        kind: the sort of task, as a word that requirements and reports can ask for.
        in_business_hours: whether only the house's working time counts.
    """

    title: str = fields.text(personal=False)
    role: str = fields.text(personal=False, max_length=60, default=OWNER)
    due_within: timedelta = fields.duration(default=timedelta(days=1))
    kind: str = fields.text(personal=False, max_length=60, default="", allow_blank=True)
    priority: Priority = fields.enum(Priority, default=Priority.NORMAL)
    in_business_hours: bool = fields.boolean(default=False)


@record
class RenderDocument:
    """On entry: make a document from a template and attach it to the deal.

    Attributes:
        template: the template's name.
        title: the document's name; ``{customer}`` and ``{deal}`` stand for their names.
    """

    template: str = fields.text(personal=False)
    title: str = fields.text(personal=False)


@record
class SendNotification:
    """On entry: tell somebody.

    Attributes:
        role: of whoever is told.
        message: what; ``{customer}``, ``{deal}``, ``{address}`` and ``{at}`` are filled in.
    """

    role: str = fields.text(personal=False, max_length=60)
    message: str = fields.text(personal=False, max_length=500)


StageAction = CreateTask | RenderDocument | SendNotification

VARIABLES: Final = frozenset({"customer", "deal", "address", "phone", "at"})
"""What may stand in braces in the texts of stage actions."""


@record
class Stage:
    """One step of a funnel.

    Attributes:
        key: what deals remember; the name it was created with.
        probability: the chance to win from here, in hundredths of a percent.
        age_limit: how long a deal may stay before it counts as stuck.
        age_policy: how that is counted.
        entry_actions: what happens when a deal comes in, in this order.
        exit_criteria: what a deal must have before it may go on.
    """

    key: str = fields.text(personal=False, max_length=60)
    name: str = fields.text(personal=False, max_length=60)
    kind: StageKind = fields.enum(StageKind, default=StageKind.OPEN)
    probability: int = fields.integer(max=10_000, default=0)
    age_limit: timedelta | None = fields.duration(optional=True, default=None)
    age_policy: StageAgePolicy = fields.embedded(StageAgePolicy, default=DEFAULT_STAGE_AGE_POLICY)
    entry_actions: tuple[StageAction, ...] = fields.embedded_list(
        (CreateTask, RenderDocument, SendNotification), max_items=20, default=()
    )
    exit_criteria: tuple[Requirement, ...] = fields.embedded_list(Requirement, max_items=20, default=())

    @classmethod
    def named(
        cls,
        name: str,
        *,
        kind: StageKind | str = StageKind.OPEN,
        probability: int = 0,
        age_limit: timedelta | None = None,
        age_policy: StageAgePolicy = DEFAULT_STAGE_AGE_POLICY,
        entry_actions: Sequence[StageAction] = (),
        exit_criteria: Sequence[Requirement] = (),
    ) -> Self:
        """Make a stage whose key is its first name.

        Args:
            probability: the chance to win from here, in percent; a stage that wins has 100.
            (others): as the attributes.
        """
        kind = checked_member("stage.kind", StageKind, kind)
        basis_points = 100 * checked_integer("stage.probability", probability, max=100)
        return cls(
            key=name,
            name=name,
            kind=kind,
            probability=10_000 if kind is StageKind.WON else basis_points,
            age_limit=age_limit,
            age_policy=age_policy,
            entry_actions=as_tuple("stage.entry_actions", entry_actions),
            exit_criteria=as_tuple("stage.exit_criteria", exit_criteria),
        )


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

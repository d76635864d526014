"""Funnels: the stages that a deal goes through, and what each of them asks, does and promises. All of it is data.

Rule 1: a stage has a key, which deals remember, and a name, which people read and may change.
Rule 2: entering a stage may create tasks, render documents and tell people; leaving it may ask for proof. Both are lists.
Rule 3: a deal is won by entering a stage that wins. Lost is no stage: a lost deal stays where it was lost, with its reason.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar, Final, Self

from crmcore.domain import fields
from crmcore.domain.aging import BY_THE_CALENDAR, Aging
from crmcore.domain.errors.given import InvalidInput, NotAllowed, OutOfRange
from crmcore.domain.fields.build import checked_type
from crmcore.domain.fields.number import checked_whole
from crmcore.domain.fields.part import checked_member, listed, several
from crmcore.domain.gaps import check_variables
from crmcore.domain.ids import FunnelId
from crmcore.domain.kernel import Entity, Event, Shape, record
from crmcore.domain.people import OWNER
from crmcore.domain.requirements import Requirement
from crmcore.domain.tasks import Priority


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
        within: the time to do it, from the entry.
        kind: the sort of task, as a word that requirements and reports can ask for.
        in_working_time: whether only the house's working time counts.
    """

    title: str = fields.text(personal=False)
    role: str = fields.text(personal=False, limit=60, default=OWNER)
    within: timedelta = fields.span(default=timedelta(days=1))
    kind: str = fields.text(personal=False, limit=60, default="", blank=True)
    priority: Priority = fields.one_of(Priority, default=Priority.NORMAL)
    in_working_time: bool = fields.flag(default=False)


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
class Notify:
    """On entry: tell somebody.

    Attributes:
        role: of whoever is told.
        message: what; ``{customer}``, ``{deal}``, ``{address}`` and ``{at}`` are filled in.
    """

    role: str = fields.text(personal=False, limit=60)
    message: str = fields.text(personal=False, limit=500)


Action = CreateTask | RenderDocument | Notify

VARIABLES: Final = frozenset({"customer", "deal", "address", "phone", "at"})
"""What may stand in braces in the texts of stage actions."""


@record
class Stage:
    """One step of a funnel.

    Attributes:
        key: what deals remember; the name it was created with.
        probability: the chance to win from here, in hundredths of a percent.
        age_limit: how long a deal may stay before it counts as stuck.
        aging: how that is counted.
        on_entry: what happens when a deal comes in, in this order.
        to_leave: what a deal must have before it may go on.
    """

    key: str = fields.text(personal=False, limit=60)
    name: str = fields.text(personal=False, limit=60)
    kind: StageKind = fields.one_of(StageKind, default=StageKind.OPEN)
    probability: int = fields.whole(most=10_000, default=0)
    age_limit: timedelta | None = fields.span(optional=True, default=None)
    aging: Aging = fields.part(Aging, default=BY_THE_CALENDAR)
    on_entry: tuple[Action, ...] = fields.parts((CreateTask, RenderDocument, Notify), most=20, default=())
    to_leave: tuple[Requirement, ...] = fields.parts(Requirement, most=20, default=())

    @classmethod
    def named(
        cls,
        name: str,
        *,
        kind: StageKind | str = StageKind.OPEN,
        probability: int = 0,
        age_limit: timedelta | None = None,
        aging: Aging = BY_THE_CALENDAR,
        on_entry: Sequence[Action] = (),
        to_leave: Sequence[Requirement] = (),
    ) -> Self:
        """Make a stage whose key is its first name.

        Args:
            probability: the chance to win from here, in percent; a stage that wins has 100.
            (others): as the attributes.
        """
        kind = checked_member("stage.kind", StageKind, kind)
        points = 100 * checked_whole("stage.probability", probability, most=100)
        return cls(
            key=name,
            name=name,
            kind=kind,
            probability=10_000 if kind is StageKind.WON else points,
            age_limit=age_limit,
            aging=aging,
            on_entry=listed("stage.on_entry", on_entry),
            to_leave=listed("stage.to_leave", to_leave),
        )


@record
class FunnelCreated(Event):
    """A funnel was created."""

    name: ClassVar[str] = "funnel.created"
    stages: tuple[str, ...] = fields.words(personal=False)


@record
class FunnelRedrawn(Event):
    """A funnel's stages or reasons changed."""

    name: ClassVar[str] = "funnel.redrawn"
    stages: tuple[str, ...] = fields.words(personal=False)


@record
class Funnel(Entity):
    """A way to sell.

    Attributes:
        role: of those among whom new deals go round.
        loss_reasons: the words one of which a loss must name.
        skips: whether a deal may leap over a stage.
        returns: whether a deal may go back.
        respond_within: the working time to the first answer to a request; late ones are told up the line.
    """

    shape: ClassVar[Shape] = Shape("funnel", "funnels", unique=(("name",),))

    id: FunnelId = fields.ref("funnel")
    name: str = fields.text(personal=False)
    stages: tuple[Stage, ...] = fields.parts(Stage, most=50, default=())
    loss_reasons: tuple[str, ...] = fields.words(personal=False, limit=100, default=())
    role: str = fields.text(personal=False, limit=60, default=OWNER)
    skips: bool = fields.flag(default=True)
    returns: bool = fields.flag(default=True)
    respond_within: timedelta | None = fields.span(optional=True, default=None)
    created_at: datetime = fields.moment()

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
        skips: bool = True,
        returns: bool = True,
        respond_within: timedelta | None = None,
    ) -> Self:
        """Draw a funnel.

        Args:
            stages: in their order. A name alone is an open stage whose chance grows evenly, and the last of names alone wins.
            (others): as the attributes.

        Raises:
            InvalidInput: no stage, two of one name, or one after a stage that wins.
            UnknownVariableError: an action's text has a variable that has no value.
        """
        drawn = _draw(stages)
        return cls(
            id=id,
            name=name,
            stages=drawn,
            loss_reasons=several("funnel.loss_reasons", loss_reasons),
            role=role,
            skips=skips,
            returns=returns,
            respond_within=respond_within,
            created_at=at,
            pending=(FunnelCreated(at=at, stages=tuple(stage.key for stage in drawn)),),
        )

    def redraw(
        self, *, at: datetime, stages: Sequence[Stage | str] | None = None, loss_reasons: Sequence[str] | None = None
    ) -> Self:
        """Change the stages or the reasons. Keys that deals stand on must stay; the caller sees to that.

        Raises:
            InvalidInput: as in `create`.
        """
        drawn = self.stages if stages is None else _draw(stages)
        reasons = self.loss_reasons if loss_reasons is None else several("funnel.loss_reasons", loss_reasons)
        fact = FunnelRedrawn(at=at, stages=tuple(stage.key for stage in drawn))
        return self._after(fact, stages=drawn, loss_reasons=reasons)

    @property
    def first(self) -> Stage:
        """Where deals come in."""
        return self.stages[0]

    def place(self, key: str) -> int:
        """The place of a stage, counted from 0.

        Raises:
            NotAllowed: the funnel has no such stage.
        """
        for place, stage in enumerate(self.stages):
            if stage.key == key:
                return place
        raise NotAllowed("stage", allowed=tuple(stage.key for stage in self.stages))

    def stage(self, key: str) -> Stage:
        """The stage of that key.

        Raises:
            NotAllowed: the funnel has no such stage.
        """
        return self.stages[self.place(key)]

    @property
    def winning(self) -> Stage | None:
        """The first stage that wins."""
        return next((stage for stage in self.stages if stage.kind is StageKind.WON), None)


def _draw(stages: Sequence[Stage | str]) -> tuple[Stage, ...]:
    stages = listed("funnel.stages", stages)
    if not stages:
        raise InvalidInput("funnel.stages", "must have a stage at least")
    by_name_alone = all(isinstance(stage, str) for stage in stages)
    drawn = []
    for place, stage in enumerate(stages):
        if isinstance(stage, str):
            last = by_name_alone and place == len(stages) - 1 and place > 0
            kind = StageKind.WON if last else StageKind.OPEN
            stage = Stage.named(stage, kind=kind, probability=100 * place // len(stages))  # noqa: PLW2901  # it grew up
        drawn.append(checked_type("funnel.stages", Stage, stage))
    keys = [stage.key for stage in drawn]
    if len(set(keys)) < len(keys):
        raise InvalidInput("funnel.stages", "must not have two stages of one key")
    kinds = [stage.kind for stage in drawn]
    if StageKind.OPEN in kinds[kinds.index(StageKind.WON) :] if StageKind.WON in kinds else False:
        raise OutOfRange("funnel.stages", "must not have an open stage after one that wins")
    for stage in drawn:
        for action in stage.on_entry:
            words = action.message if isinstance(action, Notify) else action.title
            check_variables("funnel.stages", words, VARIABLES)
    return tuple(drawn)

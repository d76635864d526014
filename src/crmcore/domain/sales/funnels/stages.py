"""Stages of a funnel: probability, age limit, actions, exit criteria."""

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum
from typing import Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.fields.composite import as_tuple, checked_member
from crmcore.domain.kernel.fields.number import checked_integer
from crmcore.domain.sales.funnels.actions import CreateTask, RenderDocument, SendNotification, StageAction
from crmcore.domain.sales.funnels.aging import DEFAULT_STAGE_AGE_POLICY, StageAgePolicy
from crmcore.domain.sales.funnels.requirements import Requirement


class StageKind(Enum):
    """Whether entering the stage wins the deal."""

    OPEN = "open"
    WON = "won"


@record
class Stage:
    """One stage of a funnel.

    Attributes:
        key: the id that deals refer to; the name it was created with.
        probability: to win from here, in hundredths of a percent.
        age_limit: how long a deal may stay before it is stuck.
        age_policy: how the age is counted.
        entry_actions: what happens when a deal enters, in order.
        exit_criteria: what a deal needs before it may leave.
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
        """Make a stage whose key is its name.

        Args:
            probability: to win from here, in percent; a winning stage has 100.
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

"""Stage gate: whether a deal meets the exit criteria of its stage.

A gate reports all unmet requirements.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import frozen

from crmcore.domain.kernel.errors.rules import StageRequirementsNotMetError
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.requirements import Requirement, RequirementKind, UnmetRequirement


@frozen(kw_only=True)
class Evidence:
    """What the requirements are checked against.

    Attributes:
        open_task_kinds: the kinds of its open tasks.
        done_task_kinds: the kinds of its completed tasks.
        interaction_kinds: the kinds of its interactions.
    """

    deal: Deal
    open_task_kinds: Sequence[str] = ()
    done_task_kinds: Sequence[str] = ()
    interaction_kinds: Sequence[str] = ()


CHECKS: Final[Mapping[RequirementKind, Callable[[Evidence, str], bool]]] = {
    RequirementKind.VALUE: lambda seen, _: seen.deal.total is not None,
    RequirementKind.EXPECTED_CLOSE: lambda seen, _: seen.deal.expected_close is not None,
    RequirementKind.NEXT_STEP: lambda seen, _: seen.deal.next_step is not None,
    RequirementKind.LINE_ITEMS: lambda seen, _: bool(seen.deal.lines),
    RequirementKind.ATTACHMENT: lambda seen, _: bool(seen.deal.attachments),
    RequirementKind.PARTICIPANT: lambda seen, role: seen.deal.participant_id(role) is not None,
    RequirementKind.CUSTOM_FIELD: lambda seen, name: seen.deal.custom.get(name) not in {None, ""},
    RequirementKind.TASK_DONE: lambda seen, kind: kind in seen.done_task_kinds,
    RequirementKind.NO_OPEN_TASKS: lambda seen, kind: (
        kind not in seen.open_task_kinds if kind else not seen.open_task_kinds
    ),
    RequirementKind.INTERACTION: lambda seen, kind: (
        kind in seen.interaction_kinds if kind else bool(seen.interaction_kinds)
    ),
}
"""The check of each kind of requirement, for its argument."""

ACTIVITY_REQUIREMENTS: Final = frozenset(
    {RequirementKind.TASK_DONE, RequirementKind.NO_OPEN_TASKS, RequirementKind.INTERACTION}
)
"""The kinds of requirement that need tasks and interactions."""


def unmet_requirements(requirements: Sequence[Requirement], evidence: Evidence) -> tuple[UnmetRequirement, ...]:
    """List the unmet requirements, in their order."""
    return tuple(UnmetRequirement(r.kind, r.argument) for r in requirements if not CHECKS[r.kind](evidence, r.argument))


def check_gate(requirements: Sequence[Requirement], evidence: Evidence) -> None:
    """Check that a deal may leave its stage.

    Raises:
        StageRequirementsNotMetError: with all unmet requirements.
    """
    if unmet := unmet_requirements(requirements, evidence):
        raise StageRequirementsNotMetError(evidence.deal.id, "stage_gate", unmet_requirements=unmet)

"""Whether a deal may leave its stage. A gate answers with everything that is missing, never with the first thing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import frozen

from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.broken import StageGateClosed
from crmcore.domain.requirements import Requirement, Rule, Violation


@frozen(kw_only=True)
class Evidence:
    """What a gate looks at: the deal, and what was done for it.

    Attributes:
        open_tasks: the kinds of its tasks that are still open.
        done_tasks: the kinds of its tasks that are done.
        interactions: the kinds of its interactions.
    """

    deal: Deal
    open_tasks: Sequence[str] = ()
    done_tasks: Sequence[str] = ()
    interactions: Sequence[str] = ()


MEANING: Final[Mapping[Rule, Callable[[Evidence, str], bool]]] = {
    Rule.VALUE: lambda seen, _: seen.deal.total is not None,
    Rule.EXPECTED_CLOSE: lambda seen, _: seen.deal.expected_close is not None,
    Rule.NEXT_STEP: lambda seen, _: seen.deal.next_step is not None,
    Rule.LINE_ITEMS: lambda seen, _: bool(seen.deal.lines),
    Rule.ATTACHMENT: lambda seen, _: bool(seen.deal.attachments),
    Rule.PARTICIPANT: lambda seen, role: seen.deal.participant(role) is not None,
    Rule.CUSTOM_FIELD: lambda seen, name: seen.deal.custom.get(name) not in {None, ""},
    Rule.TASK_DONE: lambda seen, kind: kind in seen.done_tasks,
    Rule.NO_OPEN_TASKS: lambda seen, kind: kind not in seen.open_tasks if kind else not seen.open_tasks,
    Rule.INTERACTION: lambda seen, kind: kind in seen.interactions if kind else bool(seen.interactions),
}
"""Whether the evidence fulfils a rule, for its argument."""

HISTORICAL: Final = frozenset({Rule.TASK_DONE, Rule.NO_OPEN_TASKS, Rule.INTERACTION})
"""The rules that look at tasks and interactions, which have to be fetched."""


def violations(requirements: Sequence[Requirement], seen: Evidence) -> tuple[Violation, ...]:
    """List everything that is missing, in the order in which it was asked for."""
    return tuple(Violation(r.rule, r.argument) for r in requirements if not MEANING[r.rule](seen, r.argument))


def check_gate(requirements: Sequence[Requirement], seen: Evidence) -> None:
    """Let the deal leave its stage, or not.

    Raises:
        StageGateClosed: with all violations.
    """
    if missing := violations(requirements, seen):
        raise StageGateClosed(seen.deal.id, "stage_gate", violations=missing)

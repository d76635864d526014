"""Stage gates: check the requirements of stages against a deal."""

from collections.abc import Sequence

from crmcore.domain.activities.interactions import Interaction
from crmcore.domain.activities.tasks import Task, TaskState
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.deals.gate import ACTIVITY_REQUIREMENTS, Evidence, check_gate
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.requirements import Requirement
from crmcore.services.unit_of_work import UnitOfWork


def check_gates(uow: UnitOfWork, deal: Deal, funnel: Funnel, *, stage_index: int) -> None:
    """Check the requirements of the stage that is left, and of skipped ones."""
    requirements = [
        requirement for stage in funnel.stages[deal.stage_index : stage_index] for requirement in stage.exit_criteria
    ]
    if requirements:
        check_gate(requirements, collect_evidence(uow, deal, requirements))


def collect_evidence(uow: UnitOfWork, deal: Deal, requirements: Sequence[Requirement]) -> Evidence:
    """Read what the requirements need: the deal, its tasks and interactions."""
    if not any(requirement.kind in ACTIVITY_REQUIREMENTS for requirement in requirements):
        return Evidence(deal=deal)
    tasks = uow.find_unrestricted(Task, Eq("deal_id", deal.id))
    return Evidence(
        deal=deal,
        open_task_kinds=[task.kind for task in tasks if task.state is TaskState.OPEN],
        done_task_kinds=[task.kind for task in tasks if task.state is TaskState.DONE],
        interaction_kinds=[
            interaction.kind.value for interaction in uow.find_unrestricted(Interaction, Eq("deal_id", deal.id))
        ],
    )

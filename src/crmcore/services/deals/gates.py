"""What a stage asks for, held against what was done for the deal."""

from collections.abc import Sequence

from crmcore.domain.criteria import Is
from crmcore.domain.deals.deal import Deal
from crmcore.domain.deals.gate import HISTORICAL, Evidence, check_gate
from crmcore.domain.funnels import Funnel
from crmcore.domain.interactions import Interaction
from crmcore.domain.requirements import Requirement
from crmcore.domain.tasks import Task, TaskState
from crmcore.services.unit import Unit


def check_gates(unit: Unit, deal: Deal, funnel: Funnel, *, to: int) -> None:
    """Check the requirements of the stage that is left, and of those that are leapt over."""
    asked = [requirement for stage in funnel.stages[deal.place : to] for requirement in stage.to_leave]
    if asked:
        check_gate(asked, evidence(unit, deal, asked))


def evidence(unit: Unit, deal: Deal, asked: Sequence[Requirement]) -> Evidence:
    """Gather what the requirements look at, and nothing else."""
    if not any(requirement.rule in HISTORICAL for requirement in asked):
        return Evidence(deal=deal)
    tasks = unit.facts(Task, Is("deal", deal.id))
    return Evidence(
        deal=deal,
        open_tasks=[task.kind for task in tasks if task.state is TaskState.OPEN],
        done_tasks=[task.kind for task in tasks if task.state is TaskState.DONE],
        interactions=[contact.kind.value for contact in unit.facts(Interaction, Is("deal", deal.id))],
    )

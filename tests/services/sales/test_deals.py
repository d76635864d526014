"""Deals: funnel rules, stage actions, requirements and history."""

from datetime import timedelta
from typing import Any

import pytest

from crmcore import CreateTask, Money, RenderDocument, Requirement, SendNotification, Stage
from crmcore.domain.sales.funnels.requirements import RequirementKind
from crmcore.errors import BusinessRuleError, InvalidTransitionError, NotFoundError, StageRequirementsNotMetError
from tests.services.world import World, dump_records


def create_funnel(world: World, *stages: Any, **rules: Any) -> Any:
    """Create another funnel."""
    return world.crm.funnels.create("Other", stages=list(stages), **rules)


def test_stage_entry_runs_actions_in_order(world: World) -> None:
    """Entry actions create task, document and message; the assignee participates."""
    maris = world.crm.users.create("Māris", roles=["measurer"], email="maris@x.lv")
    world.crm.users.create("Other", roles=["measurer"])
    funnel = create_funnel(
        world,
        "A",
        Stage.named(
            "B",
            entry_actions=[
                CreateTask(title="Measure {deal} of {customer}", role="measurer", due_within=timedelta(hours=3)),
                RenderDocument(template="Offer", title="Offer for {customer}"),
                SendNotification(role="measurer", message="Go to {customer}"),
            ],
        ),
    )
    deal = world.crm.deals.open("Windows", customer_id=world.customer.id, funnel_id=funnel.id).deal
    first = world.crm.deals.move(deal.id, stage_key="B")
    world.crm.deals.move(deal.id, stage_key="A")
    second = world.crm.deals.move(deal.id, stage_key="B")

    assert (first.tasks[0].title, first.tasks[0].assignee_id) == ("Measure Windows of Jānis Bērziņš", maris.id)
    assert [document.title for document in first.documents] == ["Offer for Jānis Bērziņš"]
    assert [(m.recipient_id, m.variables["text"]) for m in first.messages] == [(maris.id, "Go to Jānis Bērziņš")]
    assert second.tasks[0].assignee_id == maris.id
    assert len(second.deal.attachments) == 2


def test_missing_template_rolls_back_move(world: World) -> None:
    """A failing action rolls the whole command back."""
    funnel = create_funnel(
        world, "A", Stage.named("B", entry_actions=[CreateTask(title="T"), RenderDocument(template="None", title="D")])
    )
    deal = world.crm.deals.open("Windows", customer_id=world.customer.id, funnel_id=funnel.id).deal
    held = dump_records(world.crm)
    with pytest.raises(NotFoundError):
        world.crm.deals.move(deal.id, stage_key="B")

    assert held == dump_records(world.crm)


def test_skipping_stages_checks_all_requirements(world: World) -> None:
    """The requirements of all skipped stages are checked; moving back has none."""
    value, close = Requirement(RequirementKind.VALUE), Requirement(RequirementKind.EXPECTED_CLOSE)
    funnel = create_funnel(world, Stage.named("A", exit_criteria=[value]), Stage.named("B", exit_criteria=[close]), "C")
    deal = world.crm.deals.open("D", customer_id=world.customer.id, funnel_id=funnel.id, stage_key="B").deal
    back = world.crm.deals.move(deal.id, stage_key="A").deal
    with pytest.raises(StageRequirementsNotMetError) as excinfo:
        world.crm.deals.move(deal.id, stage_key="C")

    assert back.stage_key == "A"
    assert [requirement.kind for requirement in excinfo.value.unmet_requirements] == [
        RequirementKind.VALUE,
        RequirementKind.EXPECTED_CLOSE,
    ]
    with pytest.raises(StageRequirementsNotMetError):
        world.crm.deals.win(deal.id)


def test_skip_and_return_follow_funnel_settings(world: World) -> None:
    """A strict funnel allows the next stage only, and names it in the error."""
    strict = create_funnel(world, "A", "B", "C", allow_skip=False, allow_return=False)
    deal = world.crm.deals.open("D", customer_id=world.customer.id, funnel_id=strict.id, stage_key="B").deal
    with pytest.raises(InvalidTransitionError) as excinfo:
        world.crm.deals.move(deal.id, stage_key="A")

    assert excinfo.value.allowed == ("C",)
    assert world.crm.deals.move(deal.id, stage_key="C").deal.outcome.value == "won"


def test_lose_reopen_and_win_update_deal_and_tasks(world: World) -> None:
    """Losing cancels tasks, reopening returns to the stage, winning adds the role."""
    crm = world.crm
    crm.deals.move(world.deal.id, stage_key="Payment")
    lost = crm.deals.lose(world.deal.id, reason="too dear")
    task = crm.tasks.get(world.task.id)
    again = crm.deals.reopen(world.deal.id)
    won = crm.deals.win(world.deal.id)

    assert (lost.stage_key, lost.probability.basis_points, task.state.value, task.result) == (
        "Payment",
        0,
        "cancelled",
        "deal lost",
    )
    assert (again.deal.stage_key, again.deal.loss_reason, again.deal.probability.basis_points) == (
        "Payment",
        None,
        8000,
    )
    assert (won.deal.stage_key, won.deal.probability.basis_points) == ("Installation", 10_000)
    assert [role.role.value for role in crm.customers.get(world.customer.id).roles] == ["customer"]
    assert [m.kind.value for m in crm.deals.history(world.deal.id)] == ["opened", "moved", "lost", "reopened", "won"]
    with pytest.raises(InvalidTransitionError):
        crm.deals.win(world.deal.id)


def test_deal_is_won_in_funnel_without_winning_stage(world: World) -> None:
    """Without a winning stage the deal stays in its stage; the role is added."""
    inbox = create_funnel(world, "Inbox")
    deal = world.crm.deals.open("D", customer_id=world.company.id, funnel_id=inbox.id, value=Money(1, "EUR")).deal
    won = world.crm.deals.win(deal.id).deal

    assert (won.stage_key, won.outcome.value, won.probability.basis_points) == ("Inbox", "won", 10_000)
    assert world.crm.reports.funnel(inbox.id).revenue == (Money(1, "EUR"),)


def test_move_to_current_stage_changes_nothing(world: World) -> None:
    """A move to the current stage creates no task, event or version."""
    held = dump_records(world.crm)
    moved = world.crm.deals.move(world.deal.id, stage_key="First call")

    assert (moved.deal, moved.tasks) == (world.deal, ())
    assert held == dump_records(world.crm)


def test_list_deals_filters_and_pages(world: World) -> None:
    """Deals are filtered by funnel, customer, owner, stage, outcome, and paged."""
    crm = world.crm
    others = [crm.deals.open(f"D{n}", customer_id=world.company.id, funnel_id=world.funnel.id).deal for n in range(4)]
    crm.deals.lose(others[0].id, reason="too dear")
    first = crm.deals.list(limit=2)

    assert [world.deal.id, others[0].id] == [deal.id for deal in first]
    assert [deal.id for deal in others[1:]] == [deal.id for deal in crm.deals.list(after=first[-1])]
    assert [others[0].id] == [deal.id for deal in crm.deals.list(outcome="lost")]
    assert [world.deal.id] == [
        d.id for d in crm.deals.list(owner_id=world.anna.id, stage_key="First call", outcome="open")
    ]
    assert len(crm.deals.list(customer_id=world.company.id, funnel_id=world.funnel.id)) == 4


def test_stage_with_deals_cannot_be_removed_or_moved(world: World) -> None:
    """Stages can be added and renamed; one with deals cannot move or be removed."""
    crm, stages = world.crm, world.funnel.stages
    renamed = Stage.named("First call", probability=20)
    with pytest.raises(BusinessRuleError):
        crm.funnels.update(world.funnel.id, stages=["New", *stages])
    redrawn = crm.funnels.update(world.funnel.id, stages=[renamed, *stages[1:]], loss_reasons=["late"])

    assert redrawn.stage("First call").probability == 2000
    assert crm.funnels.get_by_name("Windows") == redrawn

"""A deal moves by its funnel's rules, does what its stages ask for, and remembers everything."""

from datetime import timedelta
from typing import Any

import pytest

from crmcore import CreateTask, Money, Notify, RenderDocument, Requirement, Stage
from crmcore.domain.requirements import Rule
from crmcore.errors import IllegalTransition, NotFound, RuleBroken, StageGateClosed
from tests.services.world import World, dump


def funnel_with(house: World, *stages: Any, **rules: Any) -> Any:
    """Another funnel."""
    return house.crm.funnels.create("Other", stages=list(stages), **rules)


def test_entering_a_stage_does_what_it_says_in_order(house: World) -> None:
    """A task for a role, a document, a message; the role's holder joins the deal, and keeps it the next time."""
    maris = house.crm.people.add("Māris", roles=["measurer"], email="maris@x.lv")
    house.crm.people.add("Other", roles=["measurer"])
    funnel = funnel_with(
        house,
        "A",
        Stage.named(
            "B",
            on_entry=[
                CreateTask(title="Measure {deal} of {customer}", role="measurer", within=timedelta(hours=3)),
                RenderDocument(template="Offer", title="Offer for {customer}"),
                Notify(role="measurer", message="Go to {customer}"),
            ],
        ),
    )
    deal = house.crm.deals.open("Windows", customer=house.customer.id, funnel=funnel.id).deal
    first = house.crm.deals.move(deal.id, to="B")
    house.crm.deals.move(deal.id, to="A")
    second = house.crm.deals.move(deal.id, to="B")

    assert (first.tasks[0].title, first.tasks[0].assignee) == ("Measure Windows of Jānis Bērziņš", maris.id)
    assert [document.title for document in first.documents] == ["Offer for Jānis Bērziņš"]
    assert [(m.recipient, m.facts["text"]) for m in first.messages] == [(maris.id, "Go to Jānis Bērziņš")]
    assert second.tasks[0].assignee == maris.id
    assert len(second.deal.attachments) == 2


def test_a_missing_template_stops_the_move_and_all_that_came_with_it(house: World) -> None:
    """A story is done whole or not at all."""
    funnel = funnel_with(
        house, "A", Stage.named("B", on_entry=[CreateTask(title="T"), RenderDocument(template="None", title="D")])
    )
    deal = house.crm.deals.open("Windows", customer=house.customer.id, funnel=funnel.id).deal
    held = dump(house.crm)
    with pytest.raises(NotFound):
        house.crm.deals.move(deal.id, to="B")

    assert held == dump(house.crm)


def test_a_leap_fulfils_what_it_leaps_over(house: World) -> None:
    """The requirements of every stage on the way are asked for, all at once; the way back asks for nothing."""
    value, close = Requirement(Rule.VALUE), Requirement(Rule.EXPECTED_CLOSE)
    funnel = funnel_with(house, Stage.named("A", to_leave=[value]), Stage.named("B", to_leave=[close]), "C")
    deal = house.crm.deals.open("D", customer=house.customer.id, funnel=funnel.id, stage="B").deal
    back = house.crm.deals.move(deal.id, to="A").deal
    with pytest.raises(StageGateClosed) as refusal:
        house.crm.deals.move(deal.id, to="C")

    assert back.stage == "A"
    assert [violation.rule for violation in refusal.value.violations] == [Rule.VALUE, Rule.EXPECTED_CLOSE]
    with pytest.raises(StageGateClosed):
        house.crm.deals.win(deal.id)


def test_skips_and_returns_are_the_funnel_s_choice(house: World) -> None:
    """A strict funnel goes one stage at a time and never back, and says where a deal may go."""
    strict = funnel_with(house, "A", "B", "C", skips=False, returns=False)
    deal = house.crm.deals.open("D", customer=house.customer.id, funnel=strict.id, stage="B").deal
    with pytest.raises(IllegalTransition) as refusal:
        house.crm.deals.move(deal.id, to="A")

    assert refusal.value.allowed == ("C",)
    assert house.crm.deals.move(deal.id, to="C").deal.outcome.value == "won"


def test_won_lost_and_taken_up_again(house: World) -> None:
    """Losing calls off the open tasks; reopening returns where it was lost; winning makes a customer; all of it is history."""
    crm = house.crm
    crm.deals.move(house.deal.id, to="Payment")
    lost = crm.deals.lose(house.deal.id, reason="too dear")
    task = crm.tasks.get(house.task.id)
    again = crm.deals.reopen(house.deal.id)
    won = crm.deals.win(house.deal.id)

    assert (lost.stage, lost.probability.points, task.state.value, task.result) == (
        "Payment",
        0,
        "cancelled",
        "deal lost",
    )
    assert (again.deal.stage, again.deal.loss_reason, again.deal.probability.points) == ("Payment", None, 8000)
    assert (won.deal.stage, won.deal.probability.points) == ("Installation", 10_000)
    assert [role.role.value for role in crm.customers.get(house.customer.id).roles] == ["customer"]
    assert [m.kind.value for m in crm.deals.history(house.deal.id)] == ["opened", "moved", "lost", "reopened", "won"]
    with pytest.raises(IllegalTransition):
        crm.deals.win(house.deal.id)


def test_a_deal_is_won_without_a_winning_stage(house: World) -> None:
    """Where it stands; and its customer is one."""
    inbox = funnel_with(house, "Inbox")
    deal = house.crm.deals.open("D", customer=house.company.id, funnel=inbox.id, value=Money(1, "EUR")).deal
    won = house.crm.deals.win(deal.id).deal

    assert (won.stage, won.outcome.value, won.probability.points) == ("Inbox", "won", 10_000)
    assert house.crm.reports.funnel(inbox.id).revenue == (Money(1, "EUR"),)


def test_moving_to_where_it_is_does_nothing(house: World) -> None:
    """No task, no fact, no version."""
    held = dump(house.crm)
    moved = house.crm.deals.move(house.deal.id, to="First call")

    assert (moved.deal, moved.tasks) == (house.deal, ())
    assert held == dump(house.crm)


def test_deals_are_listed_by_what_they_are(house: World) -> None:
    """By funnel, customer, owner, stage and outcome, a page at a time."""
    crm = house.crm
    others = [crm.deals.open(f"D{n}", customer=house.company.id, funnel=house.funnel.id).deal for n in range(4)]
    crm.deals.lose(others[0].id, reason="too dear")
    first = crm.deals.list(limit=2)

    assert [house.deal.id, others[0].id] == [deal.id for deal in first]
    assert [deal.id for deal in others[1:]] == [deal.id for deal in crm.deals.list(after=first[-1])]
    assert [others[0].id] == [deal.id for deal in crm.deals.list(outcome="lost")]
    assert [house.deal.id] == [d.id for d in crm.deals.list(owner=house.anna.id, stage="First call", outcome="open")]
    assert len(crm.deals.list(customer=house.company.id, funnel=house.funnel.id)) == 4


def test_a_stage_in_use_keeps_its_place(house: World) -> None:
    """Stages may be added behind, renamed and asked more of; one that deals stand in may not move or vanish."""
    crm, stages = house.crm, house.funnel.stages
    renamed = Stage.named("First call", probability=20)
    with pytest.raises(RuleBroken):
        crm.funnels.redraw(house.funnel.id, stages=["New", *stages])
    redrawn = crm.funnels.redraw(house.funnel.id, stages=[renamed, *stages[1:]], loss_reasons=["late"])

    assert redrawn.stage("First call").probability == 2000
    assert crm.funnels.named("Windows") == redrawn

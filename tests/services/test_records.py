"""Contacts, promises, papers, people: what they leave behind."""

from datetime import timedelta

import pytest

from crmcore.errors import IllegalTransition, NotFound, RuleBroken
from tests.services.world import NOON, World, dump

DAY = timedelta(days=1)


def test_a_contact_touches_its_deal_and_ends_its_task(house: World) -> None:
    """The deal knows when something was last done for it; a task that is done by a call has the call's note."""
    house.clock.advance(hours=2)
    call = house.crm.interactions.log(
        "call", deal=house.deal.id, outcome="reached", note="Tuesday", completes=house.task.id
    )
    earlier = house.crm.interactions.log("mail", deal=house.deal.id, happened_at=NOON - DAY)

    assert house.crm.deals.get(house.deal.id).touched_at == call.happened_at == NOON + timedelta(hours=2)
    assert house.crm.tasks.get(house.task.id).result == "Tuesday"
    assert (call.user, call.customer) == (house.anna.id, house.customer.id)
    assert [c.id for c in house.crm.interactions.list(customer=house.customer.id)] == [
        call.id,
        house.interaction.id,
        earlier.id,
    ]


def test_a_contact_that_cannot_end_its_task_is_not_noted(house: World) -> None:
    """The story is whole or nothing."""
    house.crm.tasks.complete(house.task.id)
    held = dump(house.crm)
    with pytest.raises(IllegalTransition):
        house.crm.interactions.log("call", deal=house.deal.id, completes=house.task.id)

    assert held == dump(house.crm)


def test_a_contact_may_be_with_somebody_else_than_the_deal_s_customer(house: World) -> None:
    """A call to the company's buyer is about the deal and with the buyer; the same for promises, tasks and papers."""
    buyer = house.crm.customers.add("Buyer")
    call = house.crm.interactions.log("call", deal=house.deal.id, customer=buyer.id)
    promise = house.crm.commitments.make("Tea", side="theirs", deal=house.deal.id, customer=buyer.id)
    task = house.crm.tasks.give("Ask", deal=house.deal.id, customer=buyer.id)
    paper = house.crm.documents.attach("ID", b"x", media_type="text/plain", deal=house.deal.id, customer=buyer.id)

    assert {record.customer for record in (call, promise, task, paper)} == {buyer.id}
    assert {record.deal for record in (call, promise, task, paper)} == {house.deal.id}
    assert promise.owner == house.anna.id


def test_a_promise_is_settled_once_but_may_be_kept_late(house: World) -> None:
    """A broken promise can still be kept; a kept one is kept."""
    crm, id = house.crm, house.commitment.id
    crm.commitments.settle(id, "broken")

    assert crm.commitments.settle(id, "kept").state.value == "kept"
    with pytest.raises(IllegalTransition) as refusal:
        crm.commitments.settle(id, "broken")
    assert refusal.value.allowed == ()


def test_papers_belong_to_their_deal(house: World) -> None:
    """Rendered or brought in, they are attached, listed in order, and their bytes can be had."""
    file = house.crm.documents.attach("Sizes", b"\x00\xff", media_type="application/pdf", deal=house.deal.id)
    alone = house.crm.documents.attach("Card", b"x", media_type="text/plain", customer=house.company.id)

    assert [paper.id for paper in house.crm.documents.list(deal=house.deal.id)] == [house.document.id, file.id]
    assert [a.document for a in house.crm.deals.get(house.deal.id).attachments] == [house.document.id, file.id]
    assert house.crm.documents.content(file.id) == b"\x00\xff"
    assert house.crm.documents.content(house.document.id) == b"Dear customer"
    assert (alone.deal, alone.customer) == (None, house.company.id)


def test_the_best_language_of_a_template_is_chosen(house: World) -> None:
    """The customer's, else the house's, else any; without a template there is no document."""
    crm = house.crm
    crm.documents.write_template("Note", "Cien.", language="lv", media_type="text/plain")
    crm.documents.write_template("Note", "Dear", language="en", media_type="text/plain")
    crm.documents.write_template("Only", "عزیز", language="fa", media_type="text/plain")
    english = crm.documents.render("Note", deal=house.deal.id)
    crm.customers.describe(house.customer.id, language="lv")

    assert (english.body, crm.documents.render("Note", deal=house.deal.id).body) == ("Dear", "Cien.")
    assert crm.documents.render("Only", deal=house.deal.id, title="Letter").title == "Letter"
    with pytest.raises(NotFound):
        crm.documents.render("None", deal=house.deal.id)


def test_a_template_that_is_written_again_is_rewritten(house: World) -> None:
    """What was made of it stays as it was."""
    again = house.crm.documents.write_template("Offer", "Hello", media_type="text/plain")

    assert [template.id for template in house.crm.documents.templates() if template.name == "Offer"] == [again.id]
    assert house.crm.documents.get(house.document.id).body == "Dear customer"


def test_people_stand_in_a_line(house: World) -> None:
    """Up to the top, and in no circle."""
    top = house.crm.people.add("Top")
    house.crm.people.report_to(house.boss.id, top.id)

    assert [user.name for user in house.crm.people.line(house.anna.id)] == ["Ilze Boss", "Top"]
    with pytest.raises(RuleBroken):
        house.crm.people.report_to(top.id, house.anna.id)
    assert [user.id for user in house.crm.people.list(role="manager")] == [house.anna.id]
    assert [team.name for team in house.crm.people.teams()] == ["Riga"]


def test_an_absence_ends_when_somebody_is_back(house: World) -> None:
    """Whoever comes back early gets work again."""
    house.crm.people.go_away(house.anna.id, since=NOON, until=NOON + 9 * DAY)
    away = house.crm.leads.capture("A", funnel=house.funnel.id).assignment
    house.crm.people.come_back(house.anna.id)
    back = house.crm.leads.capture("B", funnel=house.funnel.id).assignment

    assert (away.user, back.user) == (None, house.anna.id)

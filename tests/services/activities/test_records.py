"""Interactions, commitments, documents and users."""

from datetime import timedelta

import pytest

from crmcore.errors import BusinessRuleError, InvalidTransitionError, NotFoundError
from tests.services.world import NOON, World, dump_records

DAY = timedelta(days=1)


def test_interaction_updates_deal_and_completes_task(world: World) -> None:
    """The deal records the activity; the task gets the note as its result."""
    world.clock.advance(hours=2)
    call = world.crm.interactions.log(
        "call", deal_id=world.deal.id, outcome="reached", note="Tuesday", completes_task_id=world.task.id
    )
    earlier = world.crm.interactions.log("mail", deal_id=world.deal.id, happened_at=NOON - DAY)

    assert world.crm.deals.get(world.deal.id).last_activity_at == call.happened_at == NOON + timedelta(hours=2)
    assert world.crm.tasks.get(world.task.id).result == "Tuesday"
    assert (call.author_id, call.customer_id) == (world.anna.id, world.customer.id)
    assert [c.id for c in world.crm.interactions.list(customer_id=world.customer.id)] == [
        call.id,
        world.interaction.id,
        earlier.id,
    ]


def test_interaction_with_closed_task_is_rejected(world: World) -> None:
    """A rejected command changes nothing."""
    world.crm.tasks.complete(world.task.id)
    held = dump_records(world.crm)
    with pytest.raises(InvalidTransitionError):
        world.crm.interactions.log("call", deal_id=world.deal.id, completes_task_id=world.task.id)

    assert held == dump_records(world.crm)


def test_records_may_name_other_customer_than_deal(world: World) -> None:
    """Activities may name another customer than their deal.

    This holds for interactions, commitments, tasks and documents.
    """
    buyer = world.crm.customers.create("Buyer")
    call = world.crm.interactions.log("call", deal_id=world.deal.id, customer_id=buyer.id)
    promise = world.crm.commitments.create("Tea", side="theirs", deal_id=world.deal.id, customer_id=buyer.id)
    task = world.crm.tasks.create("Ask", deal_id=world.deal.id, customer_id=buyer.id)
    paper = world.crm.documents.attach("ID", b"x", media_type="text/plain", deal_id=world.deal.id, customer_id=buyer.id)

    assert {record.customer_id for record in (call, promise, task, paper)} == {buyer.id}
    assert {record.deal_id for record in (call, promise, task, paper)} == {world.deal.id}
    assert promise.owner_id == world.anna.id


def test_commitment_is_closed_once_but_may_be_kept_late(world: World) -> None:
    """A broken commitment may be kept later; a kept one stays closed."""
    crm, id = world.crm, world.commitment.id
    crm.commitments.close(id, "broken")

    assert crm.commitments.close(id, "kept").state.value == "kept"
    with pytest.raises(InvalidTransitionError) as excinfo:
        crm.commitments.close(id, "broken")
    assert excinfo.value.allowed == ()


def test_documents_belong_to_deal(world: World) -> None:
    """Rendered and attached documents are listed in order, with their bytes."""
    file = world.crm.documents.attach("Sizes", b"\x00\xff", media_type="application/pdf", deal_id=world.deal.id)
    alone = world.crm.documents.attach("Card", b"x", media_type="text/plain", customer_id=world.company.id)

    assert [paper.id for paper in world.crm.documents.list(deal_id=world.deal.id)] == [world.document.id, file.id]
    assert [a.document_id for a in world.crm.deals.get(world.deal.id).attachments] == [world.document.id, file.id]
    assert world.crm.documents.read_content(file.id) == b"\x00\xff"
    assert world.crm.documents.read_content(world.document.id) == b"Dear customer"
    assert (alone.deal_id, alone.customer_id) == (None, world.company.id)


def test_template_language_is_chosen_by_preference(world: World) -> None:
    """The customer's language, else the company's, else any other."""
    crm = world.crm
    crm.documents.save_template("Note", "Cien.", language="lv", media_type="text/plain")
    crm.documents.save_template("Note", "Dear", language="en", media_type="text/plain")
    crm.documents.save_template("Only", "عزیز", language="fa", media_type="text/plain")
    english = crm.documents.render("Note", deal_id=world.deal.id)
    crm.customers.update(world.customer.id, language="lv")

    assert (english.body, crm.documents.render("Note", deal_id=world.deal.id).body) == ("Dear", "Cien.")
    assert crm.documents.render("Only", deal_id=world.deal.id, title="Letter").title == "Letter"
    with pytest.raises(NotFoundError):
        crm.documents.render("None", deal_id=world.deal.id)


def test_save_template_keeps_rendered_documents(world: World) -> None:
    """Replacing a template does not change rendered documents."""
    again = world.crm.documents.save_template("Offer", "Hello", media_type="text/plain")

    assert [template.id for template in world.crm.documents.list_templates() if template.name == "Offer"] == [again.id]
    assert world.crm.documents.get(world.document.id).body == "Dear customer"


def test_management_chain_is_returned_without_cycles(world: World) -> None:
    """The chain ends at the top, and a cycle is rejected."""
    top = world.crm.users.create("Top")
    world.crm.users.set_manager(world.boss.id, top.id)

    assert [user.name for user in world.crm.users.management_chain(world.anna.id)] == ["Ilze Boss", "Top"]
    with pytest.raises(BusinessRuleError):
        world.crm.users.set_manager(top.id, world.anna.id)
    assert [user.id for user in world.crm.users.list(role="manager")] == [world.anna.id]
    assert [team.name for team in world.crm.users.list_teams()] == ["Riga"]


def test_end_absence_makes_user_available(world: World) -> None:
    """A user whose absence ended early gets work again."""
    world.crm.users.add_absence(world.anna.id, since=NOON, until=NOON + 9 * DAY)
    away = world.crm.leads.capture("A", funnel_id=world.funnel.id).assignment
    world.crm.users.end_absence(world.anna.id)
    back = world.crm.leads.capture("B", funnel_id=world.funnel.id).assignment

    assert (away.user_id, back.user_id) == (None, world.anna.id)

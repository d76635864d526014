"""Story E, promises made in negotiations: they show when they are late, and one page knows everything."""

from datetime import UTC, datetime, timedelta
from typing import Final

from crmcore import Crm, FrozenClock, Money, Recorder
from crmcore.adapters.files import MemoryFiles
from crmcore.domain.customers.parts import Channel
from crmcore.services.ports import Store

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)


def test_a_promise_becomes_overdue_visibly(store: Store) -> None:
    """Ours and theirs: each has an owner and a due date, is listed when late, and its owner hears of it once."""
    clock, post = FrozenClock(NOON), Recorder()
    crm = Crm(store, clock=clock, notifiers={"email": post})
    anna = crm.people.add("Anna", email="anna@x.lv")
    customer = crm.customers.add("Jānis", owner=anna.id)
    ours = crm.commitments.make("Send the offer", side="ours", customer=customer.id, due_at=NOON + DAY)
    theirs = crm.commitments.make("Choose the colour", side="theirs", customer=customer.id, due_at=NOON + 2 * DAY)
    open_end = crm.commitments.make("Recommend us", side="theirs", customer=customer.id)
    due = [crm.commitments.list(overdue=True)]
    for _ in range(3):
        clock.advance(days=1, minutes=1)
        crm.run_due()
        crm.deliver()
        due.append(crm.commitments.list(overdue=True))

    assert {promise.owner for promise in (ours, theirs, open_end)} == {anna.id}
    assert [[promise.id for promise in late] for late in due] == [
        [],
        [ours.id],
        [ours.id, theirs.id],
        [ours.id, theirs.id],
    ]
    assert [letter.to for letter in post.letters] == ["anna@x.lv", "anna@x.lv"]
    assert "Send the offer" in post.letters[0].body
    crm.commitments.settle(ours.id, "broken")
    kept = crm.commitments.settle(ours.id, "kept")
    crm.commitments.settle(theirs.id, "released")
    assert kept.state.value == "kept"
    assert list(crm.commitments.list(overdue=True)) == []
    assert len(crm.commitments.list(customer=customer.id)) == 3


def test_one_page_shows_all_so_that_nobody_asks_twice(store: Store) -> None:
    """Phone, e-mail, what was ordered, said, promised and complained of: on one page, the latest first."""
    clock = FrozenClock(NOON)
    crm = Crm(store, clock=clock, files=MemoryFiles(), region="LV")
    anna = crm.people.add("Anna")
    sales = crm.funnels.create("Sales", stages=["Call", "Won"])
    lead = crm.leads.capture(
        "Jānis", phone="2000 0000", email="janis@x.lv", funnel=sales.id, about="A door", value=Money(900, "EUR")
    )
    told = []
    for happen in (
        lambda: crm.interactions.log("call", deal=lead.deal.id, outcome="reached"),
        lambda: crm.commitments.make("Offer", side="ours", deal=lead.deal.id),
        lambda: crm.tasks.give("Write", deal=lead.deal.id, assignee=anna.id),
        lambda: crm.documents.attach("Sizes", b"x", media_type="text/plain", deal=lead.deal.id),
        lambda: crm.complaints.receive("Late", type="delivery", customer=lead.customer.id),
        lambda: crm.deals.win(lead.deal.id).deal,
    ):
        clock.advance(hours=1)
        told.append(happen())
    page = crm.customers.page(lead.customer.id)

    assert (page.customer.reach(Channel.PHONE), page.customer.reach(Channel.EMAIL)) == ("+37120000000", "janis@x.lv")
    assert [deal.total for deal in page.deals] == [Money(900, "EUR")]
    assert [line.what for line in page.timeline] == [
        "deal won",
        "complaint received",
        "document added",
        "task given",
        "commitment ours",
        "call outgoing",
        *sorted(["deal opened", "customer added"], reverse=True),
    ]
    assert {line.subject for line in page.timeline} == {record.id for record in (*told, lead.customer)}

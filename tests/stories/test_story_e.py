"""Story E: overdue commitments, and the customer overview."""

from datetime import UTC, datetime, timedelta
from typing import Final

from crmcore import Crm, FrozenClock, Money, RecordingNotifier
from crmcore.adapters.files import MemoryFileStore
from crmcore.domain.customers.parts import Channel
from crmcore.ports import Store

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)


def test_overdue_commitment_is_listed_and_owner_is_notified(store: Store) -> None:
    """Commitments of both sides are listed when overdue; the owner is notified once."""
    clock, post = FrozenClock(NOON), RecordingNotifier()
    crm = Crm(store, clock=clock, notifiers={"email": post})
    anna = crm.users.create("Anna", email="anna@x.lv")
    customer = crm.customers.create("Jānis", owner_id=anna.id)
    ours = crm.commitments.create("Send the offer", side="ours", customer_id=customer.id, due_at=NOON + DAY)
    theirs = crm.commitments.create("Choose the colour", side="theirs", customer_id=customer.id, due_at=NOON + 2 * DAY)
    open_end = crm.commitments.create("Recommend us", side="theirs", customer_id=customer.id)
    due = [crm.commitments.list(overdue=True)]
    for _ in range(3):
        clock.advance(days=1, minutes=1)
        crm.run_due_jobs()
        crm.deliver()
        due.append(crm.commitments.list(overdue=True))

    assert {promise.owner_id for promise in (ours, theirs, open_end)} == {anna.id}
    assert [[promise.id for promise in late] for late in due] == [
        [],
        [ours.id],
        [ours.id, theirs.id],
        [ours.id, theirs.id],
    ]
    assert [message.address for message in post.messages] == ["anna@x.lv", "anna@x.lv"]
    assert "Send the offer" in post.messages[0].body
    crm.commitments.close(ours.id, "broken")
    kept = crm.commitments.close(ours.id, "kept")
    crm.commitments.close(theirs.id, "released")
    assert kept.state.value == "kept"
    assert list(crm.commitments.list(overdue=True)) == []
    assert len(crm.commitments.list(customer_id=customer.id)) == 3


def test_overview_shows_all_records_of_customer(store: Store) -> None:
    """The overview shows all records of a customer, latest first."""
    clock = FrozenClock(NOON)
    crm = Crm(store, clock=clock, file_store=MemoryFileStore(), region="LV")
    anna = crm.users.create("Anna")
    sales = crm.funnels.create("Sales", stages=["Call", "Won"])
    lead = crm.leads.capture(
        "Jānis", phone="2000 0000", email="janis@x.lv", funnel_id=sales.id, about="A door", value=Money(900, "EUR")
    )
    created = []
    for happen in (
        lambda: crm.interactions.log("call", deal_id=lead.deal.id, outcome="reached"),
        lambda: crm.commitments.create("Offer", side="ours", deal_id=lead.deal.id),
        lambda: crm.tasks.create("Write", deal_id=lead.deal.id, assignee_id=anna.id),
        lambda: crm.documents.attach("Sizes", b"x", media_type="text/plain", deal_id=lead.deal.id),
        lambda: crm.complaints.receive("Late", type="delivery", customer_id=lead.customer.id),
        lambda: crm.deals.win(lead.deal.id).deal,
    ):
        clock.advance(hours=1)
        created.append(happen())
    page = crm.customers.overview(lead.customer.id)

    assert (page.customer.first_contact(Channel.PHONE), page.customer.first_contact(Channel.EMAIL)) == (
        "+37120000000",
        "janis@x.lv",
    )
    assert [deal.total for deal in page.deals] == [Money(900, "EUR")]
    assert [line.description for line in page.timeline] == [
        "deal won",
        "complaint received",
        "document added",
        "task created",
        "commitment ours",
        "call outgoing",
        *sorted(["deal opened", "customer created"], reverse=True),
    ]
    assert {line.subject_id for line in page.timeline} == {record.id for record in (*created, lead.customer)}

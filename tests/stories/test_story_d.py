"""Story D, as far as it goes today: nobody's leaving loses anything, and no new work goes to who is gone."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from crmcore import Crm, FrozenClock
from crmcore.errors import NobodyAvailable, RuleBroken
from crmcore.services.ports import Store

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_whoever_leaves_gets_nothing_new_and_loses_nothing(store: Store) -> None:
    """Customers, deals and tasks stay with their history until they are handed over, one by one; new work goes to others."""
    crm = Crm(store, clock=FrozenClock(NOON))
    anna, berta = crm.people.add("Anna", roles=["manager"]), crm.people.add("Berta", roles=["manager"])
    sales = crm.funnels.create("Sales", stages=["Call", "Won"], role="manager")
    lead = crm.leads.capture("Jānis", phone="+37120000000", funnel=sales.id)
    task = crm.tasks.give("Call", assignee=anna.id, deal=lead.deal.id)
    crm.people.leave(anna.id)
    again = crm.leads.capture("Jānis", phone="+37120000000", funnel=sales.id)

    assert lead.deal.owner == lead.customer.owner == anna.id
    assert again.customer.id == lead.customer.id
    assert (again.assignment.rule, again.deal.owner) == ("ring", berta.id)
    with pytest.raises(RuleBroken, match="has left"):
        crm.leads.capture("Zane", funnel=sales.id, owner=anna.id)

    deal = crm.deals.hand_over(lead.deal.id, to=berta.id)
    customer = crm.customers.hand_over(lead.customer.id, to=berta.id)
    passed = crm.tasks.reassign(task.id, to=berta.id)
    moves = [(m.owner_before, m.owner_after) for m in crm.deals.history(deal.id)]

    assert {deal.owner, customer.owner, passed.assignee} == {berta.id}
    assert moves == [(None, anna.id), (anna.id, berta.id)]
    assert {d.id for d in crm.customers.page(customer.id).deals} == {deal.id, again.deal.id}


def test_when_nobody_is_there_a_lead_waits_and_a_complaint_is_refused(store: Store) -> None:
    """A request is never turned away for want of a salesman; a complaint without a responsible person cannot be."""
    crm = Crm(store, clock=FrozenClock(NOON))
    anna = crm.people.add("Anna", roles=["manager"])
    crm.people.go_away(anna.id, since=NOON, until=NOON + timedelta(days=1))
    sales = crm.funnels.create("Sales", stages=["Call", "Won"], role="manager")
    lead = crm.leads.capture("Jānis", funnel=sales.id)

    assert (lead.deal.owner, lead.assignment.user) == (None, None)
    assert [rejected.reason for rejected in lead.assignment.rejected] == ["absent"]
    with pytest.raises(NobodyAvailable) as refusal:
        crm.complaints.receive("Late", type="delivery", customer=lead.customer.id, role="manager")
    assert refusal.value.rejected == ((anna.id, "absent"),)
    assert list(crm.complaints.list()) == []

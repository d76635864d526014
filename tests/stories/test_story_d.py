"""Story D: a deactivated user loses no records and gets no new work."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from crmcore import Crm, FrozenClock
from crmcore.errors import BusinessRuleError, NoAssigneeAvailableError
from crmcore.ports import Store

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_deactivated_user_keeps_records_and_gets_no_new_work(store: Store) -> None:
    """Records stay until their owner is changed; new work goes to other users."""
    crm = Crm(store, clock=FrozenClock(NOON))
    anna, berta = crm.users.create("Anna", roles=["manager"]), crm.users.create("Berta", roles=["manager"])
    sales = crm.funnels.create("Sales", stages=["Call", "Won"], role="manager")
    lead = crm.leads.capture("Jānis", phone="+37120000000", funnel_id=sales.id)
    task = crm.tasks.create("Call", assignee_id=anna.id, deal_id=lead.deal.id)
    crm.users.deactivate(anna.id)
    again = crm.leads.capture("Jānis", phone="+37120000000", funnel_id=sales.id)

    assert lead.deal.owner_id == lead.customer.owner_id == anna.id
    assert again.customer.id == lead.customer.id
    assert (again.assignment.rule, again.deal.owner_id) == ("round_robin", berta.id)
    with pytest.raises(BusinessRuleError, match="is deactivated"):
        crm.leads.capture("Zane", funnel_id=sales.id, owner_id=anna.id)

    deal = crm.deals.change_owner(lead.deal.id, owner_id=berta.id)
    customer = crm.customers.change_owner(lead.customer.id, owner_id=berta.id)
    passed = crm.tasks.reassign(task.id, assignee_id=berta.id)
    moves = [(m.previous_owner_id, m.new_owner_id) for m in crm.deals.history(deal.id)]

    assert {deal.owner_id, customer.owner_id, passed.assignee_id} == {berta.id}
    assert moves == [(None, anna.id), (anna.id, berta.id)]
    assert {d.id for d in crm.customers.overview(customer.id).deals} == {deal.id, again.deal.id}


def test_lead_without_assignee_is_kept_and_complaint_is_rejected(store: Store) -> None:
    """A lead is kept without an owner; a complaint without one is rejected."""
    crm = Crm(store, clock=FrozenClock(NOON))
    anna = crm.users.create("Anna", roles=["manager"])
    crm.users.add_absence(anna.id, since=NOON, until=NOON + timedelta(days=1))
    sales = crm.funnels.create("Sales", stages=["Call", "Won"], role="manager")
    lead = crm.leads.capture("Jānis", funnel_id=sales.id)

    assert (lead.deal.owner_id, lead.assignment.user_id) == (None, None)
    assert [rejected.reason for rejected in lead.assignment.rejected] == ["absent"]
    with pytest.raises(NoAssigneeAvailableError) as excinfo:
        crm.complaints.receive("Late", type="delivery", customer_id=lead.customer.id, role="manager")
    assert excinfo.value.rejected == ((anna.id, "absent"),)
    assert list(crm.complaints.list()) == []

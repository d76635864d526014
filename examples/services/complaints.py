"""Examples of `crm.complaints`, one per method."""

# %% setup
from datetime import timedelta

from crmcore import Crm, FrozenClock, Money

clock = FrozenClock()
crm = Crm(clock=clock)
director = crm.users.create("Dace", roles=["director"])
anna = crm.users.create("Anna", roles=["desk"], manager_id=director.id)
bert = crm.users.create("Bert", roles=["desk"], manager_id=director.id)
customer = crm.customers.create("Jānis Bērziņš", email="janis@example.lv")

# %% create_type
delivery = crm.complaints.create_type("delivery", role="desk")

# %% list_types
assert [kind.path for kind in crm.complaints.list_types()] == ["delivery"]

# %% get_type
assert delivery == crm.complaints.get_type("delivery")

# %% receive
complaint = crm.complaints.receive(
    "The chair has not arrived", type="delivery", customer_id=customer.id, resolve_within=timedelta(hours=40)
)

# %% get
assert complaint == crm.complaints.get(complaint.id)

# %% list
assert [complaint.id] == [found.id for found in crm.complaints.list(customer_id=customer.id)]

# %% queue
assert [complaint.id] == [found.id for found in crm.complaints.queue()]

# %% acknowledge
complaint = crm.complaints.acknowledge(complaint.id, channel="phone")

# %% assess
complaint = crm.complaints.assess(complaint.id, severity="high")

# %% change_owner
complaint = crm.complaints.change_owner(complaint.id, owner_id=anna.id)

# %% start_investigation
complaint = crm.complaints.start_investigation(complaint.id)

# %% log_reply
complaint = crm.complaints.log_reply(complaint.id, channel="phone")

# %% pause_for_customer
complaint = crm.complaints.pause_for_customer(complaint.id)

# %% sla_status
assert crm.complaints.sla_status(complaint.id).resolution.is_paused

# %% log_customer_reply
complaint = crm.complaints.log_customer_reply(complaint.id)

# %% respond
complaint = crm.complaints.respond(complaint.id, "It arrives tomorrow.")

# %% set_approval_limit
crm.complaints.set_approval_limit("desk", Money(30, "EUR"))
crm.complaints.set_approval_limit("director", Money(500, "EUR"))

# %% compensate
complaint = crm.complaints.compensate(complaint.id, "money", Money(50, "EUR"), author_id=anna.id)

# %% pending_approvals
assert [complaint.id] == [found.id for found in crm.complaints.pending_approvals(director.id)]

# %% update_compensation
complaint = crm.complaints.update_compensation(complaint.id, 1, "approved", author_id=director.id)

# %% set_root_cause
complaint = crm.complaints.set_root_cause(complaint.id, cause="carrier", preventive="a second carrier")

# %% resolve
complaint = crm.complaints.resolve(complaint.id, "The chair has arrived.")

# %% close
complaint = crm.complaints.close(complaint.id)

# %% rate
complaint = crm.complaints.rate(complaint.id, 5, comment="Thank you")

# %% reject
spam = crm.complaints.receive("Spam", type="delivery", customer_id=customer.id)
spam = crm.complaints.acknowledge(spam.id)
spam = crm.complaints.assess(spam.id)
spam = crm.complaints.reject(spam.id, "not about us")

# %% unattended
assert [found.complaint.id for found in crm.complaints.unattended() if found.complaint.id == complaint.id] == []

# %% deactivate_type
delivery = crm.complaints.deactivate_type(delivery.id)

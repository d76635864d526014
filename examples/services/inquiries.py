"""Examples of `crm.inquiries`, one per method."""

# %% setup
from datetime import timedelta

from crmcore import Crm

crm = Crm()
anna = crm.users.create("Anna")
customer = crm.customers.create("Jānis Bērziņš", email="janis@example.lv")

# %% receive
inquiry = crm.inquiries.receive(
    "Which colours are there?", customer_id=customer.id, resolve_within=timedelta(hours=8), owner_id=anna.id
)

# %% get
assert inquiry == crm.inquiries.get(inquiry.id)

# %% list
assert [inquiry.id] == [found.id for found in crm.inquiries.list(customer_id=customer.id)]

# %% change_owner
inquiry = crm.inquiries.change_owner(inquiry.id, owner_id=crm.users.create("Bert").id)

# %% log_reply
inquiry = crm.inquiries.log_reply(inquiry.id, channel="phone")

# %% pause_for_customer
inquiry = crm.inquiries.pause_for_customer(inquiry.id)

# %% sla_status
assert crm.inquiries.sla_status(inquiry.id).resolution.is_paused

# %% log_customer_reply
inquiry = crm.inquiries.log_customer_reply(inquiry.id)

# %% resolve
inquiry = crm.inquiries.resolve(inquiry.id, "Oak and ash")

# %% close
inquiry = crm.inquiries.close(inquiry.id)

"""Examples of `crm.commitments`, one per method."""

# %% setup
from datetime import timedelta

from crmcore import Crm, FrozenClock

clock = FrozenClock()
crm = Crm(clock=clock)
anna = crm.users.create("Anna")
customer = crm.customers.create("Jānis Bērziņš")

# %% create
sizes = crm.commitments.create(
    "Send the sizes", side="theirs", customer_id=customer.id, due_at=clock.now() + timedelta(days=3)
)

# %% change_owner
sizes = crm.commitments.change_owner(sizes.id, owner_id=anna.id)

# %% list
assert [sizes.id] == [commitment.id for commitment in crm.commitments.list(customer_id=customer.id)]

# %% close
sizes = crm.commitments.close(sizes.id, "kept")

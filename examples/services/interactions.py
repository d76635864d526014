"""Examples of `crm.interactions`, one per method."""

# %% setup
from datetime import timedelta

from crmcore import Crm

crm = Crm()
anna = crm.users.create("Anna")
customer = crm.customers.create("Jānis Bērziņš")
task = crm.tasks.create("Call Jānis", assignee_id=anna.id, customer_id=customer.id)

# %% log
call = crm.interactions.log(
    "call",
    customer_id=customer.id,
    author_id=anna.id,
    duration=timedelta(minutes=4),
    outcome="reached",
    completes_task_id=task.id,
)

# %% get
assert call == crm.interactions.get(call.id)

# %% list
assert [call.id] == [interaction.id for interaction in crm.interactions.list(customer_id=customer.id)]

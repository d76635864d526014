"""Examples of `crm.funnels`, one per method."""

# %% setup
from datetime import timedelta

from crmcore import CreateTask, Crm, Stage

crm = Crm()

# %% create
call = CreateTask(title="Call {customer}", due_within=timedelta(minutes=15))
funnel = crm.funnels.create(
    "Windows", stages=[Stage.named("First call", entry_actions=[call]), "Sold"], loss_reasons=["price"]
)

# %% get
assert funnel == crm.funnels.get(funnel.id)

# %% get_by_name
assert funnel == crm.funnels.get_by_name("Windows")

# %% list
assert [funnel.id] == [found.id for found in crm.funnels.list()]

# %% update
funnel = crm.funnels.update(funnel.id, stages=["First call", "Offer", "Sold"], loss_reasons=["price", "no answer"])

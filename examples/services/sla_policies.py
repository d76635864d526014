"""Examples of `crm.sla_policies`, one per method."""

# %% setup
from datetime import timedelta

from crmcore import Crm, SlaConditions, SlaTargets

crm = Crm()

# %% create
standard = crm.sla_policies.create("Standard", SlaTargets(resolution=timedelta(hours=40)))
gold = crm.sla_policies.create(
    "Gold", SlaTargets(resolution=timedelta(hours=8)), rank=10, conditions=SlaConditions(contracts=["gold"])
)

# %% get
assert gold == crm.sla_policies.get(gold.id)

# %% list
assert {"Standard", "Gold"} == {policy.name for policy in crm.sla_policies.list()}

# %% preview
decision = crm.sla_policies.preview(contract="silver")

assert [rejected.reason for rejected in decision.rejected] == ["contract"]

# %% set_targets
gold = crm.sla_policies.set_targets(gold.id, SlaTargets(resolution=timedelta(hours=6)))

# %% deactivate
gold = crm.sla_policies.deactivate(gold.id)

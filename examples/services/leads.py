"""Examples of `crm.leads`, one per method."""

# %% setup
from datetime import timedelta

from crmcore import Crm, ExternalId, ItemFailed

crm = Crm()
anna = crm.users.create("Anna")
funnel = crm.funnels.create("Windows", stages=["First call", "Sold"], respond_within=timedelta(minutes=15))

# %% capture
lead = crm.leads.capture(
    "Jānis Bērziņš", phone="+371 2000 0000", funnel_id=funnel.id, source="web", request=ExternalId("web form", "1001")
)

# %% response_sla
assert timedelta(minutes=15) == crm.leads.response_sla(lead.deal.id).first_response.target

# %% capture_many
rows = [{"name": "Ilze", "email": "ilze@example.lv"}, {"name": "Spam", "email": "no address"}]
results = list(crm.leads.capture_many(rows, funnel_id=funnel.id))

assert [result.error.code for result in results if isinstance(result, ItemFailed)] == ["invalid_email"]

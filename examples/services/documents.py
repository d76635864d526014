"""Examples of `crm.documents`, one per method."""

# %% setup
from crmcore import Crm

crm = Crm(company={"name": "SIA Logi"})
funnel = crm.funnels.create("Windows", stages=["Offer", "Sold"])
deal = crm.leads.capture("Jānis Bērziņš", phone="+371 2000 0000", funnel_id=funnel.id).deal

# %% save_template
template = crm.documents.save_template("Offer", "<p>Dear {{ customer.name }}. {{ company.name }}</p>")

# %% list_templates
assert [found.name for found in crm.documents.list_templates()] == ["Offer"]

# %% render
offer = crm.documents.render("Offer", deal_id=deal.id, title="Offer for Jānis")

# %% attach
plan = crm.documents.attach("Floor plan", b"%PDF-1.7", media_type="application/pdf", deal_id=deal.id)

# %% get
assert offer == crm.documents.get(offer.id)

# %% read_content
assert crm.documents.read_content(plan.id) == b"%PDF-1.7"

# %% list
assert {"Offer for Jānis", "Floor plan"} == {document.title for document in crm.documents.list(deal_id=deal.id)}

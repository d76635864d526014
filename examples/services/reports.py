"""Examples of `crm.reports`, one per method."""

# %% setup
from crmcore import Crm, Money

crm = Crm()
anna = crm.users.create("Anna")
funnel = crm.funnels.create("Windows", stages=["First call", "Sold"])
lead = crm.leads.capture("Jānis", phone="+371 2000 0000", funnel_id=funnel.id, source="web", value=Money(900, "EUR"))
won = crm.deals.win(lead.deal.id)

# %% funnel
assert (Money("900.00", "EUR"),) == crm.reports.funnel(funnel.id).revenue

# %% sources
assert [(row.source, row.won) for row in crm.reports.sources(funnel_id=funnel.id)] == [("web", 1)]

# %% people
people = crm.reports.people()

# %% overdue
overdue = crm.reports.overdue()

# %% stuck
stuck = crm.reports.stuck(funnel_id=funnel.id)

# %% complaints
complaints = crm.reports.complaints()

# %% field_service
field_service = crm.reports.field_service()

# %% dashboard
dashboard = crm.reports.dashboard(funnel.id)
text = dashboard.text(language="en")

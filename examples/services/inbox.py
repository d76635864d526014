"""Examples of `crm.inbox`, one per method."""

# %% setup
from datetime import timedelta

from crmcore import Crm
from crmcore.types import InboxResult

crm = Crm()
customer = crm.customers.create("Logi")

# %% process
for expected in (InboxResult.APPLIED, InboxResult.DUPLICATE):
    result = crm.inbox.process("erp", "message 17", lambda: crm.customers.rename(customer.id, "SIA Logi"))

    assert expected == result

# %% purge
assert crm.inbox.purge(older_than=timedelta(days=60)) == 0

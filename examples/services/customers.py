"""Examples of `crm.customers`, one per method."""

# %% setup
from crmcore import Crm, ExternalId, ItemSucceeded

crm = Crm()
anna = crm.users.create("Anna")

# %% create
customer = crm.customers.create("Jānis Bērziņš", phone="+371 2000 0000", tags=["window"])
company = crm.customers.create("SIA Logi", kind="organisation", roles=["partner"])

# %% get
assert customer == crm.customers.get(customer.id)

# %% search
assert [customer.id] == [found.id for found in crm.customers.search("berzins")]

# %% find_by_contact_point
assert [customer.id] == [found.id for found in crm.customers.find_by_contact_point("+371 2000 0000")]

# %% rename
customer = crm.customers.rename(customer.id, "Jānis Kalniņš")

# %% update
customer = crm.customers.update(customer.id, language="lv", note="Prefers mornings")

# %% change_owner
customer = crm.customers.change_owner(customer.id, owner_id=anna.id)

# %% add_contact_point
customer = crm.customers.add_contact_point(customer.id, email="janis@example.lv")

# %% remove_contact_point
customer = crm.customers.remove_contact_point(customer.id, "+371 2000 0000")

# %% add_external_id
customer = crm.customers.add_external_id(customer.id, ExternalId("erp", "4711"))

# %% get_by_external_id
assert customer == crm.customers.get_by_external_id("erp", "4711")

# %% add_role
customer = crm.customers.add_role(customer.id, "customer")

# %% add_relation
customer = crm.customers.add_relation(customer.id, "employee_of", company.id)

# %% overview
assert customer == crm.customers.overview(customer.id).customer

# %% upsert_many
rows = [{"key": "4712", "name": "Ilze Ozola", "email": "ilze@example.lv"}]

assert all(isinstance(result, ItemSucceeded) for result in crm.customers.upsert_many(rows, system="erp"))

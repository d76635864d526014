"""Examples of `crm.knowledge`, one per method."""

# %% setup
from crmcore import Crm

crm = Crm(language="en")
anna = crm.users.create("Anna")
customer = crm.customers.create("Carla", phone="+371 2000 0000")
complaint = crm.complaints.receive("I want to return my window", type="delivery", customer_id=customer.id)

# %% create
article = crm.knowledge.create("Returning a window", "Bring the window and the receipt.", topic="returns")

# %% publish
article = crm.knowledge.publish(article.id)

# %% get
assert article == crm.knowledge.get(article.id)

# %% get_by_topic
assert article == crm.knowledge.get_by_topic("returns")

# %% list
assert [article.id] == [found.id for found in crm.knowledge.list(state="published")]

# %% update
article = crm.knowledge.update(article.id, body="Bring the window within 30 days.")

# %% revisions
assert [revision.number for revision in crm.knowledge.revisions(article.id)] == [1, 2]

# %% search
assert [article.id] == [hit.article.id for hit in crm.knowledge.search("how do I return windows")]

# %% suggest
assert [article.id] == [hit.article.id for hit in crm.knowledge.suggest(complaint.id)]

# %% link_to_case
usage = crm.knowledge.link_to_case(article.id, case_id=complaint.id)

# %% list_usages
assert [usage.id] == [found.id for found in crm.knowledge.list_usages(case_id=complaint.id)]

# %% rate
article = crm.knowledge.rate(article.id, is_helpful=True)

# %% search_or_log_gap
assert tuple(crm.knowledge.search_or_log_gap("Do you paint facades?")) == ()

# %% list_gaps
[gap] = crm.knowledge.list_gaps()

# %% close_gap
painting = crm.knowledge.create("Painting", "We paint facades.", topic="painting", is_published=True)
gap = crm.knowledge.close_gap(gap.id, article_id=painting.id)

# %% unpublish
painting = crm.knowledge.unpublish(painting.id)

# %% archive
article = crm.knowledge.archive(article.id)

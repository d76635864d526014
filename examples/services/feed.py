"""Examples of `crm.feed`, one per method."""

# %% setup
from contextlib import suppress
from datetime import timedelta

from crmcore import Crm
from crmcore.errors import NotFoundError

crm = Crm()
anna = crm.users.create("Anna")

# %% read
page = crm.feed.read()

assert [recorded.event.name for recorded in page.events] == ["user.created"]

# %% latest_cursor
cursor = crm.feed.latest_cursor()
team = crm.users.create_team("North")

assert [recorded.event.name for recorded in crm.feed.read(cursor=cursor).events] == ["team.created"]

# %% prune
assert crm.feed.prune(older_than=timedelta(0)) == 1

# %% delete_subscription
with suppress(NotFoundError):
    crm.feed.delete_subscription("erp")  # the name of a publisher that was removed from the settings

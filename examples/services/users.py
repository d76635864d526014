"""Examples of `crm.users`, one per method."""

# %% setup
from datetime import timedelta

from crmcore import Crm, FrozenClock

clock = FrozenClock()
crm = Crm(clock=clock)

# %% create_team
north = crm.users.create_team("North")

# %% list_teams
assert [team.name for team in crm.users.list_teams()] == ["North"]

# %% create
head = crm.users.create("Hugo", roles=["head"], email="hugo@example.lv")
anna = crm.users.create("Anna", roles=["manager"], team_id=north.id)

# %% get
assert anna == crm.users.get(anna.id)

# %% list
assert [anna.id] == [user.id for user in crm.users.list(role="manager")]

# %% set_roles
anna = crm.users.set_roles(anna.id, ["manager", "desk"])

# %% set_manager
anna = crm.users.set_manager(anna.id, head.id)

# %% management_chain
assert [head.id] == [user.id for user in crm.users.management_chain(anna.id)]

# %% set_calendar
night = crm.calendars.create("Mo-Fr 22:00-06:00", name="night")
anna = crm.users.set_calendar(anna.id, night.id)

# %% add_absence
anna = crm.users.add_absence(anna.id, since=clock.now(), until=clock.now() + timedelta(days=7), reason="holiday")

# %% end_absence
anna = crm.users.end_absence(anna.id)

# %% deactivate
anna = crm.users.deactivate(anna.id)

"""Examples of `crm.jobs`, one per method."""

# %% setup
from crmcore import Crm, FrozenClock

clock = FrozenClock()
crm = Crm(clock=clock)
anna = crm.users.create("Anna", manager_id=crm.users.create("Hugo").id)
task = crm.tasks.create("Call back", assignee_id=anna.id, due_at=clock.now())
now = clock.advance(minutes=1)

# %% run
assert crm.jobs.run(limit=100).done == 1

# %% list_dead
assert tuple(crm.jobs.list_dead()) == ()

# %% retry
for job in crm.jobs.list_dead():
    crm.jobs.retry(job.id)

# %% purge_expired
assert crm.jobs.purge_expired() == 0

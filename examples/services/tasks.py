"""Examples of `crm.tasks`, one per method."""

# %% setup
from datetime import timedelta

from crmcore import Crm, FrozenClock

clock = FrozenClock()
crm = Crm(clock=clock)
anna = crm.users.create("Anna")
bert = crm.users.create("Bert")

# %% create
task = crm.tasks.create("Write the offer", assignee_id=anna.id, due_at=clock.now() + timedelta(days=1))

# %% get
assert task == crm.tasks.get(task.id)

# %% list
assert [task.id] == [found.id for found in crm.tasks.list(assignee_id=anna.id, state="open")]

# %% reassign
task = crm.tasks.reassign(task.id, assignee_id=bert.id)

# %% reschedule
task = crm.tasks.reschedule(task.id, due_at=clock.now() + timedelta(days=2))

# %% complete
task = crm.tasks.complete(task.id, result="sent by e-mail")

# %% reopen
task = crm.tasks.reopen(task.id)

# %% cancel
task = crm.tasks.cancel(task.id, reason="no longer needed")

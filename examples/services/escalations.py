"""Examples of `crm.escalations`, one per method."""

# %% setup
from crmcore import Crm, FrozenClock

clock = FrozenClock()
crm = Crm(clock=clock)
head = crm.users.create("Hugo")
anna = crm.users.create("Anna", manager_id=head.id)
task = crm.tasks.create("Call back", assignee_id=anna.id, due_at=clock.now())
now = clock.advance(minutes=1)
report = crm.run_due_jobs()

# %% list
assert [head.id] == [escalation.recipient_id for escalation in crm.escalations.list()]

# %% history
assert [escalation.level for escalation in crm.escalations.history(task.id)] == [1]

# %% acknowledge
escalations = crm.escalations.acknowledge(task.id, acknowledged_by=head.id)

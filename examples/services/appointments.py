"""Examples of `crm.appointments`, one per method."""

# %% setup
from datetime import UTC, datetime, timedelta

from crmcore import Crm, FrozenClock, Recurrence

monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
clock = FrozenClock(monday)
crm = Crm(clock=clock)
anna = crm.users.create("Anna")
berta = crm.users.create("Berta")
carla = crm.customers.create("Carla", phone="+371 2000 0000")

# %% book
visit = crm.appointments.book("Measure", since=monday, attendee_ids=[anna.id], customer_id=carla.id)
weekly = crm.appointments.book(
    "Team meeting",
    since=monday + timedelta(hours=2),
    attendee_ids=[anna.id],
    recurrence=Recurrence("FREQ=WEEKLY;COUNT=3", "UTC"),
)

# %% get
assert crm.appointments.get(visit.id).title == "Measure"

# %% list
assert [visit.id] == [appointment.id for appointment in crm.appointments.list(customer_id=carla.id)]

# %% list_between
assert len(crm.appointments.list_between([anna.id], since=monday, until=monday + timedelta(days=1))) == 2

# %% agenda
agenda = crm.appointments.agenda([anna.id], since=monday, until=monday + timedelta(days=30))

assert [item.title for item in agenda] == ["Measure", "Team meeting", "Team meeting", "Team meeting"]

# %% free_slots
slots = crm.appointments.free_slots([anna.id], since=monday, until=monday + timedelta(hours=3))

assert [timedelta(hours=1)] == [slot.length for slot in slots]

# %% reschedule
visit = crm.appointments.reschedule(visit.id, since=monday + timedelta(hours=1))

# %% set_attendees
visit = crm.appointments.set_attendees(visit.id, attendee_ids=[anna.id, berta.id])

# %% complete
now = clock.advance(hours=2)
completed = crm.appointments.complete(visit.id, outcome="measured")

assert carla.id == completed.interaction.customer_id

# %% cancel_occurrence
weekly = crm.appointments.cancel_occurrence(weekly.id, agenda[2].original_start)

# %% cancel
weekly = crm.appointments.cancel(weekly.id)

# %% import_event
event = crm.appointments.import_event(
    "uid-1@calendar.example", "Trade fair", since=monday + timedelta(days=2), until=monday + timedelta(days=3)
)

"""Examples of `crm.outbox`, one per method."""

# %% setup
from crmcore import Crm, RecordingNotifier
from crmcore.errors import DeliveryError


def reject(message: object) -> None:
    """Refuse every message permanently."""
    raise DeliveryError("email", f"no recipient for {type(message).__name__}", is_permanent=True)


crm = Crm(notifiers={"email": RecordingNotifier(before_send=reject)})

# %% queue
message = crm.outbox.queue("notice", address="anna@example.com", variables={"text": "Hello"})

# %% preview
assert [outgoing.body.strip() for outgoing in crm.outbox.preview(channel="email")] == ["Hello"]

# %% run
assert crm.outbox.run(limit=100).sent == 0

# %% list
[dead] = crm.outbox.list(state="dead")

# %% retry
message = crm.outbox.retry(dead.id)

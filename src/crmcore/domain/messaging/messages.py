"""Outgoing messages: the transactional outbox.

Invariants:
    1. A message is stored in the transaction of its command, and sent after the commit. It is queued, leased by a sender, then sent,
       queued again for a retry, or a dead letter.
    2. A sender holds a lease. The version of the message is the fencing token: a sender whose lease has expired can store nothing.
    3. Delivery is at least once. Every attempt has the same id, so that the receiver can detect duplicates.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, ClassVar, Final, Self
from zlib import crc32

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.backoff import add_clamped
from crmcore.domain.kernel.entity import Entity, EntityMeta, record
from crmcore.domain.kernel.errors.rules import BusinessRuleError
from crmcore.domain.kernel.fields.composite import EMPTY_MAP
from crmcore.domain.kernel.fields.text import LONG_TEXT, printable_line
from crmcore.domain.kernel.ids import MessageId, UserId

RETRY_DELAYS: Final = tuple(
    timedelta(seconds=s) for s in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""The delay after each failed attempt, plus up to a tenth: ten attempts in at least 75 hours and 35 minutes."""
LONGEST_WAIT: Final = timedelta(days=30)
"""The longest delay that a receiver can ask for."""


class MessageState(Enum):
    """The state of a message."""

    QUEUED = "queued"
    LEASED = "leased"
    SENT = "sent"
    DEAD = "dead"


@record
class Message(Entity):
    """A message to a user or a customer.

    Attributes:
        topic: the key of its text in the catalogue.
        variables: the values of the text's variables, of at most 100,000 characters each.
        channel: the channel of the notifier.
        recipient_id: a user, whose address is read when the message is sent; None when there is an `address`.
        about_id: the id of the record that it is about.
        due_at: the earliest time of the next attempt.
        attempts: how many have failed. An attempt of a sender that was killed does not count.
        last_error: the error of the last attempt.
    """

    meta: ClassVar[EntityMeta] = EntityMeta(
        "message", "messages", indexes=(("state", "due_at"), ("about_id",), ("recipient_id",))
    )

    id: MessageId = fields.id_of("message")
    topic: str = fields.text(personal=False, max_length=60)
    variables: Mapping[str, Any] = fields.custom_fields(max_length=LONG_TEXT, default=EMPTY_MAP)
    channel: str = fields.text(personal=False, max_length=30, default="email")
    recipient_id: UserId | None = fields.id_of("user", optional=True, default=None)
    address: str | None = fields.text(personal=True, max_length=1_000, optional=True, default=None)
    language: str | None = fields.text(personal=False, max_length=35, optional=True, default=None)
    about_id: str | None = fields.text(personal=False, max_length=64, optional=True, default=None)
    state: MessageState = fields.enum(MessageState, default=MessageState.QUEUED)
    attempts: int = fields.integer(default=0)
    due_at: datetime = fields.timestamp()
    sent_at: datetime | None = fields.timestamp(optional=True, default=None)
    last_error: str = fields.text(personal=False, max_length=500, default="", allow_blank=True)
    queued_at: datetime = fields.timestamp()

    @classmethod
    def queue(cls, id: MessageId, topic: str, *, at: datetime, **details: Any) -> Self:
        """Queue a message, to be sent as soon as possible."""
        return cls(id=id, topic=topic, due_at=at, queued_at=at, **details)

    def defer(self, *, until: datetime) -> Self:
        """Delay a message until a time."""
        return self._record(due_at=until)

    def lease(self, *, at: datetime, duration: timedelta) -> Self:
        """Lease a message to a sender, for a duration."""
        return self._record(state=MessageState.LEASED, due_at=add_clamped(at, duration))

    def release(self, *, at: datetime) -> Self:
        """Return a lease without an attempt."""
        return self._record(state=MessageState.QUEUED, due_at=at)

    def mark_sent(self, *, at: datetime) -> Self:
        """Record that the message was sent."""
        return self._record(state=MessageState.SENT, sent_at=at, last_error="")

    def mark_failed(
        self, error: str, *, at: datetime, is_permanent: bool = False, retry_after: timedelta | None = None
    ) -> Self:
        """Record a failed attempt, and schedule a retry with backoff.

        Args:
            error: what went wrong, without the content of the message.
            at: now.
            is_permanent: whether a retry is pointless.
            retry_after: the delay that the receiver asked for, of at most 30 days. What is not a duration is ignored.
        """
        error = printable_line(error, limit=500)
        attempts = self.attempts + 1
        if is_permanent or attempts > len(RETRY_DELAYS):
            return self._record(state=MessageState.DEAD, last_error=error, attempts=attempts)
        asked = min(retry_after, LONGEST_WAIT) if isinstance(retry_after, timedelta) else timedelta(0)
        delay = max(RETRY_DELAYS[attempts - 1], asked)
        delay += delay * (crc32(f"{self.id} {attempts}".encode()) % 100) / 1000  # spread the retries
        return self._record(
            state=MessageState.QUEUED, last_error=error, attempts=attempts, due_at=add_clamped(at, delay)
        )

    def retry(self, *, at: datetime) -> Self:
        """Queue a dead message again, with all of its attempts.

        Raises:
            BusinessRuleError: it is not dead.
        """
        if self.state is not MessageState.DEAD:
            raise BusinessRuleError(
                self.id, "message_not_dead", f"is {self.state.value}; only a dead message can be replayed"
            )
        return self._record(state=MessageState.QUEUED, attempts=0, due_at=at, last_error="")


@record
class OutgoingMessage:
    """A message as a notifier sends it: with its address and text.

    Attributes:
        id: the message's id, the same in every attempt.
        tenant: the tenant.
        address: in the form of the channel.
        variables: the values for machines.
    """

    id: MessageId
    tenant: str
    channel: str
    address: str
    recipient_name: str
    subject: str
    body: str
    language: str
    topic: str
    about_id: str | None
    variables: Mapping[str, Any]
    at: datetime

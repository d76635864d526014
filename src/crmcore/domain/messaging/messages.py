"""Messages: what leaves the house, written in the story's own transaction and sent afterwards.

Rule 1: a message is queued, then leased to one sender, then sent, or queued again for later, or dead.
Rule 2: whoever sends holds a lease. The message's version is the fencing token: a sender whose lease ran out can change nothing.
Rule 3: at least once. Every attempt carries the same id, by which the receiver can tell a repetition.
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
"""How long to wait after each failed attempt, and up to a tenth more: ten attempts in 75 hours and 35 minutes at least."""
LONGEST_WAIT: Final = timedelta(days=30)
"""The longest that a receiver can make us wait before the next attempt."""


class MessageState(Enum):
    """Where a message stands."""

    QUEUED = "queued"
    LEASED = "leased"
    SENT = "sent"
    DEAD = "dead"


@record
class Message(Entity):
    """Something to tell somebody.

    Attributes:
        topic: which text it is, as a word of the catalogue.
        variables: the values of the text's variables, each text with its lines and of at most 100,000 characters.
        channel: by which notifier it goes.
        recipient_id: one of us, whose address is looked up when it is sent; None when `address` says it.
        about_id: the id of the record that it is about.
        due_at: not to be sent before.
        attempts: how many have failed. A sender who was killed has tried nothing that counts: whatever he had leased would die young.
        last_error: what went wrong last.
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
        """Write a message that is to be sent as soon as possible."""
        return cls(id=id, topic=topic, due_at=at, queued_at=at, **details)

    def defer(self, *, until: datetime) -> Self:
        """Let it leave no earlier than that."""
        return self._record(due_at=until)

    def lease(self, *, at: datetime, duration: timedelta) -> Self:
        """Give it to one sender for a while; after that another may have it."""
        return self._record(state=MessageState.LEASED, due_at=add_clamped(at, duration))

    def release(self, *, at: datetime) -> Self:
        """Give a lease back without an attempt: any sender may have the message now."""
        return self._record(state=MessageState.QUEUED, due_at=at)

    def mark_sent(self, *, at: datetime) -> Self:
        """Note that it left."""
        return self._record(state=MessageState.SENT, sent_at=at, last_error="")

    def mark_failed(
        self, error: str, *, at: datetime, is_permanent: bool = False, retry_after: timedelta | None = None
    ) -> Self:
        """Note that it did not leave, and say when to try again, if ever.

        Args:
            error: what went wrong, without what was to be sent.
            at: now.
            is_permanent: whether trying again is pointless.
            retry_after: how long the receiver asked us to wait; at most 30 days count, and what is no duration does not.
        """
        error = printable_line(error, limit=500)
        attempts = self.attempts + 1
        if is_permanent or attempts > len(RETRY_DELAYS):
            return self._record(state=MessageState.DEAD, last_error=error, attempts=attempts)
        asked = min(retry_after, LONGEST_WAIT) if isinstance(retry_after, timedelta) else timedelta(0)
        delay = max(RETRY_DELAYS[attempts - 1], asked)
        delay += delay * (crc32(f"{self.id} {attempts}".encode()) % 100) / 1000  # so that not all try at once
        return self._record(
            state=MessageState.QUEUED, last_error=error, attempts=attempts, due_at=add_clamped(at, delay)
        )

    def retry(self, *, at: datetime) -> Self:
        """Queue a dead message anew, with a fresh ladder.

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
    """A message as it leaves: addressed and in words.

    Attributes:
        id: the message's id, the same in every attempt.
        tenant: whose message it is.
        address: the address, in the form of the channel.
        variables: the same facts for machines.
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

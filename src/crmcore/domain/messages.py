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

from crmcore.domain import fields
from crmcore.domain.backoff import later
from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import MissingVariableError
from crmcore.domain.fields.part import NOTHING
from crmcore.domain.fields.text import LONG_TEXT, printable_line
from crmcore.domain.ids import MessageId, UserId
from crmcore.domain.kernel import Entity, Shape, record
from crmcore.domain.texts.catalogue import missing_variables

LADDER: Final = tuple(timedelta(seconds=s) for s in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
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
        facts: the values of the text's variables, each text with its lines and of at most 100,000 characters.
        channel: by which notifier it goes.
        recipient: one of us, whose address is looked up when it is sent; None when `address` says it.
        about: the id of the record that it is about.
        due_at: not to be sent before.
        attempts: how many have failed. A sender who was killed has tried nothing that counts: whatever he had leased would die young.
        problem: what went wrong last.
    """

    shape: ClassVar[Shape] = Shape("message", "messages", indexes=(("state", "due_at"), ("about",), ("recipient",)))

    id: MessageId = fields.ref("message")
    topic: str = fields.text(personal=False, limit=60)
    facts: Mapping[str, Any] = fields.custom(limit=LONG_TEXT, default=NOTHING)
    channel: str = fields.text(personal=False, limit=30, default="email")
    recipient: UserId | None = fields.ref("user", optional=True, default=None)
    address: str | None = fields.text(personal=True, limit=1_000, optional=True, default=None)
    language: str | None = fields.text(personal=False, limit=35, optional=True, default=None)
    about: str | None = fields.text(personal=False, limit=64, optional=True, default=None)
    state: MessageState = fields.one_of(MessageState, default=MessageState.QUEUED)
    attempts: int = fields.whole(default=0)
    due_at: datetime = fields.moment()
    sent_at: datetime | None = fields.moment(optional=True, default=None)
    problem: str = fields.text(personal=False, limit=500, default="", blank=True)
    queued_at: datetime = fields.moment()

    @classmethod
    def queue(cls, id: MessageId, topic: str, *, at: datetime, **details: Any) -> Self:
        """Write a message that is to be sent as soon as possible."""
        return cls(id=id, topic=topic, due_at=at, queued_at=at, **details)

    def complete(self) -> Self:
        """Check that every variable of the topic's texts has a value, in all languages.

        Raises:
            MissingVariableError: one has none. A message that is stored without it is dead when its turn comes.
        """
        if missing := missing_variables(self.topic, self.facts):
            raise MissingVariableError("message.facts", topic=self.topic, variables=missing)
        return self

    def wait(self, *, until: datetime) -> Self:
        """Let it leave no earlier than that."""
        return self._after(due_at=until)

    def lease(self, *, at: datetime, length: timedelta) -> Self:
        """Give it to one sender for a while; after that another may have it."""
        return self._after(state=MessageState.LEASED, due_at=later(at, length))

    def release(self, *, at: datetime) -> Self:
        """Give a lease back without an attempt: any sender may have the message now."""
        return self._after(state=MessageState.QUEUED, due_at=at)

    def sent(self, *, at: datetime) -> Self:
        """Note that it left."""
        return self._after(state=MessageState.SENT, sent_at=at, problem="")

    def failed(self, problem: str, *, at: datetime, permanent: bool = False, after: timedelta | None = None) -> Self:
        """Note that it did not leave, and say when to try again, if ever.

        Args:
            problem: what went wrong, without what was to be sent.
            at: now.
            permanent: whether trying again is pointless.
            after: how long the receiver asked us to wait; at most 30 days count, and what is no duration does not.
        """
        problem = printable_line(problem, limit=500)
        attempts = self.attempts + 1
        if permanent or attempts > len(LADDER):
            return self._after(state=MessageState.DEAD, problem=problem, attempts=attempts)
        asked = min(after, LONGEST_WAIT) if isinstance(after, timedelta) else timedelta(0)
        wait = max(LADDER[attempts - 1], asked)
        wait += wait * (crc32(f"{self.id} {attempts}".encode()) % 100) / 1000  # so that not all try at once
        return self._after(state=MessageState.QUEUED, problem=problem, attempts=attempts, due_at=later(at, wait))

    def replay(self, *, at: datetime) -> Self:
        """Queue a dead message anew, with a fresh ladder.

        Raises:
            RuleBroken: it is not dead.
        """
        if self.state is not MessageState.DEAD:
            raise RuleBroken(self.id, "message_not_dead", f"is {self.state.value}; only a dead message can be replayed")
        return self._after(state=MessageState.QUEUED, attempts=0, due_at=at, problem="")


@record
class Letter:
    """A message as it leaves: addressed and in words.

    Attributes:
        id: the message's id, the same in every attempt.
        tenant: whose message it is.
        to: the address, in the form of the channel.
        data: the same facts for machines.
    """

    id: MessageId
    tenant: str
    channel: str
    to: str
    name: str
    subject: str
    body: str
    language: str
    topic: str
    about: str | None
    data: Mapping[str, Any]
    at: datetime

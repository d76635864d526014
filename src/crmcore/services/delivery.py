"""Delivery: what stories wrote into the outbox leaves the house, and the facts reach those who listen.

Rule 1: nothing is sent inside a transaction, of our own or of the host's. A message is leased, sent, and marked; whoever lost the lease can mark nothing.
Rule 2: at least once, with the same id each time. A failure is tried again on a ladder; what fails for good is dead, and can be
replayed.
Rule 3: a listener gets the facts in order. One that refuses rests for a while and keeps nobody else waiting.
Rule 4: whatever foreign code raises counts as its failure before anything else happens. What is no `Exception` is raised after that, so
that the next call goes on with the others.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import evolve, frozen

from crmcore.domain.backoff import later
from crmcore.domain.criteria import EVERYTHING, Compare, Criterion, Is, OneOf
from crmcore.domain.errors.conflicts import Conflict
from crmcore.domain.errors.given import Blank
from crmcore.domain.errors.outside import DeliveryFailed
from crmcore.domain.feed import Recorded, Subscription
from crmcore.domain.fields.part import NOTHING, checked_member
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import MessageId, UserId
from crmcore.domain.kernel import record
from crmcore.domain.messages import Letter, Message, MessageState
from crmcore.domain.people import User
from crmcore.domain.texts.catalogue import missing_variables
from crmcore.services.batches import require_committed
from crmcore.services.house import House, story, view
from crmcore.services.steps.listeners import refused, refusing, taken
from crmcore.services.steps.messages import letter_of
from crmcore.services.unit import Unit, check_limit

LEASE: Final = timedelta(seconds=60)
"""How long one sender has a message to itself. A notifier that takes longer risks a second copy."""
HANDFUL: Final = 10
"""How many messages are leased at once, so that the last of them still has most of its lease when its turn comes."""

_DUE: Final = (MessageState.QUEUED, MessageState.LEASED)
_log = logging.getLogger("crmcore.delivery")


@record
class DeliveryReport:
    """What a delivery did.

    Attributes:
        sent: messages that left.
        failed: messages that are tried again later.
        dead: messages that were given up.
        lost: messages whose lease ran out meanwhile, so that somebody else sends them.
        published: facts that listeners took.
        refused: listeners that did not take theirs.
    """

    sent: int = 0
    failed: int = 0
    dead: int = 0
    lost: int = 0
    published: int = 0
    refused: int = 0


@frozen
class Delivery:
    """What leaves the house."""

    house: House

    def run(self, *, limit: int = 100) -> DeliveryReport:
        """Send what is due, the longest due first, and give the listeners the events since their last.

        An error that is no `Exception`, such as `SystemExit`, counts as a failed attempt of its message or its listener and is then
        raised. The next call goes on with the others.

        Args:
            limit: how many messages, and how many facts per listener, at most; up to 1,000.

        Raises:
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host's. What was sent could not be rolled
                back with it.
        """
        require_committed(self.house.store, "deliver")
        check_limit(limit)
        counts = {"sent": 0, "failed": 0, "dead": 0, "lost": 0}
        # Listeners that refused go last, so that one that ends the process can neither keep the others nor the messages waiting.
        resting = self._refusing()
        done = [self._publish(name, limit) for name in self.house.publishers if name not in resting]
        left = limit
        while left > 0:
            leased = self._lease(min(left, HANDFUL))
            for number, (message, letter) in enumerate(leased, start=1):
                try:
                    counts[self._send(message, letter)] += 1
                except BaseException:
                    self._release([other for other, _ in leased[number:]])
                    raise
            left -= len(leased)
            if len(leased) < HANDFUL:
                break
        done += [self._publish(name, limit) for name in resting]
        return DeliveryReport(**counts, published=sum(n for n in done if n > 0), refused=done.count(-1))

    @story("delivery.queue")
    def queue(
        self,
        unit: Unit,
        topic: str,
        /,
        *,
        recipient: UserId | None = None,
        address: str | None = None,
        channel: str = "email",
        language: str | None = None,
        about: str | None = None,
        due_at: datetime | None = None,
        facts: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Message:
        """Queue a message to one of us, or to an address outside.

        Args:
            topic: which text it is; ``notice`` says ``facts["text"]``.
            recipient: one of us, whose address is looked up when it leaves.
            address: in the form of the channel, when it is nobody of us.
            channel: by which notifier it goes.
            language: of its text; the recipient's when not given.
            about: the id of the record that it is about.
            due_at: not to be sent before.
            facts: the values of the text's variables. A topic of your own has its text in ``text``, or an empty body. A value is inserted verbatim.

        Raises:
            Blank: neither a recipient nor an address.
            MissingVariableError: the topic's text, in one of its languages, has a variable without a value.
            TooLong: a value has more than 100,000 characters.
            NotFound: no such user.
        """
        if recipient is None and address is None:
            raise Blank("message.recipient", "must be named, or an address")
        if recipient is not None:
            unit.get(User, recipient)
        message = Message.queue(
            unit.id("message"),
            topic,
            at=unit.now,
            recipient=recipient,
            address=address,
            channel=channel,
            language=language,
            about=about,
            facts=NOTHING if facts is None else facts,
        ).complete()
        return unit.save(message if due_at is None else message.wait(until=due_at))

    @story("delivery.replay")
    def replay(self, unit: Unit, id: MessageId, /, *, key: str | None = None) -> Message:
        """Queue a dead message anew.

        Raises:
            RuleBroken: it is not dead.
        """
        return unit.save(unit.get(Message, id).replay(at=unit.now))

    @view("delivery.list")
    def list(
        self,
        unit: Unit,
        /,
        *,
        state: MessageState | str | None = None,
        after: Message | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """Read messages, a page at a time, the oldest first."""
        check_limit(limit)
        if state is None:
            return unit.find(Message, after=after, limit=limit)
        return unit.find(Message, Is("state", checked_member("state", MessageState, state)), after=after, limit=limit)

    @view("delivery.preview")
    def preview(self, unit: Unit, /, *, channel: str | None = None, limit: int = 100) -> Sequence[Letter]:
        """Read the letters that `run` would send now, the longest due first. Nothing is sent, and nothing is marked.

        Args:
            channel: whose letters; all channels' when not given.
            limit: how many at most, up to 1,000.
        """
        check_limit(limit)
        mine = EVERYTHING if channel is None else Is("channel", checked_text("channel", channel, limit=30))
        due = unit.find(Message, mine & _due(unit.now), order="due_at", limit=limit)
        return [letter_of(unit, self.house, message) for message in due]

    @story("delivery.hear")  # and no view: a store may number facts when they are first asked for
    def _hear(self, unit: Unit, after: int, limit: int, /) -> Sequence[Recorded]:
        return unit.events(after=after, limit=limit)

    @story("delivery.lease")
    def _lease(self, unit: Unit, limit: int, /) -> Sequence[tuple[Message, Letter]]:
        due = unit.find(
            Message,
            _due(unit.now),
            order="due_at",
            limit=limit,
            lock=True,
        )
        leased = [unit.save(message.lease(at=unit.now, length=LEASE)) for message in due]
        return [(message, letter_of(unit, self.house, message)) for message in leased]

    def _send(self, message: Message, letter: Letter) -> str:
        if self.house.clock.now() >= message.due_at:
            return "lost"
        try:
            self._hand_to_notifier(letter)
            outcome = message.sent(at=self.house.clock.now())
        except DeliveryFailed as failure:
            now = self.house.clock.now()
            outcome = message.failed(failure.problem, at=now, permanent=failure.permanent, after=failure.after)
        except Exception as error:  # noqa: BLE001  # a broken notifier must not keep the other messages waiting
            _log.warning("notifier failed", extra={"crm_message": message.id, "crm_error": type(error).__name__})
            outcome = message.failed(type(error).__name__, at=self.house.clock.now())
        except BaseException as error:
            self._record(message.failed(type(error).__name__, at=self.house.clock.now()))
            raise
        try:
            self.house.run("delivery.mark", lambda unit: unit.save(outcome))
        except Conflict:
            return "lost"
        return {MessageState.SENT: "sent", MessageState.DEAD: "dead"}.get(outcome.state, "failed")

    def _hand_to_notifier(self, letter: Letter) -> None:
        notifier = self.house.notifiers.get(letter.channel)
        if notifier is None:
            raise DeliveryFailed(letter.channel, f"no notifier for {letter.channel!r}; give one to Crm(notifiers=...)")
        if not letter.to:
            raise DeliveryFailed(letter.channel, "the recipient has no address", permanent=True)
        if missing := missing_variables(letter.topic, letter.data):  # an older release queued it
            raise DeliveryFailed(letter.channel, f"no value for {', '.join(missing)}", permanent=True)
        notifier.send(letter)

    def _record(self, outcome: Message | Subscription) -> None:
        """Record the failed attempt of foreign code before its error goes on. What fails here must not take that error's place."""
        with suppress(Exception):
            evolve(self.house, tracer=None).insist("delivery.mark", lambda unit: unit.save(outcome), pinned=True)

    def _release(self, messages: Sequence[Message]) -> None:
        """Give back the leases of messages that were not tried; what cannot be given back runs out by itself."""

        def release(unit: Unit) -> None:
            for message in messages:
                known = unit.peek(Message, message.id)
                if known is not None and known.version == message.version:
                    unit.save(known.release(at=unit.now))

        with suppress(Exception):
            evolve(self.house, tracer=None).insist("delivery.mark", release)

    def _publish(self, name: str, limit: int) -> int:
        """Tell one listener what it has not heard; the number of facts, or -1 when it refused."""
        subscription = self._subscribe(name)
        if subscription is None:
            return 0
        facts = self._hear(subscription.position, limit)
        now = self.house.clock.now
        try:
            facts = taken(self.house.publishers[name], facts)
            after = subscription.read(facts[-1].position if facts else subscription.position, at=now())
        except Exception as error:  # noqa: BLE001  # a broken listener must not keep the others waiting
            _log.warning("listener refused", extra={"crm_listener": name, "crm_error": type(error).__name__})
            after = refused(subscription, error, at=now())
        except BaseException as error:
            self._record(refused(subscription, error, at=now()))
            raise
        try:
            self.house.run("delivery.mark", lambda unit: unit.save(after))
        except Conflict:  # the lease ran out, and somebody else tells it
            return 0
        return len(facts) if after.failures == 0 else -1

    def _refusing(self) -> Sequence[str]:
        names = tuple(self.house.publishers)
        return (
            self.house.insist("delivery.subscribe", lambda unit: refusing(unit, names), reading=True) if names else ()
        )

    @story("delivery.subscribe")
    def _subscribe(self, unit: Unit, name: str, /) -> Subscription | None:
        known = unit.one(Subscription, Is("name", name))
        if known is None:
            known = Subscription(id=unit.id("subscription"), name=name, leased_until=unit.now)
        elif known.leased_until > unit.now:
            return None
        return unit.save(known.lease(later(unit.now, LEASE)))


def _due(at: datetime) -> Criterion:
    return OneOf("state", _DUE) & Compare("due_at", "<=", at)

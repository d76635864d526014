"""Transactional outbox: send messages and events after the commit.

Invariants:
1. Nothing is sent inside a transaction. A message is leased, sent and marked; only the holder of the lease can mark it.
2. Delivery is at least once, with the same id in each attempt. Failures are retried with backoff. A message that fails for good is a
   dead letter, and can be retried by hand.
3. A consumer gets the events in order. A failing consumer backs off and does not block the others.
4. Every error of a notifier or publisher is recorded as its failure first. An error that is not an `Exception` is then raised; the next
   call continues with the others.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from attrs import evolve, frozen

from crmcore.domain.kernel.criteria import MATCH_ALL, Compare, Criterion, Eq, In
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.errors.conflicts import ConflictError
from crmcore.domain.kernel.errors.infrastructure import DeliveryError
from crmcore.domain.kernel.errors.validation import RequiredError
from crmcore.domain.kernel.fields.composite import EMPTY_MAP, checked_member
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import MessageId, UserId
from crmcore.domain.messaging.messages import Message, MessageState, OutgoingMessage
from crmcore.domain.organization.users import User
from crmcore.locales.catalogue import check_variables, missing_variables
from crmcore.services.batches import require_committed
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.platform.publishing import LEASE_TIME, EventPublishing
from crmcore.services.shared.notifications import build_outgoing_message
from crmcore.services.unit_of_work import UnitOfWork, check_limit

LEASE_BATCH_SIZE: Final = 10
"""Number of messages that one transaction leases. A small number keeps the leases from expiring before the send."""

_DUE_STATES: Final = (MessageState.QUEUED, MessageState.LEASED)
_log = logging.getLogger("crmcore.outbox")


@record
class OutboxReport:
    """Result of a delivery run.

    Attributes:
        sent: the number of sent messages.
        failed: the number of failed messages that are retried later.
        dead: the number of messages that became dead letters.
        lease_expired: the number of messages whose lease expired, so that another process sends them.
        published: the number of events that consumers received.
        failed_publishers: the number of publishers that failed.
    """

    sent: int = 0
    failed: int = 0
    dead: int = 0
    lease_expired: int = 0
    published: int = 0
    failed_publishers: int = 0


@frozen
class Outbox(EventPublishing):
    """Outbox of messages and events."""

    _environment: Environment

    def run(self, *, limit: int = 100) -> OutboxReport:
        """Send due messages, longest due first, and publish new events.

        An error that is not an `Exception`, such as `SystemExit`, counts as a failed attempt of its message or publisher and is then
        raised. The next call continues with the others.

        Args:
            limit: the maximum number of messages, and of events for each publisher; up to 1,000.

        Raises:
            TransactionOpenError: a batch is open, or the store is joined to a transaction of the host. A rollback could not undo what was
                sent.
        """
        require_committed(self._environment.store, "deliver")
        check_limit(limit)
        counts = {"sent": 0, "failed": 0, "dead": 0, "lease_expired": 0}
        # Failing publishers come last: one that ends the process blocks neither messages nor other publishers.
        failing = self._list_failing()
        done = [self._publish_to(name, limit) for name in self._environment.publishers if name not in failing]
        remaining = limit
        while remaining > 0:
            leased = self._lease(min(remaining, LEASE_BATCH_SIZE))
            for number, (message, outgoing) in enumerate(leased, start=1):
                try:
                    counts[self._send(message, outgoing)] += 1
                except BaseException:
                    self._release([other for other, _ in leased[number:]])
                    raise
            remaining -= len(leased)
            if len(leased) < LEASE_BATCH_SIZE:
                break
        done += [self._publish_to(name, limit) for name in failing]
        return OutboxReport(
            **counts, published=sum(count for count in done if count > 0), failed_publishers=done.count(-1)
        )

    @command("outbox.queue")
    def queue(
        self,
        uow: UnitOfWork,
        topic: str,
        /,
        *,
        recipient_id: UserId | None = None,
        address: str | None = None,
        channel: str = "email",
        language: str | None = None,
        about_id: str | None = None,
        due_at: datetime | None = None,
        variables: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Message:
        """Queue a message to a user, or to an external address.

        Args:
            topic: the topic, which selects the text; ``notice`` sends ``variables["text"]``.
            recipient_id: the user; the address is looked up when the message is sent.
            address: an external address, in the format of the channel.
            channel: the notifier that sends the message.
            language: the language of the text; defaults to the language of the recipient.
            about_id: the id of the record that the message is about.
            due_at: the earliest time to send it.
            variables: the values of the variables of the text, inserted verbatim. A custom topic sends ``text``, or an empty body.

        Raises:
            RequiredError: neither a recipient nor an address is given.
            MissingVariableError: a text of the topic contains a variable without a value.
            TooLongError: a value has more than 100,000 characters.
            NotFoundError: the user does not exist.
        """
        if recipient_id is None and address is None:
            raise RequiredError("message.recipient_id", "or an address must be given")
        if recipient_id is not None:
            uow.get(User, recipient_id)
        message = Message.queue(
            uow.new_id("message"),
            topic,
            at=uow.now,
            recipient_id=recipient_id,
            address=address,
            channel=channel,
            language=language,
            about_id=about_id,
            variables=EMPTY_MAP if variables is None else variables,
        )
        check_variables(message.topic, message.variables)
        return uow.save(message if due_at is None else message.defer(until=due_at))

    @command("outbox.retry")
    def retry(self, uow: UnitOfWork, message_id: MessageId, /, *, idempotency_key: str | None = None) -> Message:
        """Retry a dead message.

        Raises:
            BusinessRuleError: the message is not dead.
        """
        return uow.save(uow.get(Message, message_id).retry(at=uow.now))

    @query("outbox.list")
    def list(
        self,
        uow: UnitOfWork,
        /,
        *,
        state: MessageState | str | None = None,
        after: Message | None = None,
        limit: int = 100,
    ) -> Sequence[Message]:
        """List messages, oldest first, one page at a time."""
        check_limit(limit)
        if state is None:
            return uow.find(Message, after=after, limit=limit)
        return uow.find(Message, Eq("state", checked_member("state", MessageState, state)), after=after, limit=limit)

    @query("delivery.preview")
    def preview(self, uow: UnitOfWork, /, *, channel: str | None = None, limit: int = 100) -> Sequence[OutgoingMessage]:
        """Return the messages that `run` would send now, longest due first.

        Sends nothing.

        Args:
            channel: only messages of this channel.
            limit: the maximum number of messages, up to 1,000.
        """
        check_limit(limit)
        of_channel = MATCH_ALL if channel is None else Eq("channel", checked_text("channel", channel, max_length=30))
        due = uow.find(Message, of_channel & _due(uow.now), order="due_at", limit=limit)
        return [build_outgoing_message(uow, self._environment, message) for message in due]

    @command("outbox.lease")
    def _lease(self, uow: UnitOfWork, limit: int, /) -> Sequence[tuple[Message, OutgoingMessage]]:
        due_messages = uow.find(
            Message,
            _due(uow.now),
            order="due_at",
            limit=limit,
            skip_locked=True,
        )
        leased = [uow.save(message.lease(at=uow.now, duration=LEASE_TIME)) for message in due_messages]
        return [(message, build_outgoing_message(uow, self._environment, message)) for message in leased]

    def _send(self, message: Message, outgoing: OutgoingMessage) -> str:
        if self._environment.clock.now() >= message.due_at:
            return "lease_expired"
        try:
            self._notify(outgoing)
            updated = message.mark_sent(at=self._environment.clock.now())
        except DeliveryError as failure:
            now = self._environment.clock.now()
            updated = message.mark_failed(
                failure.problem, at=now, is_permanent=failure.is_permanent, retry_after=failure.retry_after
            )
        except Exception as error:  # noqa: BLE001  # a failing notifier must not block other messages
            _log.warning("notifier failed", extra={"crm_message": message.id, "crm_error": type(error).__name__})
            updated = message.mark_failed(type(error).__name__, at=self._environment.clock.now())
        except BaseException as error:
            self._record(message.mark_failed(type(error).__name__, at=self._environment.clock.now()))
            raise
        try:
            self._environment.execute("outbox.mark", lambda uow: uow.save(updated))
        except ConflictError:
            return "lease_expired"
        return {MessageState.SENT: "sent", MessageState.DEAD: "dead"}.get(updated.state, "failed")

    def _notify(self, outgoing: OutgoingMessage) -> None:
        notifier = self._environment.notifiers.get(outgoing.channel)
        if notifier is None:
            raise DeliveryError(
                outgoing.channel, f"no notifier for {outgoing.channel!r}; give one to Crm(notifiers=...)"
            )
        if not outgoing.address:
            raise DeliveryError(outgoing.channel, "the recipient has no address", is_permanent=True)
        if missing := missing_variables(outgoing.topic, outgoing.variables):  # an older release queued it
            raise DeliveryError(outgoing.channel, f"no value for {', '.join(missing)}", is_permanent=True)
        notifier.send(outgoing)

    def _release(self, messages: Sequence[Message]) -> None:
        """Release the leases of messages that were not tried.

        A lease that is not released expires.
        """

        def release(uow: UnitOfWork) -> None:
            for message in messages:
                known = uow.get_or_none(Message, message.id)
                if known is not None and known.version == message.version:
                    uow.save(known.release(at=uow.now))

        with suppress(Exception):
            evolve(self._environment, tracer=None).execute_with_retry("outbox.mark", release)


def _due(at: datetime) -> Criterion:
    return In("state", _DUE_STATES) & Compare("due_at", "<=", at)

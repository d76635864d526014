"""Inbox: apply messages of other systems once (idempotent consumer).

The transaction that applies a message also records that it was received.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from attrs import frozen

from crmcore.domain.kernel.criteria import Compare, Eq
from crmcore.domain.kernel.errors.conflicts import ConflictError, IdempotencyKeyReusedError
from crmcore.domain.kernel.errors.validation import InvalidInputError, InvalidTypeError
from crmcore.domain.kernel.fields.number import checked_integer
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.fields.time import checked_duration
from crmcore.domain.platform.inbox import ExternalRecordVersion, InboxMessage, InboxResult
from crmcore.services.batches import start_batch
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork, check_limit

RETENTION: Final = timedelta(days=30)
"""Default retention of received message ids. It must exceed the longest retry period of a sender."""


class _HandlerStoppedError(BaseException):
    """Carries a `GeneratorExit` of the handler out of the batch."""

    def __init__(self, error: GeneratorExit) -> None:
        super().__init__(error)
        self.error = error


@frozen
class Inbox:
    """Inbox of messages from other systems."""

    _environment: Environment

    def process(
        self,
        source: str,
        message_id: str,
        apply: Callable[[], object],
        /,
        *,
        about_id: str | None = None,
        revision: int | None = None,
    ) -> InboxResult:
        """Process a message once, regardless of duplicates and order.

        The inbox does not authenticate messages: verify the signature before, with `crmcore.Verifier`.

        Args:
            source: the name of the sending system, chosen by the host.
            message_id: the message id of the source.
            apply: a function that calls the commands of the message. They run in one transaction with the record of the message, and run
                again from the start after a concurrency conflict, so `apply` must have no other effects.
            about_id: the source's id of the record that the message describes.
            revision: the revision of that record: an increasing number, such as a version or a time in microseconds.

        Returns:
            `APPLIED`, `DUPLICATE` or `STALE`. A web host answers all three with status 200.

        Raises:
            InvalidInputError: only one of `about_id` and `revision` is given.
            BusinessRuleError: a batch is open.
            TransactionOpenError: called inside a command, or `apply` calls a command of another store.
            (others): the errors of `apply`; the message is then not recorded.
        """
        source = checked_text("source", source, max_length=60)
        message_id = checked_text("id", message_id, max_length=255)
        if about_id is not None:
            about_id = checked_text("about", about_id, max_length=255)
        if revision is not None:
            checked_integer("revision", revision)
        if (about_id is None) != (revision is None):
            raise InvalidInputError("revision", "and about_id must be given together")
        if not callable(apply):
            raise InvalidTypeError("apply", f"must be a function, not {type(apply).__name__}")
        attempt = 1
        while True:
            try:
                return self._process_once(source, message_id, apply, about_id, revision)
            except _HandlerStoppedError as stopped:
                raise stopped.error from None
            except ConflictError as conflict:
                if attempt >= self._environment.retry_policy.max_attempts or isinstance(
                    conflict, IdempotencyKeyReusedError
                ):
                    raise
            self._environment.clock.sleep(self._environment.retry_policy.delay(attempt))
            attempt += 1

    @command("inbox.purge")
    def purge(self, uow: UnitOfWork, /, *, older_than: timedelta = RETENTION, limit: int = 1000) -> int:
        """Delete the records of old messages, and return how many.

        Revisions are kept.
        """
        check_limit(limit)
        older_than = checked_duration("older_than", older_than)
        old = uow.find(
            InboxMessage, Compare("received_at", "<", uow.now - older_than), order="received_at", limit=limit
        )
        for message in old:
            uow.delete(message)
        return len(old)

    def _process_once(
        self, source: str, message_id: str, apply: Callable[[], object], about_id: str | None, revision: int | None
    ) -> InboxResult:
        environment = self._environment
        with start_batch(environment.store, environment.context, environment.id_generator):
            result = self._record_message(source, message_id, about_id, revision)
            if result is InboxResult.APPLIED:
                try:
                    apply()
                except GeneratorExit as error:  # the batch would report the end of an enclosing generator
                    raise _HandlerStoppedError(error) from None
        return result

    @command("inbox.record_message")
    def _record_message(
        self, uow: UnitOfWork, source: str, message_id: str, about_id: str | None, revision: int | None, /
    ) -> InboxResult:
        """Record a message, and decide whether it is applied."""
        if uow.first(InboxMessage, Eq("key", message_id) & Eq("source", source)) is not None:
            return InboxResult.DUPLICATE
        result = InboxResult.APPLIED
        if about_id is not None and revision is not None and not _record_revision(uow, source, about_id, revision):
            result = InboxResult.STALE
        uow.save(
            InboxMessage(
                id=uow.new_id("inboxmessage"), source=source, key=message_id, result=result, received_at=uow.now
            )
        )
        return result


def _record_revision(uow: UnitOfWork, source: str, about_id: str, revision: int) -> bool:
    """Store the external revision if it is newer.

    The version check serialises concurrent updates.
    """
    existing = uow.first(ExternalRecordVersion, Eq("key", about_id) & Eq("source", source))
    if existing is not None and existing.revision >= revision:
        return False
    new = ExternalRecordVersion(id=uow.new_id("externalversion"), source=source, key=about_id, revision=revision)
    uow.save(new if existing is None else existing.advance(revision))
    return True

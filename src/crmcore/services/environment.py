"""The house that every story is told in, and how one is told.

Rule 1: a story is one function and one transaction. It runs from its beginning again when somebody else was faster.
Rule 2: a command with a key has one effect and one answer, however often it comes; the receipt is part of the transaction.
Rule 3: inside a story only the store, the clock, ids and pure ports are called. What leaves the house leaves after the commit.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

from attrs import field, frozen

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.entity import copy_with
from crmcore.domain.kernel.errors.conflicts import (
    ConflictError,
    DuplicateKeyError,
    IdempotencyKeyReusedError,
    StaleVersionError,
)
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.fields.time import checked_timestamp
from crmcore.domain.platform.idempotency import IdempotencyRecord
from crmcore.domain.sla.escalation import EscalationPolicy
from crmcore.ports import (
    AccessPolicy,
    Clock,
    FileStore,
    HolidayProvider,
    IdGenerator,
    Notifier,
    PhoneParser,
    Publisher,
    Renderer,
    RequestContext,
    Store,
    Tracer,
)
from crmcore.services.batches import current_batch, open_transaction
from crmcore.services.fingerprints import fingerprint
from crmcore.services.shared.tracing import traced
from crmcore.services.unit_of_work import UnitOfWork

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="ApplicationService")

MAX_KEY_LENGTH: Final = 255
"""The longest idempotency key, in characters."""

_log = logging.getLogger("crmcore.commands")


@frozen(kw_only=True)
class Environment:
    """Everything that stories rely on. `crmcore.Crm` furnishes it.

    Attributes:
        region: the country, by two letters of ISO 3166-1, whose phone numbers may be given without their country's code.
        language: in which documents and messages are written when nobody says otherwise.
        time_zone: the IANA zone in which times are written in documents and messages.
        company: what documents say of the house itself: its name, its bank account.
        max_attempts: how often a story is run at most.
        idempotency_ttl: how long the answer to an idempotency key is kept.
        escalation_policy: when who hears of late work.
        calendar: the name of the working calendar by which the house works; round the clock when there is none of that name.
        tracer: opens a span around each command; None opens none. An error of the tracer changes no command.
    """

    store: Store
    context: RequestContext
    clock: Clock
    id_generator: IdGenerator
    access_policy: AccessPolicy
    phone_parser: PhoneParser
    renderer: Renderer
    file_store: FileStore
    holiday_provider: HolidayProvider
    notifiers: Mapping[str, Notifier] = field(factory=dict)
    publishers: Mapping[str, Publisher] = field(factory=dict)
    region: str | None = None
    language: str = "en"
    time_zone: str = "UTC"
    company: Mapping[str, str] = field(factory=dict)
    max_attempts: int = 5
    idempotency_ttl: timedelta = timedelta(hours=24)
    escalation_policy: EscalationPolicy = EscalationPolicy()
    calendar: str = "default"
    tracer: Tracer | None = None

    def execute(self, command: str, handler: Callable[[UnitOfWork], R], *, read_only: bool = False) -> R:
        """Tell a story once, in one transaction, and commit it.

        Raises:
            PermissionDeniedError: the actor may not.
            TransactionOpenError, TransactionClosedError: a command cannot begin here; see `crmcore.services.batches`.
            (others): whatever the story raises; then nothing of it has happened.
        """
        if self.tracer is None:
            return self._execute_once(command, handler, read_only=read_only)
        with traced(self.tracer, command, self.context):
            return self._execute_once(command, handler, read_only=read_only)

    def _execute_once(self, command: str, handler: Callable[[UnitOfWork], R], *, read_only: bool) -> R:
        with (
            open_transaction(self.store, read_only=read_only) as store,
            store.begin(self.context, id_generator=self.id_generator, read_only=read_only) as transaction,
        ):
            self.access_policy.authorize(self.context, command, None)
            now = checked_timestamp("clock.now", self.clock.now())
            uow = UnitOfWork(
                transaction,
                self.context,
                now=now,
                id_generator=self.id_generator,
                access_policy=self.access_policy,
                command=command,
            )
            result = handler(uow)
            if not read_only:
                transaction.commit()
            return result

    def execute_with_retry(
        self, command: str, handler: Callable[[UnitOfWork], R], *, version_pinned: bool = False, read_only: bool = False
    ) -> R:
        """Tell a story, again and from its beginning when somebody else was faster, at most `max_attempts` times.

        Args:
            version_pinned: whether the caller means one version of a record, so that a newer one is an answer and no reason to repeat.
            read_only: as `execute` takes it. A view is in nobody's way, but its database may be busy, or have forgotten its statements.
        """
        attempt = 1
        while True:
            try:
                return self.execute(command, handler, read_only=read_only)
            except ConflictError as conflict:
                # A batch is run again as a whole, or not at all: what it has read stays as it has read it.
                is_last_attempt = attempt >= self.max_attempts or current_batch(self.store) is not None
                if is_last_attempt or _is_permanent(conflict, attempt, version_pinned=version_pinned):
                    raise
                _log.debug(
                    "command is retried",
                    extra={"crm_command": command, "crm_attempt": attempt, "crm_reason": conflict.code},
                )
            self.clock.sleep(attempt)
            attempt += 1


def _is_permanent(conflict: ConflictError, attempt: int, *, version_pinned: bool) -> bool:
    """Tell whether running the story again would come to the same end."""
    match conflict:
        case StaleVersionError():
            return version_pinned
        case DuplicateKeyError(existing_id=holder):
            # A story that ran again has seen whoever was faster. If a key is still taken then, it is so for good.
            return bool(holder) or attempt > 2
        case _:
            return not conflict.retryable


class ApplicationService(Protocol):
    """A family of stories, told in one house."""

    @property
    def _environment(self) -> Environment:
        """Where they are told."""
        ...


def command(name: str) -> Callable[[Callable[Concatenate[S, UnitOfWork, P], R]], Callable[Concatenate[S, P], R]]:
    """Make a command of a function that takes a unit: one transaction, repeated on conflict, answered once per key.

    The function may take ``key`` (the caller's idempotency key) and ``expected_version`` (which version of its record the
    caller means) by name; it passes the version to `UnitOfWork.get`, and leaves the key alone: that is seen to here.

    Raises:
        IdempotencyKeyReusedError: the key came before, with other arguments, for another story or from another actor, who may have been told
            what this one may not see.
    """

    def decorate(method: Callable[Concatenate[S, UnitOfWork, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(method)
        def execute(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            idempotency_key: Any = kwargs.get("idempotency_key")
            version_pinned = kwargs.get("expected_version") is not None
            if idempotency_key is None:
                return self._environment.execute_with_retry(
                    name, lambda uow: method(self, uow, *args, **kwargs), version_pinned=version_pinned
                )
            idempotency_key = checked_text("idempotency_key", idempotency_key, max_length=MAX_KEY_LENGTH)
            arguments = {argument: value for argument, value in kwargs.items() if argument != "idempotency_key"}
            request_fingerprint = fingerprint((name, args, arguments))

            def execute_idempotently(uow: UnitOfWork) -> R:
                record = uow.first(IdempotencyRecord, Eq("key", idempotency_key))
                if record is not None and record.expires_at > uow.now:
                    if record.fingerprint != request_fingerprint or record.actor != uow.context.actor:
                        raise IdempotencyKeyReusedError(record.command)
                    return record.result  # type: ignore[no-any-return]  # it is what this story answered
                result = method(self, uow, *args, **kwargs)
                _store_result(
                    uow, record, idempotency_key, name, request_fingerprint, result, self._environment.idempotency_ttl
                )
                return result

            return self._environment.execute_with_retry(name, execute_idempotently, version_pinned=version_pinned)

        return execute

    return decorate


def query(name: str) -> Callable[[Callable[Concatenate[S, UnitOfWork, P], R]], Callable[Concatenate[S, P], R]]:
    """Make a question of a function that takes a unit: it reads, and changes nothing."""

    def decorate(method: Callable[Concatenate[S, UnitOfWork, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(method)
        def execute(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            return self._environment.execute_with_retry(
                name, lambda uow: method(self, uow, *args, **kwargs), read_only=True
            )

        return execute

    return decorate


def _store_result(
    uow: UnitOfWork,
    existing: IdempotencyRecord | None,
    idempotency_key: str,
    command: str,
    request_fingerprint: str,
    result: Any,
    ttl: timedelta,
) -> None:
    values = {"command": command, "fingerprint": request_fingerprint, "result": result, "expires_at": uow.now + ttl}
    if existing is None:
        uow.save(IdempotencyRecord(id=uow.new_id("idem"), key=idempotency_key, **values))
    else:
        uow.save(copy_with(existing, **values))

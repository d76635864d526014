"""Environment of use cases: ports, settings, execution, retry.

Invariants:
1. A command is one function and one transaction. On a concurrency conflict it runs again from the start.
2. Inside a command only the store, the clock, ids and pure ports are called. Messages and events leave after the commit.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from attrs import field, frozen

from crmcore.domain.kernel.errors.conflicts import ConflictError, DuplicateKeyError, StaleVersionError
from crmcore.domain.kernel.fields.time import checked_timestamp
from crmcore.domain.sla.escalation_policy import EscalationPolicy
from crmcore.ports import (
    AccessPolicy,
    Clock,
    ExchangeRates,
    FileStore,
    HolidayProvider,
    IdGenerator,
    Notifier,
    PhoneParser,
    Publisher,
    Renderer,
    RequestContext,
    ResultCodec,
    Store,
    Tracer,
)
from crmcore.services.batches import current_batch, open_transaction
from crmcore.services.retry import RetryPolicy
from crmcore.services.tracing import traced
from crmcore.services.unit_of_work import UnitOfWork

R = TypeVar("R")

_log = logging.getLogger("crmcore.commands")


@frozen(kw_only=True)
class Environment:
    """Ports and settings of the use cases. `crmcore.Crm` builds it.

    Attributes:
        result_codec: serializes the results of commands with an idempotency key.
        exchange_rates: rates between currencies; None where the host gives none.
        region: ISO 3166-1 code of the country whose phone numbers may be given without their country code.
        language: BCP 47 tag of documents and messages without a language of their own.
        time_zone: IANA zone in which documents and messages write times.
        company: what documents print about the company, such as its name and its bank account.
        retry_policy: how often, and after which delays, a command is retried on a conflict.
        idempotency_ttl: how long the result of a command with an idempotency key is kept.
        escalation_policy: when which managers are notified of late work.
        calendar: the name of the company's working calendar; without such a calendar, work goes on round the clock.
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
    result_codec: ResultCodec
    exchange_rates: ExchangeRates | None = None
    notifiers: Mapping[str, Notifier] = field(factory=dict)
    publishers: Mapping[str, Publisher] = field(factory=dict)
    region: str | None = None
    language: str = "en"
    time_zone: str = "UTC"
    company: Mapping[str, str] = field(factory=dict)
    retry_policy: RetryPolicy = RetryPolicy()
    idempotency_ttl: timedelta = timedelta(hours=24)
    escalation_policy: EscalationPolicy = EscalationPolicy()
    calendar: str = "default"
    tracer: Tracer | None = None

    def execute(self, command: str, handler: Callable[[UnitOfWork], R], *, read_only: bool = False) -> R:
        """Execute a command once, in one transaction, and commit it.

        Raises:
            PermissionDeniedError: the access policy refuses the command.
            TransactionOpenError, TransactionClosedError: a command cannot begin here; see `crmcore.services.batches`.
            (others): whatever the command raises; then the transaction is rolled back.
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
        """Execute a command; retry it from the start on a concurrency conflict.

        It runs at most `RetryPolicy.max_attempts` times.

        Args:
            version_pinned: whether the caller expects one version of a record, so that a newer version is final.
            read_only: whether it is a query. A query is retried when its database is busy or lost its statements.
        """
        attempt = 1
        while True:
            try:
                return self.execute(command, handler, read_only=read_only)
            except ConflictError as conflict:
                # A batch is retried as a whole or not at all: its reads are not repeated.
                is_last_attempt = attempt >= self.retry_policy.max_attempts or current_batch(self.store) is not None
                if is_last_attempt or _is_permanent(conflict, attempt, version_pinned=version_pinned):
                    raise
                _log.debug(
                    "command is retried",
                    extra={"crm_command": command, "crm_attempt": attempt, "crm_reason": conflict.code},
                )
            self.clock.sleep(self.retry_policy.delay(attempt))
            attempt += 1


def _is_permanent(conflict: ConflictError, attempt: int, *, version_pinned: bool) -> bool:
    """Return whether a retry would end in the same conflict."""
    match conflict:
        case StaleVersionError():
            return version_pinned
        case DuplicateKeyError(existing_id=existing_id):
            # The second attempt has read the concurrent commit. A key that is still taken then stays taken.
            return bool(existing_id) or attempt > 2
        case _:
            return not conflict.retryable

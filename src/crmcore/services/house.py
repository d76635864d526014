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

from crmcore.domain.criteria import Is
from crmcore.domain.errors.conflicts import Conflict, KeyReused, StaleVersion, Taken
from crmcore.domain.escalation import Ladder
from crmcore.domain.fields.text import checked_text
from crmcore.domain.fields.time import checked_moment
from crmcore.domain.kernel import changed
from crmcore.domain.receipts import Receipt
from crmcore.services.batches import open_batch, transaction_of
from crmcore.services.fingerprints import fingerprint
from crmcore.services.ports import (
    Clock,
    Context,
    FileStore,
    Holidays,
    Ids,
    Notifier,
    Phones,
    Policy,
    Publisher,
    Renderer,
    Store,
    Tracer,
)
from crmcore.services.steps.tracing import traced
from crmcore.services.unit import Unit

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Service")

KEY_LIMIT: Final = 255
"""The longest idempotency key, in characters."""

_log = logging.getLogger("crmcore.stories")


@frozen(kw_only=True)
class House:
    """Everything that stories rely on. `crmcore.Crm` furnishes it.

    Attributes:
        region: the country, by two letters of ISO 3166-1, whose phone numbers may be given without their country's code.
        language: in which documents and messages are written when nobody says otherwise.
        zone: the IANA zone in which times are written in documents and messages.
        company: what documents say of the house itself: its name, its bank account.
        attempts: how often a story is run at most.
        keys_last: how long the answer to an idempotency key is kept.
        ladder: when who hears of late work.
        calendar: the name of the working calendar by which the house works; round the clock when there is none of that name.
        tracer: opens a span around each command; None opens none. An error of the tracer changes no command.
    """

    store: Store
    context: Context
    clock: Clock
    ids: Ids
    policy: Policy
    phones: Phones
    renderer: Renderer
    files: FileStore
    holidays: Holidays
    notifiers: Mapping[str, Notifier] = field(factory=dict)
    publishers: Mapping[str, Publisher] = field(factory=dict)
    region: str | None = None
    language: str = "en"
    zone: str = "UTC"
    company: Mapping[str, str] = field(factory=dict)
    attempts: int = 5
    keys_last: timedelta = timedelta(hours=24)
    ladder: Ladder = Ladder()
    calendar: str = "default"
    tracer: Tracer | None = None

    def run(self, story: str, tell: Callable[[Unit], R], *, reading: bool = False) -> R:
        """Tell a story once, in one transaction, and commit it.

        Raises:
            Forbidden: the actor may not.
            TransactionOpenError, TransactionClosedError: a command cannot begin here; see `crmcore.services.batches`.
            (others): whatever the story raises; then nothing of it has happened.
        """
        if self.tracer is None:
            return self._tell(story, tell, reading=reading)
        with traced(self.tracer, story, self.context):
            return self._tell(story, tell, reading=reading)

    def _tell(self, story: str, tell: Callable[[Unit], R], *, reading: bool) -> R:
        with (
            transaction_of(self.store, reading=reading) as store,
            store.begin(self.context, ids=self.ids, reading=reading) as transaction,
        ):
            self.policy.check(self.context, story, None)
            now = checked_moment("clock.now", self.clock.now())
            unit = Unit(transaction, self.context, now=now, ids=self.ids, policy=self.policy, story=story)
            result = tell(unit)
            if not reading:
                transaction.commit()
            return result

    def insist(self, story: str, tell: Callable[[Unit], R], *, pinned: bool = False, reading: bool = False) -> R:
        """Tell a story, again and from its beginning when somebody else was faster, at most `attempts` times.

        Args:
            pinned: whether the caller means one version of a record, so that a newer one is an answer and no reason to repeat.
            reading: as `run` takes it. A view is in nobody's way, but its database may be busy, or have forgotten its statements.
        """
        attempt = 1
        while True:
            try:
                return self.run(story, tell, reading=reading)
            except Conflict as conflict:
                # A batch is run again as a whole, or not at all: what it has read stays as it has read it.
                last = attempt >= self.attempts or open_batch(self.store) is not None
                if last or _is_final(conflict, attempt, pinned=pinned):
                    raise
                _log.debug(
                    "story runs again", extra={"crm_story": story, "crm_attempt": attempt, "crm_reason": conflict.code}
                )
            self.clock.pause(attempt)
            attempt += 1


def _is_final(conflict: Conflict, attempt: int, *, pinned: bool) -> bool:
    """Tell whether running the story again would come to the same end."""
    match conflict:
        case StaleVersion():
            return pinned
        case Taken(holder=holder):
            # A story that ran again has seen whoever was faster. If a key is still taken then, it is so for good.
            return bool(holder) or attempt > 2
        case _:
            return not conflict.retryable


class Service(Protocol):
    """A family of stories, told in one house."""

    @property
    def house(self) -> House:
        """Where they are told."""
        ...


def story(name: str) -> Callable[[Callable[Concatenate[S, Unit, P], R]], Callable[Concatenate[S, P], R]]:
    """Make a command of a function that takes a unit: one transaction, repeated on conflict, answered once per key.

    The function may take ``key`` (the caller's idempotency key) and ``expected_version`` (which version of its record the
    caller means) by name; it passes the version to `Unit.get`, and leaves the key alone: that is seen to here.

    Raises:
        KeyReused: the key came before, with other arguments, for another story or from another actor, who may have been told
            what this one may not see.
    """

    def decorate(tell: Callable[Concatenate[S, Unit, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(tell)
        def command(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            key: Any = kwargs.get("key")
            pinned = kwargs.get("expected_version") is not None
            if key is None:
                return self.house.insist(name, lambda unit: tell(self, unit, *args, **kwargs), pinned=pinned)
            key = checked_text("key", key, limit=KEY_LIMIT)
            facts = {given: value for given, value in kwargs.items() if given != "key"}
            seal = fingerprint((name, args, facts))

            def answer_once(unit: Unit) -> R:
                receipt = unit.one(Receipt, Is("key", key))
                if receipt is not None and receipt.expires_at > unit.now:
                    if receipt.fingerprint != seal or receipt.actor != unit.context.actor:
                        raise KeyReused(receipt.story)
                    return receipt.result  # type: ignore[no-any-return]  # it is what this story answered
                result = tell(self, unit, *args, **kwargs)
                _keep(unit, receipt, key, name, seal, result, self.house.keys_last)
                return result

            return self.house.insist(name, answer_once, pinned=pinned)

        return command

    return decorate


def view(name: str) -> Callable[[Callable[Concatenate[S, Unit, P], R]], Callable[Concatenate[S, P], R]]:
    """Make a question of a function that takes a unit: it reads, and changes nothing."""

    def decorate(look: Callable[Concatenate[S, Unit, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(look)
        def question(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            return self.house.insist(name, lambda unit: look(self, unit, *args, **kwargs), reading=True)

        return question

    return decorate


def _keep(unit: Unit, old: Receipt | None, key: str, story: str, seal: str, result: Any, lasts: timedelta) -> None:
    facts = {"story": story, "fingerprint": seal, "result": result, "expires_at": unit.now + lasts}
    if old is None:
        unit.save(Receipt(id=unit.id("receipt"), key=key, **facts))
    else:
        unit.save(changed(old, **facts))

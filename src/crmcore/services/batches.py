"""Batches and open transactions: what a command joins or is refused.

Invariants:
1. A batch belongs to the thread, or to the asyncio task, that opened it. In a context copied inside a batch (a new task, `to_thread`,
   `copy_context`) commands are refused, while the batch is open and after its end.
2. Each command of a batch is atomic. A command that fails is rolled back alone.
3. The batch is atomic, and commits once. A conflict at the commit is an error of the batch.
4. While a batch or a command is open, no command of another store and no second command begins, because its commit would come first.
   Queries may.
5. Delivery, and reading of the event feed, require that everything is committed: they run neither in a batch nor over a joined store.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Final

from attrs import define, field

from crmcore.domain.kernel.errors.rules import BusinessRuleError, TransactionClosedError, TransactionOpenError
from crmcore.domain.kernel.errors.validation import InvalidInputError
from crmcore.ports import Batch, BatchStore, IdGenerator, RequestContext, Store, implements, is_joined

REMEDY: Final = "start the task before the batch, or with an empty contextvars.Context()"


def _current_task() -> object:
    """Return the current asyncio task, if any, without importing asyncio."""
    asyncio: Any = sys.modules.get("asyncio")
    try:
        return asyncio.current_task()
    except (AttributeError, RuntimeError):  # not imported, or no loop runs in this thread
        return None


@define(eq=False)
class _OpenTransaction:
    """An open batch, or the open transaction of one command.

    Attributes:
        batch: None for one command, and after its end.
        is_batch: whether it is a batch.
        is_busy: whether a command runs in it.
        commands: how many commands of the batch have succeeded.
    """

    store: Store
    batch: Batch | None = None
    is_batch: bool = False
    is_busy: bool = False
    is_over: bool = False
    commands: int = 0
    thread: int = field(factory=threading.get_ident)
    task: object = field(factory=_current_task)
    token: "Token[_OpenTransaction | None] | None" = None

    def is_here(self) -> bool:
        """Return whether this thread, asyncio task and context opened it."""
        if self.task is not _current_task() or not self.abandon():
            return False
        self.enter()
        return True

    def end(self) -> None:
        """End it, and remove it from the context that opened it."""
        self.is_over, self.task, self.batch = True, None, None
        self.abandon()

    def enter(self) -> None:
        """Set it as the open transaction of this context."""
        self.token = _CURRENT.set(self)

    def abandon(self) -> bool:
        """Remove it from the context that opened it.

        Returns:
            Whether this is that context.
        """
        if self.token is None or self.thread != threading.get_ident():
            return False
        try:
            _CURRENT.reset(self.token)
        except (
            ValueError,
            RuntimeError,
        ):  # a token is used once, and in its own context; a copied context is another one
            return False
        return True


_CURRENT: Final[ContextVar[_OpenTransaction | None]] = ContextVar("crmcore_transaction", default=None)


@contextmanager
def start_batch(store: Store, context: RequestContext, id_generator: IdGenerator) -> Iterator[None]:
    """Execute the commands of a block in one transaction, then commit it.

    Raises:
        BusinessRuleError: a batch is open already, or the block is left in another thread or task than it was entered in.
        TransactionOpenError: a command is open, or a batch over another store.
        InvalidInputError: the store offers no batches.
        (others): whatever the block or the commit raises; then the batch is rolled back.
    """
    current = _current_here(store)
    if current is not None and (current.is_busy or current.store != store):
        raise _not_owned_error(current)
    if current is not None:
        raise BusinessRuleError("batch", "nested_batch", "is open already; batches cannot be nested")
    if not implements(store, BatchStore):
        raise InvalidInputError("store", f"must offer batch(); {type(store).__name__} does not")
    with store.batch(context, id_generator=id_generator) as batch:
        opened = _OpenTransaction(store, batch, is_batch=True)
        try:
            opened.enter()
            yield
            if not opened.is_here():
                raise BusinessRuleError(
                    "batch", "batch_in_other_thread", "was left in another thread or task than it was entered in"
                )
        except GeneratorExit:
            if opened.commands:
                raise BusinessRuleError(
                    "batch", "batch_abandoned", "was opened in a generator that was closed"
                ) from None
            raise
        finally:
            opened.end()
        batch.commit()


@contextmanager
def open_transaction(store: Store, *, read_only: bool) -> Iterator[Store | Batch]:
    """Yield where a use case begins: the open batch, or the store.

    Raises:
        BusinessRuleError: the open batch belongs to another thread or task.
        TransactionClosedError: this task was started in a batch that has ended.
        TransactionOpenError: a command begins while a command, or a batch over another store, is open.
    """
    current = _current_here(store, read_only=read_only)
    if read_only:
        yield store if current is None or current.store != store else current.batch or store
        return
    if current is not None and (current.is_busy or current.store != store):
        raise _not_owned_error(current)
    opened = current or _OpenTransaction(store)
    try:
        if current is None:
            opened.enter()
        opened.is_busy = True
        yield opened.batch or store
        opened.commands += 1
    finally:
        opened.is_busy = False
        if current is None:
            opened.end()


def current_batch(store: Store) -> Batch | None:
    """Return the open batch that commands over a store join here, if any.

    Raises:
        BusinessRuleError: the batch was opened in another thread or task.
        TransactionClosedError: this task was started in a batch that has ended.
    """
    current = _current_here(store)
    return current.batch if current is not None and current.store == store else None


def require_committed(store: Store, action: str) -> None:
    """Refuse an action while an open transaction may be rolled back.

    Args:
        action: the action as an infinitive, for the error.

    Raises:
        TransactionOpenError: a batch is open, or the store is joined to a transaction of the host.
    """
    current = _current_here(store)
    if current is not None and current.is_batch:
        raise TransactionOpenError("batch", "batch_open", f"is not committed yet; {action} after it")
    if is_joined(store):
        raise TransactionOpenError(
            "transaction",
            "host_transaction_is_open",
            f"of the host is not committed yet; {action} after its commit, by a store over the engine",
        )


def _current_here(store: Store, *, read_only: bool = False) -> _OpenTransaction | None:
    """Return the batch or command that is open here; see invariant 1."""
    current = _CURRENT.get()
    if current is None:
        return None
    if current.is_over:
        # The context that opened a batch may go on after the block was left elsewhere; a copied context may not.
        if not current.abandon() and current.is_batch and current.store == store:
            raise TransactionClosedError(
                "batch", "batch_is_over", f"has ended, and this task was started in it; {REMEDY}"
            )
        return None
    if current.is_here():
        return current
    if not current.is_batch or (read_only and current.store != store):
        return None
    raise BusinessRuleError(
        "batch", "batch_in_other_thread", f"belongs to the thread or asyncio task that opened it; {REMEDY}"
    )


def _not_owned_error(current: _OpenTransaction) -> TransactionOpenError:
    """Build the error of a command that cannot begin in an open transaction."""
    if current.is_busy:
        advice = "of a command is open; call the next command after its end"
        return TransactionOpenError("transaction", "command_in_command", advice)
    advice = "is open over another store; use the Crm that opened it, or wait for its end"
    return TransactionOpenError("batch", "batch_of_another_store", advice)

"""Batches: many stories in one transaction, for imports and queues, where the commit is most of what a story costs.

Rule 1: a batch belongs to the thread, or to the asynchronous task, that opened it; stories told elsewhere are not part of it.
Rule 2: a story of a batch is all or nothing, as ever; a story that fails leaves the others alone.
Rule 3: the batch as a whole is all or nothing too, and it alone is committed. A conflict that shows only then is the batch's.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from attrs import field, frozen

from crmcore.domain.errors.broken import RuleBroken
from crmcore.domain.errors.given import InvalidInput
from crmcore.services.ports import Batch, Context, Ids, Store


@frozen
class _Open:
    store: Store
    batch: Batch
    thread: int = field(factory=threading.get_ident)


_OPEN: Final[ContextVar[_Open | None]] = ContextVar("crmcore_batch", default=None)


@contextmanager
def batch_of(store: Store, context: Context, ids: Ids) -> Iterator[None]:
    """Tell the stories of a block in one transaction, and commit it at the end.

    Raises:
        RuleBroken: a batch is open already.
        InvalidInput: the store tells stories one by one only.
        (others): whatever the block raises, or the commit; then nothing of the batch has happened.
    """
    if _OPEN.get() is not None:
        raise RuleBroken("batch", "batch_in_batch", "is open already; one commit is one batch")
    begin: Any = getattr(store, "batch", None)
    if begin is None:
        raise InvalidInput("store", f"tells stories one by one only; {type(store).__name__} offers no batch()")
    with begin(context, ids=ids) as batch:
        token = _OPEN.set(_Open(store, batch))
        try:
            yield
        finally:
            _OPEN.reset(token)
        batch.commit()


def open_batch(store: Store) -> Batch | None:
    """Find the batch that stories over a store are part of here.

    Raises:
        RuleBroken: it was opened in another thread.
    """
    found = _OPEN.get()
    if found is None or found.store is not store:
        return None
    if found.thread != threading.get_ident():
        raise RuleBroken("batch", "batch_elsewhere", "belongs to the thread that opened it")
    return found.batch


def forbid_batch(store: Store, what: str) -> None:
    """Keep what reaches outside of the house out of a transaction that is not yet committed.

    Raises:
        RuleBroken: a batch is open.
    """
    if open_batch(store) is not None:
        raise RuleBroken("batch", "batch_is_open", f"is not committed yet; {what} after it")

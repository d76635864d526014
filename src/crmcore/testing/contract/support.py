"""Helpers of the contract tests: transactions, retries, threads."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from crmcore.adapters.ids import SequentialIds
from crmcore.domain.activities.tasks import Task
from crmcore.domain.kernel.criteria import MATCH_ALL, Criterion
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.conflicts import ConflictError, DuplicateKeyError
from crmcore.ports import Batch, BatchStore, RequestContext, Store, Transaction
from crmcore.ports.grouped_counts import GroupedCount

E = TypeVar("E", bound=Entity)

OURS = RequestContext(tenant="us", actor="anna")
THEIRS = RequestContext(tenant="them", actor="berta")
OTHER_ACTOR = RequestContext(tenant="us", actor="berta")


class DecreasingIds(SequentialIds):
    """Ids of a host whose clock runs backwards."""

    _next = 10**9

    def new(self, prefix: str, /) -> str:
        """Return an id that sorts before all earlier ids."""
        DecreasingIds._next -= 1
        return f"{prefix}_00000000000070008{DecreasingIds._next:015x}"


def begin(store: Store | Batch, context: RequestContext = OURS, *, ids: SequentialIds | None = None) -> Transaction:
    """Open a transaction."""
    return store.begin(context, id_generator=ids or _EVENT_IDS)


def open_batch(store: BatchStore, context: RequestContext = OURS) -> Batch:
    """Open a batch."""
    return store.batch(context, id_generator=_EVENT_IDS)


def save_in_batch(batch: Batch, entity: E, context: RequestContext = OURS) -> E:
    """Save one record in a transaction of the batch."""
    with begin(batch, context) as transaction:
        saved = transaction.save(entity)
        transaction.commit()
    return saved


def save(store: Store, entity: E, context: RequestContext = OURS, *, ids: SequentialIds | None = None) -> E:
    """Save one record in a separate transaction."""
    with begin(store, context, ids=ids) as transaction:
        saved = transaction.save(entity)
        transaction.commit()
    return saved


def get(transaction: Transaction, entity_type: type[E], id: str) -> E:
    """Read an existing record."""
    found = transaction.get(entity_type, id)
    assert found is not None
    return found


def read(store: Store, entity_type: type[E], id: str) -> E:
    """Read an existing record in a separate transaction."""
    with begin(store) as transaction:
        return get(transaction, entity_type, id)


def find(store: Store, entity_type: type[E], where: Criterion = MATCH_ALL, **options: Any) -> list[E]:
    """Find records in a separate transaction."""
    with begin(store) as transaction:
        return list(transaction.find(entity_type, where, **options))


def events(store: Store, **options: Any) -> list[Any]:
    """Read the event feed in a separate transaction."""
    with begin(store) as transaction:
        found: Sequence[Any] = transaction.read_events(**options)
        transaction.commit()
    return list(found)


def retry_on_conflict(operation: Callable[[], Any], *, only_when_busy: bool = False) -> Any:
    """Retry an operation on conflicts, up to 1,000 times."""
    for _ in range(1_000):
        try:
            return operation()
        except DuplicateKeyError:
            if only_when_busy:
                raise
        except ConflictError:
            pass
    raise AssertionError("the operation failed with a conflict 1,000 times")


def run_in_threads(thread_count: int, work: Callable[[int], None]) -> None:
    """Run `work` in several threads and raise the first error."""
    failures: list[BaseException] = []

    def guarded(index: int) -> None:
        try:
            work(index)
        except BaseException as failure:  # noqa: BLE001  # it is raised below, in the thread of the test
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(index,)) for index in range(thread_count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


_EVENT_IDS = SequentialIds()

USES: Final[Mapping[str, Callable[[Transaction, Task, Task], object]]] = {
    "get": lambda transaction, stored, _: transaction.get(Task, stored.id),
    "find": lambda transaction, _, __: list(transaction.find(Task)),
    "count": lambda transaction, _, __: transaction.count(Task),
    "entries": lambda transaction, stored, _: list(transaction.entries(Task, stored.id)),
    "save": lambda transaction, _, new: transaction.save(new),
    "delete": lambda transaction, stored, _: transaction.delete(stored),
    "read_events": lambda transaction, _, __: list(transaction.read_events()),
    "prune_events": lambda transaction, _, __: transaction.prune_events(until=1),
    "execute_query": lambda transaction, _, __: transaction.execute_query(GroupedCount(entity_type=Task)),
    "commit": lambda transaction, _, __: transaction.commit(),
}
"""Every method of a transaction, called with a stored and a new record."""

"""What the promises are written with: one transaction each, patience, threads."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from crmcore.adapters.ids import CountingIds
from crmcore.domain.criteria import EVERYTHING, Criterion
from crmcore.domain.errors.conflicts import Conflict, Taken
from crmcore.domain.kernel import Entity
from crmcore.domain.tasks import Task
from crmcore.services.ports import Batch, BatchStore, Context, Store, Transaction
from crmcore.services.tally import Tally

E = TypeVar("E", bound=Entity)

US = Context(tenant="us", actor="anna")
THEM = Context(tenant="them", actor="berta")
THEM_ACTING_HERE = Context(tenant="us", actor="berta")


class CountingDown(CountingIds):
    """Ids of a host whose clock is set back a little with every transaction."""

    _left = 10**9

    def new(self, prefix: str, /) -> str:
        """An id that sorts before all that were made before it."""
        CountingDown._left -= 1
        return f"{prefix}_00000000000070008{CountingDown._left:015x}"


def begin(store: Store | Batch, context: Context = US, *, ids: CountingIds | None = None) -> Transaction:
    """Open a transaction."""
    return store.begin(context, ids=ids or _EVENT_IDS)


def open_batch(store: BatchStore, context: Context = US) -> Batch:
    """Open a transaction for many stories."""
    return store.batch(context, ids=_EVENT_IDS)


def tell(batch: Batch, entity: E, context: Context = US) -> E:
    """Tell a story of a batch that saves one record."""
    with begin(batch, context) as story:
        saved = story.save(entity)
        story.commit()
    return saved


def save(store: Store, entity: E, context: Context = US, *, ids: CountingIds | None = None) -> E:
    """Save one record in a transaction of its own."""
    with begin(store, context, ids=ids) as transaction:
        saved = transaction.save(entity)
        transaction.commit()
    return saved


def get(transaction: Transaction, kind: type[E], id: str) -> E:
    """Read a record that is there."""
    found = transaction.get(kind, id)
    assert found is not None
    return found


def read(store: Store, kind: type[E], id: str) -> E:
    """Read a record that is there, in a transaction of its own."""
    with begin(store) as transaction:
        return get(transaction, kind, id)


def find(store: Store, kind: type[E], where: Criterion = EVERYTHING, **how: Any) -> list[E]:
    """Find records in a transaction of its own."""
    with begin(store) as transaction:
        return list(transaction.find(kind, where, **how))


def events(store: Store, **how: Any) -> list[Any]:
    """Read the feed in a transaction of its own."""
    with begin(store) as transaction:
        facts: Sequence[Any] = transaction.events(**how)
        transaction.commit()
    return list(facts)


def insist(attempt: Callable[[], Any], *, only_busy: bool = False) -> Any:
    """Try again as long as somebody else is faster."""
    for _ in range(1_000):
        try:
            return attempt()
        except Taken:
            if only_busy:
                raise
        except Conflict:
            pass
    raise AssertionError("always somebody else was faster")


def in_threads(number: int, work: Callable[[int], None]) -> None:
    """Let some threads work at once, and raise what one of them raised."""
    failures: list[BaseException] = []

    def guarded(place: int) -> None:
        try:
            work(place)
        except BaseException as failure:  # noqa: BLE001  # it is raised below, in the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


_EVENT_IDS = CountingIds()

USES: Final[Mapping[str, Callable[[Transaction, Task, Task], object]]] = {
    "get": lambda transaction, stored, _: transaction.get(Task, stored.id),
    "find": lambda transaction, _, __: list(transaction.find(Task)),
    "count": lambda transaction, _, __: transaction.count(Task),
    "entries": lambda transaction, stored, _: list(transaction.entries(Task, stored.id)),
    "save": lambda transaction, _, new: transaction.save(new),
    "remove": lambda transaction, stored, _: transaction.remove(stored),
    "events": lambda transaction, _, __: list(transaction.events()),
    "forget_events": lambda transaction, _, __: transaction.forget_events(until=1),
    "ask": lambda transaction, _, __: transaction.ask(Tally(kind=Task)),
    "commit": lambda transaction, _, __: transaction.commit(),
}
"""Every method of a transaction, called with a record that is stored and one that is new."""

"""The feed numbers a long backlog at once, and each record's facts in order, however the clocks of its writers differ."""

from crmcore import SqlStore
from crmcore.adapters.ids import CountingIds
from crmcore.domain.tasks import Task
from crmcore.testing.promises.hands import CountingDown, begin, events, get
from crmcore.testing.samples import NOON, Samples


def test_a_backlog_longer_than_a_page_keeps_the_order_of_each_record(sqlite_url: str) -> None:
    """Six hundred tasks are given, then done by a host whose clock is behind: of each, what came first is told first."""
    store, samples = SqlStore.open(sqlite_url, durability="relaxed"), Samples()
    ids = CountingIds()
    with begin(store, ids=ids) as transaction:
        tasks = [transaction.save(samples.task()) for _ in range(600)]
        transaction.commit()
    with begin(store, ids=CountingDown()) as transaction:
        for task in tasks:
            transaction.save(get(transaction, Task, task.id).complete(at=NOON))
        transaction.commit()

    heard = [fact for page in range(0, 1200, 300) for fact in events(store, after=page, limit=300)]
    assert list(range(1, 1201)) == [fact.position for fact in heard]
    versions: dict[str, list[int]] = {}
    for fact in heard:
        versions.setdefault(fact.subject, []).append(fact.version)
    assert [[1, 2]] * 600 == list(versions.values())
    store.close()

"""The feed numbers a long backlog at once, and each record's facts in order, however the clocks of its writers differ."""

from crmcore import SqlStore
from crmcore.adapters.ids import SequentialIds
from crmcore.domain.activities.tasks import Task
from crmcore.testing.contract.support import DecreasingIds, begin, events, get
from crmcore.testing.samples import NOON, Samples


def test_feed_backlog_keeps_version_order_per_record(sqlite_url: str) -> None:
    """The events of each of 600 tasks keep their order, although the second host's clock is behind."""
    store, samples = SqlStore.open(sqlite_url, durability="relaxed"), Samples()
    ids = SequentialIds()
    with begin(store, ids=ids) as transaction:
        tasks = [transaction.save(samples.task()) for _ in range(600)]
        transaction.commit()
    with begin(store, ids=DecreasingIds()) as transaction:
        for task in tasks:
            transaction.save(get(transaction, Task, task.id).complete(at=NOON))
        transaction.commit()

    received = [event for page in range(0, 1200, 300) for event in events(store, after=page, limit=300)]
    assert list(range(1, 1201)) == [event.position for event in received]
    versions: dict[str, list[int]] = {}
    for event in received:
        versions.setdefault(event.subject_id, []).append(event.version)
    assert [[1, 2]] * 600 == list(versions.values())
    store.close()

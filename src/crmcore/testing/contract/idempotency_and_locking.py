"""Idempotency records keep results; `skip_locked` distributes work."""

from datetime import timedelta

from crmcore.domain.kernel.criteria import Compare, Eq
from crmcore.domain.messaging.messages import Message, MessageState
from crmcore.domain.platform.idempotency import IdempotencyRecord
from crmcore.ports import Store
from crmcore.testing.contract.support import begin, read, retry_on_conflict, run_in_threads, save
from crmcore.testing.samples import NOON, Samples


class IdempotencyAndLocking:
    """Idempotency records keep results; `skip_locked` distributes work."""

    def test_idempotency_record_returns_result_unchanged(self, store: Store, samples: Samples) -> None:
        """The stored result of a command is returned unchanged, at any length."""
        results = ['{"id":"deal_1"}', "null", "", " spaces \t\r\n", "e\u0301 \u2028", "x" * 100_000]
        records = [
            save(
                store,
                IdempotencyRecord(
                    id=samples.id("idem"),
                    key=f"key {number}",
                    command="deals.get",
                    fingerprint="f" * 64,
                    result=result,
                    expires_at=NOON,
                ),
            )
            for number, result in enumerate(results)
        ]

        assert results == [read(store, IdempotencyRecord, record.id).result for record in records]

    def test_find_skip_locked_skips_records_of_open_transaction(
        self, skip_locked_store: Store, samples: Samples
    ) -> None:
        """`skip_locked` skips records of an open transaction without waiting."""
        messages = [save(skip_locked_store, Message.queue(samples.id("message"), "notice", at=NOON)) for _ in range(4)]
        with begin(skip_locked_store) as first, begin(skip_locked_store) as second:
            found = list(first.find(Message, order="due_at", limit=2, skip_locked=True))
            others = list(second.find(Message, order="due_at", limit=2, skip_locked=True))

            assert messages[:2] == found
            assert [] == [message for message in others if message in found]
        with begin(skip_locked_store) as later:
            assert messages == list(later.find(Message, order="due_at", skip_locked=True))

    def test_concurrent_workers_lease_each_message_once(self, threadsafe_store: Store, samples: Samples) -> None:
        """Concurrent workers lease each message once."""
        for _ in range(20):
            save(threadsafe_store, Message.queue(samples.id("message"), "notice", at=NOON))
        leased: list[str] = []

        def lease_until_empty(_: int) -> None:
            while retry_on_conflict(lambda: self._lease_some(threadsafe_store, leased)):
                pass

        run_in_threads(4, lease_until_empty)

        assert 20 == len(leased) == len(set(leased))

    def _lease_some(self, store: Store, leased: list[str]) -> int:
        with begin(store) as transaction:
            due = Eq("state", MessageState.QUEUED) & Compare("due_at", "<=", NOON)
            found = transaction.find(Message, due, order="due_at", limit=3, skip_locked=True)
            mine = [transaction.save(message.lease(at=NOON, duration=timedelta(hours=1))) for message in found]
            transaction.commit()
        leased += [message.id for message in mine]
        return len(mine)

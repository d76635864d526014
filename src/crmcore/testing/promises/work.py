"""Stories find their answers again, and share work out."""

from datetime import timedelta

from crmcore.domain.criteria import Compare, Is
from crmcore.domain.messages import Message, MessageState
from crmcore.domain.receipts import Receipt
from crmcore.services.ports import Store
from crmcore.testing.promises.hands import begin, in_threads, insist, read, save
from crmcore.testing.samples import NOON, Samples


class Work:
    """Stories find their answers again, and share work out."""

    def test_answers_are_kept_for_their_keys(self, store: Store, samples: Samples) -> None:
        """A receipt gives back the answer of a story as it was, of whatever class."""
        deal = save(store, samples.deal())
        answers = [deal, (deal, "x", 1), None, True, "text", 7]
        receipts = [
            save(
                store,
                Receipt(
                    id=samples.id("receipt"),
                    key=f"key {number}",
                    story="deals.get",
                    fingerprint="f" * 64,
                    result=answer,
                    expires_at=NOON,
                ),
            )
            for number, answer in enumerate(answers)
        ]

        assert answers == [read(store, Receipt, receipt.id).result for receipt in receipts]

    def test_what_is_worked_on_is_passed_over(self, locking: Store, samples: Samples) -> None:
        """What one transaction has found to work on another one does not find, nor wait for; afterwards it does."""
        messages = [save(locking, Message.queue(samples.id("message"), "notice", at=NOON)) for _ in range(4)]
        with begin(locking) as first, begin(locking) as second:
            found = list(first.find(Message, order="due_at", limit=2, lock=True))
            others = list(second.find(Message, order="due_at", limit=2, lock=True))

            assert messages[:2] == found
            assert [] == [message for message in others if message in found]
        with begin(locking) as later:
            assert messages == list(later.find(Message, order="due_at", lock=True))

    def test_two_workers_do_not_do_the_same_work(self, shared: Store, samples: Samples) -> None:
        """Of workers that lease what is due at the same time, each message is leased once."""
        for _ in range(20):
            save(shared, Message.queue(samples.id("message"), "notice", at=NOON))
        leased: list[str] = []

        def work(_: int) -> None:
            while insist(lambda: self._lease_some(shared, leased)):
                pass

        in_threads(4, work)

        assert 20 == len(leased) == len(set(leased))

    def _lease_some(self, store: Store, leased: list[str]) -> int:
        with begin(store) as transaction:
            due = Is("state", MessageState.QUEUED) & Compare("due_at", "<=", NOON)
            found = transaction.find(Message, due, order="due_at", limit=3, lock=True)
            mine = [transaction.save(message.lease(at=NOON, length=timedelta(hours=1))) for message in found]
            transaction.commit()
        leased += [message.id for message in mine]
        return len(mine)

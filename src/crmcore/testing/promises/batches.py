"""Many stories are told in one transaction, each of them all or nothing."""

from contextlib import suppress

import pytest

from crmcore.domain.errors.broken import RuleBroken, TransactionClosedError
from crmcore.domain.errors.conflicts import Taken
from crmcore.domain.people import User
from crmcore.domain.tasks import Task
from crmcore.services.ports import Batch, BatchStore
from crmcore.testing.promises.hands import THEM, USES, begin, events, find, get, open_batch, save, tell
from crmcore.testing.samples import NOON, Samples


class Batches:
    """Many stories are told in one transaction, each of them all or nothing."""

    def test_a_batch_lasts_as_a_whole(self, batching: BatchStore, samples: Samples) -> None:
        """What its stories left, each seeing what those before it did, is there after the batch's commit, with its facts in order."""
        with open_batch(batching) as batch:
            first = tell(batch, samples.task())
            with begin(batch) as story:
                done = story.save(get(story, Task, first.id).complete(at=NOON))
                story.commit()
            second = tell(batch, samples.task())
            batch.commit()

        assert [done, second] == find(batching, Task)
        assert [(first.id, 1), (first.id, 2), (second.id, 1)] == [(f.subject, f.version) for f in events(batching)]

    def test_a_batch_without_commit_has_not_happened(self, batching: BatchStore, samples: Samples) -> None:
        """Nothing of any of its stories lasts."""
        with open_batch(batching) as batch:
            tell(batch, samples.task())

        assert find(batching, Task) == []
        assert events(batching) == []

    def test_a_story_of_a_batch_undoes_only_itself(self, batching: BatchStore, samples: Samples) -> None:
        """One that ends without its commit, or by an error, leaves nothing, and the others alone."""
        with open_batch(batching) as batch:
            first = tell(batch, samples.task())
            with begin(batch) as story:
                story.save(samples.task())
                assert 2 == story.count(Task)
            with suppress(ZeroDivisionError), begin(batch) as story:
                story.save(samples.task())
                raise ZeroDivisionError
            last = tell(batch, samples.task())
            batch.commit()

        assert [first, last] == find(batching, Task)
        assert [first.id, last.id] == [fact.subject for fact in events(batching)]

    def test_a_batch_is_of_one_tenant(self, batching: BatchStore) -> None:
        """Another tenant's story is refused."""
        with open_batch(batching) as batch, pytest.raises(RuleBroken):
            begin(batch, THEM)

    def test_a_batch_in_conflict_has_not_happened(self, batching: BatchStore, samples: Samples) -> None:
        """A key that belongs to somebody else is refused at the latest by the batch's commit, and then nothing of it lasts."""
        taken = save(batching, samples.user(login="anna"))
        with pytest.raises(Taken), open_batch(batching) as batch:
            tell(batch, samples.user(login="berta"))
            tell(batch, samples.user(login="anna"))
            batch.commit()

        assert [taken] == find(batching, User)

    @pytest.mark.parametrize("ending", ["commit", "block", "commit and block"])
    def test_a_batch_that_has_ended_refuses(self, batching: BatchStore, samples: Samples, ending: str) -> None:
        """After its commit, and after its block, it begins and commits nothing more, by `TransactionClosedError`."""
        with open_batch(batching) as batch:
            tell(batch, samples.task())
            if "commit" in ending:
                batch.commit()
            if ending == "commit":
                self._refuse(batch)
        if "block" in ending:
            self._refuse(batch)

        assert ("commit" in ending) == len(find(batching, Task)) == len(events(batching))

    @pytest.mark.parametrize("use", USES)
    @pytest.mark.parametrize("ending", ["of the story", "of the batch", "of the batch without commit"])
    def test_a_story_of_a_batch_that_has_ended_refuses(
        self, batching: BatchStore, samples: Samples, ending: str, use: str
    ) -> None:
        """After its own end, and after the batch's, every method raises `TransactionClosedError`, and nothing more is stored."""
        task, late = save(batching, samples.task()), samples.task()
        with open_batch(batching) as batch:
            tell(batch, samples.task())
            story = begin(batch)
            story.save(samples.task())
            if ending == "of the story":
                story.commit()
                with pytest.raises(TransactionClosedError):
                    USES[use](story, task, late)
            if ending != "of the batch without commit":
                batch.commit()
        with pytest.raises(TransactionClosedError):
            USES[use](story, task, late)

        stored = {"of the story": 3, "of the batch": 2, "of the batch without commit": 1}[ending]
        assert stored == len(find(batching, Task)) == len(events(batching))

    def _refuse(self, batch: Batch) -> None:
        """Look that a batch takes nothing more."""
        with pytest.raises(TransactionClosedError):
            begin(batch)
        with pytest.raises(TransactionClosedError):
            batch.commit()

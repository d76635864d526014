"""What comes due by itself is looked at until it is done, ever more rarely, and given up at last."""

from datetime import timedelta

import pytest

from crmcore.domain.occurrences import ATTEMPTS, Occurrence, OccurrenceState
from crmcore.errors import RuleBroken
from crmcore.testing.samples import NOON, Samples


def pending() -> Occurrence:
    """A reminder."""
    samples = Samples()
    return Occurrence.schedule(samples.id("occurrence"), "task.reminder", samples.id("task"), at=NOON)


def test_it_is_tried_again_in_twice_the_time() -> None:
    """Waits double up to six hours; after the last attempt it is dead, and can be replayed."""
    occurrence, now, waits = pending(), NOON, []
    while occurrence.state is OccurrenceState.PENDING:
        occurrence = occurrence.failed("no", at=now)
        waits.append(occurrence.due_at - now)
        now = occurrence.due_at
    again = occurrence.replay(at=now)

    assert waits[:3] == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
    assert max(waits) == timedelta(hours=6)
    assert (len(waits), occurrence.state) == (ATTEMPTS, OccurrenceState.DEAD)
    assert (again.state, again.attempts, again.due_at) == (OccurrenceState.PENDING, 0, now)
    with pytest.raises(RuleBroken, match="is pending"):
        again.replay(at=now)


def test_it_is_armed_once_more_when_its_subject_returns() -> None:
    """What was done comes due again; what is pending stays as it is."""
    done = pending().done(at=NOON)
    armed = done.arm()

    assert (done.state, done.done_at, done.attempts) == (OccurrenceState.DONE, NOON, 1)
    assert (armed.state, armed.done_at, armed.due_at, armed.attempts) == (OccurrenceState.PENDING, None, NOON, 0)
    assert armed is armed.arm()

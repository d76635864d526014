"""Scheduled jobs: retries with backoff, then dead."""

from datetime import timedelta

import pytest

from crmcore.domain.platform.jobs import MAX_ATTEMPTS, JobState, ScheduledJob
from crmcore.errors import BusinessRuleError
from crmcore.testing.samples import NOON, Samples


def pending_job() -> ScheduledJob:
    """A scheduled reminder."""
    samples = Samples()
    return ScheduledJob.schedule(samples.id("job"), "task.reminder", samples.id("task"), at=NOON)


def test_failed_job_is_retried_with_exponential_backoff() -> None:
    """Delays double up to six hours; after the last attempt the job is dead, and can be retried."""
    occurrence, now, waits = pending_job(), NOON, []
    while occurrence.state is JobState.PENDING:
        occurrence = occurrence.mark_failed("no", at=now)
        waits.append(occurrence.due_at - now)
        now = occurrence.due_at
    again = occurrence.retry(at=now)

    assert waits[:3] == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
    assert max(waits) == timedelta(hours=6)
    assert (len(waits), occurrence.state) == (MAX_ATTEMPTS, JobState.DEAD)
    assert (again.state, again.attempts, again.due_at) == (JobState.PENDING, 0, now)
    with pytest.raises(BusinessRuleError, match="is pending"):
        again.retry(at=now)


def test_finished_job_is_rescheduled() -> None:
    """A done job can be scheduled again; a pending one does not change."""
    done = pending_job().mark_done(at=NOON)
    armed = done.reschedule()

    assert (done.state, done.done_at, done.attempts) == (JobState.DONE, NOON, 1)
    assert (armed.state, armed.done_at, armed.due_at, armed.attempts) == (JobState.PENDING, None, NOON, 0)
    assert armed is armed.reschedule()

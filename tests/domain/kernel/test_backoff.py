"""Retry delays grow, are bounded, and never overflow."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from crmcore.domain.kernel.backoff import add_clamped, backoff
from crmcore.domain.kernel.fields.time import MAX_TIMESTAMP
from crmcore.domain.messaging.messages import LONGEST_WAIT, Message
from crmcore.domain.platform.feed import Subscription
from crmcore.domain.platform.jobs import LONGEST_WAIT as LONGEST_OF_JOBS, MAX_ATTEMPTS, ScheduledJob
from crmcore.services.platform.publishing import INITIAL_DELAY, MAX_DELAY, record_failure
from crmcore.services.retry import RetryPolicy
from crmcore.testing.samples import NOON, Samples

EVIL = "550 5.1.1 <a@b>\r\nX: y\0\ud800 " + "x" * 2_000


@given(
    st.integers(-5, 10_000),
    st.timedeltas(timedelta(microseconds=1), timedelta(days=400)),
    st.timedeltas(timedelta(0), timedelta(days=40_000)),
)
def test_backoff_doubles_up_to_its_bound(failures: int, first: timedelta, more: timedelta) -> None:
    """The initial delay doubles with each failure, up to the bound; 10,000 failures do not overflow."""
    most = first + more
    exact = first // timedelta(microseconds=1) * 2 ** max(failures, 0)

    assert min(exact, most // timedelta(microseconds=1)) == backoff(
        failures, initial_delay=first, max_delay=most
    ) // timedelta(microseconds=1)


@given(st.datetimes(datetime(9999, 1, 1), datetime(9999, 12, 30)), st.timedeltas())  # noqa: DTZ001  # made aware below
def test_later_ends_at_the_last_instant(at: datetime, wait: timedelta) -> None:
    """A sum after the last instant is the last instant."""
    at = at.replace(tzinfo=UTC)

    assert add_clamped(at, abs(wait) if wait > timedelta.min else timedelta.max) <= MAX_TIMESTAMP


def test_ten_thousand_failures_of_everything_that_is_retried() -> None:
    """Subscriptions, jobs and commands wait at most their bound after 10,000 failures, also at the last instant."""
    samples = Samples()
    for at in (NOON, MAX_TIMESTAMP):
        listener = Subscription(id=samples.id("subscription"), name="a", leased_until=at)
        for _ in range(10_000):
            listener = record_failure(listener, ValueError(), at=at)
        job = ScheduledJob.schedule(samples.id("job"), "task.reminder", samples.id("task"), at=at)
        for _ in range(10_000):
            job = job.mark_failed("no", at=at)

        assert (10_000, min(at + MAX_DELAY, MAX_TIMESTAMP) if at < MAX_TIMESTAMP else MAX_TIMESTAMP) == (
            listener.failures,
            listener.leased_until,
        )
        assert (10_000, add_clamped(at, LONGEST_OF_JOBS)) == (job.attempts, job.due_at)
    policy = RetryPolicy()

    assert 5 >= max(policy.delay(attempt) for attempt in (1, 42, 1_024, 10_000))
    assert MAX_ATTEMPTS < 10_000
    assert timedelta(seconds=30) == INITIAL_DELAY


@pytest.mark.parametrize("after", [timedelta.max, timedelta.min, timedelta(-1), None, 30, "soon", float("nan")])
@pytest.mark.parametrize("at", [NOON, MAX_TIMESTAMP])
def test_a_receiver_cannot_ask_for_more_than_a_month(after: object, at: datetime) -> None:
    """For any `retry_after`, the next attempt is within a month and a tenth, and not after the last instant."""
    samples = Samples()
    message = Message.queue(samples.id("message"), "notice", at=at, recipient_id=samples.id("user"))
    failed = message.lease(at=at, duration=timedelta(minutes=1)).mark_failed("no", at=at, retry_after=after)  # type: ignore[arg-type]

    assert at <= failed.due_at <= add_clamped(at, LONGEST_WAIT * 1.1)


def test_the_words_of_another_system_are_recorded_whatever_they_contain() -> None:
    """Line breaks, control characters and lone surrogates in an error become one line of at most 500 characters."""
    samples = Samples()
    message = Message.queue(samples.id("message"), "notice", at=NOON, recipient_id=samples.id("user"))
    job = ScheduledJob.schedule(samples.id("job"), "task.reminder", samples.id("task"), at=NOON)
    listener = Subscription(id=samples.id("subscription"), name="a", leased_until=NOON)
    problems = [
        message.mark_failed(EVIL, at=NOON).last_error,
        job.mark_failed(EVIL, at=NOON).last_error,
        listener.record_failure(EVIL, until=NOON).last_error,
    ]

    assert [500] * 3 == [len(problem) for problem in problems]
    assert all(problem.startswith("550 5.1.1 <a@b> X: y�� xxx") for problem in problems)

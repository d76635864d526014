"""Messages: retries with increasing delays, then dead letter."""

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from crmcore.domain.messaging.messages import RETRY_DELAYS, Message, MessageState
from crmcore.errors import BusinessRuleError
from crmcore.testing.samples import NOON, Samples

MINUTE = timedelta(minutes=1)


def queued_message() -> Message:
    """A queued message."""
    samples = Samples()
    return Message.queue(
        samples.id("message"), "notice", at=NOON, recipient_id=samples.id("user"), variables={"text": "Hello"}
    )


def test_message_is_retried_ten_times_in_three_days() -> None:
    """Each delay is that of its attempt and up to a tenth more; after the last one the message is dead."""
    message, now = queued_message(), NOON
    for delay in RETRY_DELAYS:
        message = message.lease(at=now, duration=MINUTE).mark_failed("no answer", at=now)
        wait = message.due_at - now

        assert message.state is MessageState.QUEUED
        assert delay <= wait < delay * 1.1
        now = message.due_at
    message = message.lease(at=now, duration=MINUTE).mark_failed("x" * 900, at=now)

    assert (message.state, message.attempts, len(message.last_error)) == (MessageState.DEAD, 10, 500)
    assert timedelta(days=3) < now - NOON < timedelta(days=4)


@given(st.timedeltas(timedelta(0), timedelta(days=9)))
def test_retry_after_extends_delay(asked: timedelta) -> None:
    """The delay is at least that of the attempt and that of the receiver."""
    message = queued_message().lease(at=NOON, duration=MINUTE).mark_failed("later", at=NOON, retry_after=asked)

    assert message.due_at >= NOON + max(asked, RETRY_DELAYS[0])


def test_expired_lease_makes_message_due_again() -> None:
    """A leased message is due again after its lease, without a failed attempt; a sent one never is."""
    leased = queued_message().lease(at=NOON, duration=MINUTE)
    sent = leased.mark_sent(at=NOON)

    assert (leased.state, leased.due_at, leased.attempts) == (MessageState.LEASED, NOON + MINUTE, 0)
    assert (sent.state, sent.sent_at, sent.last_error) == (MessageState.SENT, NOON, "")


def test_released_message_is_due_again_without_an_attempt() -> None:
    """A sender that gives its lease back leaves the message queued, and counts no attempt."""
    released = queued_message().lease(at=NOON, duration=MINUTE).release(at=NOON)

    assert (MessageState.QUEUED, NOON, 0) == (released.state, released.due_at, released.attempts)


def test_only_dead_message_is_retried_manually() -> None:
    """A retried dead message starts with the first delay."""
    dead = queued_message().lease(at=NOON, duration=MINUTE).mark_failed("gone", at=NOON, is_permanent=True)
    again = dead.retry(at=NOON + MINUTE)

    assert dead.state is MessageState.DEAD
    assert (again.state, again.attempts, again.due_at, again.last_error) == (MessageState.QUEUED, 0, NOON + MINUTE, "")
    with pytest.raises(BusinessRuleError, match="is queued"):
        again.retry(at=NOON)


def test_message_is_not_sent_before_given_time() -> None:
    """A deferred message is not due before its time."""
    assert queued_message().defer(until=NOON + MINUTE).due_at == NOON + MINUTE

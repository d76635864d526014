"""A message is tried again on its ladder, ever later, and given up at last."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.domain.messages import LADDER, Message, MessageState
from crmcore.errors import RuleBroken
from crmcore.testing.samples import NOON, Samples

MINUTE = timedelta(minutes=1)


def queued() -> Message:
    """A message to somebody."""
    samples = Samples()
    return Message.queue(
        samples.id("message"), "notice", at=NOON, recipient=samples.id("user"), facts={"text": "Hello"}
    )


def test_a_message_is_tried_ten_times_in_three_days() -> None:
    """Each wait is its rung and up to a tenth more; after the last the message is dead, with the reason."""
    message, now = queued(), NOON
    for rung in LADDER:
        message = message.lease(at=now, length=MINUTE).failed("no answer", at=now)
        wait = message.due_at - now

        assert message.state is MessageState.QUEUED
        assert rung <= wait < rung * 1.1
        now = message.due_at
    message = message.lease(at=now, length=MINUTE).failed("x" * 900, at=now)

    assert (message.state, message.attempts, len(message.problem)) == (MessageState.DEAD, 10, 500)
    assert timedelta(days=3) < now - NOON < timedelta(days=4)


@given(st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_receiver_may_ask_for_more_time(asked: timedelta) -> None:
    """Never less than the rung, never less than asked."""
    message = queued().lease(at=NOON, length=MINUTE).failed("later", at=NOON, after=asked)

    assert message.due_at >= NOON + max(asked, LADDER[0])


def test_a_lease_ends() -> None:
    """A leased message is due again when its lease has run out, which is no failed attempt; a sent one never."""
    leased = queued().lease(at=NOON, length=MINUTE)
    sent = leased.sent(at=NOON)

    assert (leased.state, leased.due_at, leased.attempts) == (MessageState.LEASED, NOON + MINUTE, 0)
    assert (sent.state, sent.sent_at, sent.problem) == (MessageState.SENT, NOON, "")


def test_only_a_dead_message_is_replayed() -> None:
    """A replay begins a fresh ladder."""
    dead = queued().lease(at=NOON, length=MINUTE).failed("gone", at=NOON, permanent=True)
    again = dead.replay(at=NOON + MINUTE)

    assert dead.state is MessageState.DEAD
    assert (again.state, again.attempts, again.due_at, again.problem) == (MessageState.QUEUED, 0, NOON + MINUTE, "")
    with pytest.raises(RuleBroken, match="is queued"):
        again.replay(at=NOON)


def test_a_message_may_be_held_back() -> None:
    """It leaves no earlier than it may."""
    assert queued().wait(until=NOON + MINUTE).due_at == NOON + MINUTE

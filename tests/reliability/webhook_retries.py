"""HOOKSCHED: the schedule of retries of a failed call, to the microsecond under a clock that stands still.

Calls go to a real web server that fails as configured. ``python -m tests.reliability.webhook_retries --seed 1 --n 50``
"""

import random
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from crmcore import Crm, FrozenClock, UrlGuard, WebhookNotifier
from crmcore.domain.messaging import messages
from crmcore.domain.messaging.messages import Message, MessageState
from tests.receivers import LOOPBACK, WebhookReceiver, web_server
from tests.reliability.harness import Verdict, run

SECRET: Final = "whsec_" + "QUJD" * 11
RETRY_DELAYS: Final = [
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=h) for h in (2, 5, 10, 14, 20, 24)),
]
"""What is promised: ten attempts, 75 hours, 35 minutes and 5 seconds from first to last, each wait up to a tenth longer."""
MUTATIONS: Final = {
    "hasty": "the third step is shorter than was promised",
    "level": "nothing is added to the steps, so that all try at once",
    "endless": "a message never dies",
    "deaf": "what a busy receiver asks for is not heard",
    "stubborn": "a receiver that is gone is called again",
}
MICROSECOND: Final = timedelta(microseconds=1)


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Run the whole retry schedule with n messages, and try every kind of response."""
    verdict = Verdict()
    undo = _apply_mutation(mutation)
    try:
        with web_server() as (receiver, port):
            _check_retry_schedule(verdict, receiver, port, n)
            for status in (301, 302, 303, 307, 308, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504):
                _check_retryable_status(verdict, receiver, port, status)
            _check_gone(verdict, receiver, port)
            for wait in (1, 400, rng.randrange(1_000, 80_000), 86_400, 10_000_000):
                for status in (429, 503):
                    _check_retry_after(verdict, receiver, port, status, timedelta(seconds=wait))
    finally:
        for owner, name, old in undo:
            setattr(owner, name, old)
    return verdict


def _check_retry_schedule(verdict: Verdict, receiver: WebhookReceiver, port: int, n: int) -> None:
    """Fail ten times, each a moment too early and then in time; die; be replayed; arrive."""
    receiver.status, receiver.headers = 500, {}
    additions = set()
    for _ in range(n):
        crm, clock, id = _queue_message(port)
        receiver.calls.clear()
        first = clock.now()
        crm.deliver()
        for step in RETRY_DELAYS:
            due = _message(crm, id).due_at
            share = (due - clock.now()) / step - 1
            additions.add(round(share, 4))
            verdict.check("each wait is its step, and up to a tenth more", 0 <= share < 0.1, f"{step}: {share:+.3f}")
            calls = len(receiver.calls)
            clock.set(due - MICROSECOND)
            crm.deliver()
            verdict.check("nothing is sent a microsecond early", len(receiver.calls) == calls)
            clock.set(due)
            crm.deliver()
            verdict.check("it is sent when it is due", len(receiver.calls) == calls + 1)
            verdict.count("attempts", len(receiver.calls) - calls)
        taken = clock.now() - first
        total = sum(RETRY_DELAYS, timedelta())
        verdict.check("ten attempts take 75 h 35 min, and up to a tenth more", total <= taken < total * 1.1, str(taken))
        verdict.check("the tenth failure is the end", _message(crm, id).state is MessageState.DEAD)
        clock.advance(days=30)
        calls = len(receiver.calls)
        crm.deliver()
        verdict.check("a dead message is left alone", len(receiver.calls) == calls)
        if _message(crm, id).state is MessageState.DEAD:
            crm.outbox.retry(id)
        crm.deliver()
        fresh = _message(crm, id).due_at - clock.now()
        verdict.check(
            "replayed, it climbs from the first step", RETRY_DELAYS[0] <= fresh < RETRY_DELAYS[0] * 1.1, str(fresh)
        )
        receiver.status = 200
        clock.advance(minutes=1)
        crm.deliver()
        receiver.status = 500
        verdict.check("replayed, it arrives", _message(crm, id).state is MessageState.SENT)
        ids = {headers["webhook-id"] for _, headers, _ in receiver.calls}
        stamps = {headers["webhook-timestamp"] for _, headers, _ in receiver.calls}
        verdict.check("every attempt carries one id", ids == {id})
        verdict.check("every attempt carries its own time", len(stamps) == len(receiver.calls))
        verdict.count("messages that climbed")
    verdict.check("not all try at once", len(additions) >= min(n, 20), f"{len(additions)} different waits")


def _check_retryable_status(verdict: Verdict, receiver: WebhookReceiver, port: int, status: int) -> None:
    crm, _, id = _queue_message(port)
    receiver.calls.clear()
    receiver.status, receiver.headers = status, {"location": f"http://127.0.0.1:{port}/elsewhere"}
    crm.deliver()
    message = _message(crm, id)
    verdict.count("answers that are no success")
    verdict.check("what is no success is tried again", message.state is MessageState.QUEUED, str(status))
    verdict.check("nothing is followed", [path for path, _, _ in receiver.calls] == ["/hook"], str(status))
    verdict.check("what went wrong is kept", str(status) in message.last_error, message.last_error)


def _check_gone(verdict: Verdict, receiver: WebhookReceiver, port: int) -> None:
    crm, clock, id = _queue_message(port)
    receiver.calls.clear()
    receiver.status, receiver.headers = 410, {}
    crm.deliver()
    clock.advance(days=30)
    crm.deliver()
    verdict.count("receivers that were gone")
    verdict.check("gone is gone", (len(receiver.calls), _message(crm, id).state) == (1, MessageState.DEAD))


def _check_retry_after(verdict: Verdict, receiver: WebhookReceiver, port: int, status: int, wait: timedelta) -> None:
    crm, clock, id = _queue_message(port)
    receiver.status, receiver.headers = status, {"retry-after": f"{wait // timedelta(seconds=1)}"}
    crm.deliver()
    asked = max(min(wait, timedelta(days=1)), RETRY_DELAYS[0])
    given = _message(crm, id).due_at - clock.now()
    verdict.count("receivers that were busy")
    verdict.check(
        "a busy receiver gets the time that it asked for, up to a day", asked <= given < asked * 1.1, f"{wait}: {given}"
    )


def _queue_message(port: int) -> tuple[Crm, FrozenClock, Any]:
    clock = FrozenClock()
    guard = UrlGuard(ports={port}, allowed_networks=LOOPBACK)
    crm = Crm(clock=clock, notifiers={"webhook": WebhookNotifier([SECRET], url_guard=guard, now=clock.now)})
    message = crm.outbox.queue(
        "notice", address=f"http://127.0.0.1:{port}/hook", channel="webhook", variables={"text": "x"}
    )
    return crm, clock, message.id


def _message(crm: Crm, id: str) -> Message:
    return next(message for message in crm.outbox.list() if message.id == id)


def _apply_mutation(mutation: str) -> Sequence[tuple[Any, str, Any]]:
    """Plant a bug; gives what has to be put back."""
    failed = Message.mark_failed

    def ignore_retry_after(self: Message, problem: str, *, retry_after: Any = None, **rest: Any) -> Message:
        return failed(self, problem, **rest)

    def retry_forever(self: Message, problem: str, *, is_permanent: bool = False, **rest: Any) -> Message:
        return failed(self, problem, **rest)

    bugs: dict[str, tuple[Any, str, Any]] = {
        "hasty": (
            messages,
            "RETRY_DELAYS",
            (*messages.RETRY_DELAYS[:2], timedelta(minutes=20), *messages.RETRY_DELAYS[3:]),
        ),
        "level": (messages, "crc32", lambda _: 0),
        "endless": (messages, "RETRY_DELAYS", messages.RETRY_DELAYS * 100),
        "deaf": (Message, "mark_failed", ignore_retry_after),
        "stubborn": (Message, "mark_failed", retry_forever),
    }
    if not mutation:
        return ()
    owner, name, bug = bugs[mutation]
    old = getattr(owner, name)
    setattr(owner, name, bug)
    return [(owner, name, old)]


if __name__ == "__main__":
    sys.exit(run("HOOKSCHED", check, n=50, mutations=MUTATIONS))

"""HOOKSCHED: the ladder on which a failed call is tried again, to the microsecond under a clock that stands still.

Calls go to a real web server that fails as it is told. ``python -m tests.programmes.hooksched --seed 1 --n 50``
"""

import random
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from crmcore import AddressGuard, Crm, FrozenClock, WebhookNotifier
from crmcore.domain import messages
from crmcore.domain.messages import Message, MessageState
from tests.programmes.programme import Verdict, run
from tests.receivers import LOOPBACK, Hooks, web_server

SECRET: Final = "whsec_" + "QUJD" * 11
STEPS: Final = [
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=h) for h in (2, 5, 10, 14, 20, 24)),
]
"""What is promised: ten attempts, 75 hours, 35 minutes and 5 seconds from first to last, each wait up to a tenth longer."""
SABOTAGES: Final = {
    "hasty": "the third step is shorter than was promised",
    "level": "nothing is added to the steps, so that all try at once",
    "endless": "a message never dies",
    "deaf": "what a busy receiver asks for is not heard",
    "stubborn": "a receiver that is gone is called again",
}
INSTANT: Final = timedelta(microseconds=1)


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Climb the whole ladder with n messages, and try every kind of answer."""
    verdict = Verdict()
    undo = _plant(sabotage)
    try:
        with web_server() as (hooks, port):
            _climb(verdict, hooks, port, n)
            for status in (301, 302, 303, 307, 308, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504):
                _try_again(verdict, hooks, port, status)
            _goodbye(verdict, hooks, port)
            for wait in (1, 400, chance.randrange(1_000, 80_000), 86_400, 10_000_000):
                for status in (429, 503):
                    _busy(verdict, hooks, port, status, timedelta(seconds=wait))
    finally:
        for owner, name, old in undo:
            setattr(owner, name, old)
    return verdict


def _climb(verdict: Verdict, hooks: Hooks, port: int, n: int) -> None:
    """Fail ten times, each a moment too early and then in time; die; be replayed; arrive."""
    hooks.status, hooks.headers = 500, {}
    additions = set()
    for _ in range(n):
        crm, clock, id = _queued(port)
        hooks.calls.clear()
        first = clock.now()
        crm.deliver()
        for step in STEPS:
            due = _message(crm, id).due_at
            share = (due - clock.now()) / step - 1
            additions.add(round(share, 4))
            verdict.demand("each wait is its step, and up to a tenth more", 0 <= share < 0.1, f"{step}: {share:+.3f}")
            calls = len(hooks.calls)
            clock.set(due - INSTANT)
            crm.deliver()
            verdict.demand("nothing is sent a microsecond early", len(hooks.calls) == calls)
            clock.set(due)
            crm.deliver()
            verdict.demand("it is sent when it is due", len(hooks.calls) == calls + 1)
            verdict.count("attempts", len(hooks.calls) - calls)
        taken = clock.now() - first
        total = sum(STEPS, timedelta())
        verdict.demand(
            "ten attempts take 75 h 35 min, and up to a tenth more", total <= taken < total * 1.1, str(taken)
        )
        verdict.demand("the tenth failure is the end", _message(crm, id).state is MessageState.DEAD)
        clock.advance(days=30)
        calls = len(hooks.calls)
        crm.deliver()
        verdict.demand("a dead message is left alone", len(hooks.calls) == calls)
        if _message(crm, id).state is MessageState.DEAD:
            crm.delivery.replay(id)
        crm.deliver()
        fresh = _message(crm, id).due_at - clock.now()
        verdict.demand("replayed, it climbs from the first step", STEPS[0] <= fresh < STEPS[0] * 1.1, str(fresh))
        hooks.status = 200
        clock.advance(minutes=1)
        crm.deliver()
        hooks.status = 500
        verdict.demand("replayed, it arrives", _message(crm, id).state is MessageState.SENT)
        ids = {headers["webhook-id"] for _, headers, _ in hooks.calls}
        stamps = {headers["webhook-timestamp"] for _, headers, _ in hooks.calls}
        verdict.demand("every attempt carries one id", ids == {id})
        verdict.demand("every attempt carries its own time", len(stamps) == len(hooks.calls))
        verdict.count("messages that climbed")
    verdict.demand("not all try at once", len(additions) >= min(n, 20), f"{len(additions)} different waits")


def _try_again(verdict: Verdict, hooks: Hooks, port: int, status: int) -> None:
    crm, _, id = _queued(port)
    hooks.calls.clear()
    hooks.status, hooks.headers = status, {"location": f"http://127.0.0.1:{port}/elsewhere"}
    crm.deliver()
    message = _message(crm, id)
    verdict.count("answers that are no success")
    verdict.demand("what is no success is tried again", message.state is MessageState.QUEUED, str(status))
    verdict.demand("nothing is followed", [path for path, _, _ in hooks.calls] == ["/hook"], str(status))
    verdict.demand("what went wrong is kept", str(status) in message.problem, message.problem)


def _goodbye(verdict: Verdict, hooks: Hooks, port: int) -> None:
    crm, clock, id = _queued(port)
    hooks.calls.clear()
    hooks.status, hooks.headers = 410, {}
    crm.deliver()
    clock.advance(days=30)
    crm.deliver()
    verdict.count("receivers that were gone")
    verdict.demand("gone is gone", (len(hooks.calls), _message(crm, id).state) == (1, MessageState.DEAD))


def _busy(verdict: Verdict, hooks: Hooks, port: int, status: int, wait: timedelta) -> None:
    crm, clock, id = _queued(port)
    hooks.status, hooks.headers = status, {"retry-after": f"{wait // timedelta(seconds=1)}"}
    crm.deliver()
    asked = max(min(wait, timedelta(days=1)), STEPS[0])
    given = _message(crm, id).due_at - clock.now()
    verdict.count("receivers that were busy")
    verdict.demand(
        "a busy receiver gets the time that it asked for, up to a day", asked <= given < asked * 1.1, f"{wait}: {given}"
    )


def _queued(port: int) -> tuple[Crm, FrozenClock, Any]:
    clock = FrozenClock()
    guard = AddressGuard(ports={port}, allow=LOOPBACK)
    crm = Crm(clock=clock, notifiers={"webhook": WebhookNotifier([SECRET], guard=guard, now=clock.now)})
    message = crm.delivery.queue(
        "notice", address=f"http://127.0.0.1:{port}/hook", channel="webhook", facts={"text": "x"}
    )
    return crm, clock, message.id


def _message(crm: Crm, id: str) -> Message:
    return next(message for message in crm.delivery.list() if message.id == id)


def _plant(sabotage: str) -> Sequence[tuple[Any, str, Any]]:
    """Plant a bug; gives what has to be put back."""
    failed = Message.failed

    def deaf(self: Message, problem: str, *, after: Any = None, **rest: Any) -> Message:
        return failed(self, problem, **rest)

    def stubborn(self: Message, problem: str, *, permanent: bool = False, **rest: Any) -> Message:
        return failed(self, problem, **rest)

    bugs: dict[str, tuple[Any, str, Any]] = {
        "hasty": (messages, "LADDER", (*messages.LADDER[:2], timedelta(minutes=20), *messages.LADDER[3:])),
        "level": (messages, "crc32", lambda _: 0),
        "endless": (messages, "LADDER", messages.LADDER * 100),
        "deaf": (Message, "failed", deaf),
        "stubborn": (Message, "failed", stubborn),
    }
    if not sabotage:
        return ()
    owner, name, bug = bugs[sabotage]
    old = getattr(owner, name)
    setattr(owner, name, bug)
    return [(owner, name, old)]


if __name__ == "__main__":
    sys.exit(run("HOOKSCHED", play, n=50, sabotages=SABOTAGES))

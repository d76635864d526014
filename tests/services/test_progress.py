"""One error never keeps the others waiting for ever: neither a message, nor a listener, nor due work."""

from asyncio import CancelledError
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from crmcore import Crm, CrmError, FrozenClock, MemoryStore, Recorder
from crmcore.domain.criteria import Is
from crmcore.domain.feed import Recorded, Subscription
from crmcore.domain.messages import Letter, Message, MessageState
from crmcore.domain.occurrences import Occurrence
from crmcore.errors import DeliveryFailed
from crmcore.services import due as due_module
from crmcore.services.ports import Context, Store

STOPS: list[type[BaseException]] = [SystemExit, KeyboardInterrupt, CancelledError, GeneratorExit]
each_stop = pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)


class Listener:
    """Takes events, or raises an error."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.taken: list[str] = []

    def publish(self, events: Sequence[Recorded], /) -> None:
        """Take them."""
        if self.error is not None:
            raise self.error
        self.taken += [event.event.name for event in events]


def raising_for(text: str, error: BaseException) -> Recorder:
    """A notifier that raises an error for one text and keeps all other letters."""

    def before(letter: Letter) -> None:
        if letter.body == text:
            raise error

    return Recorder(before=before)


def queued(crm: Crm, *texts: str) -> list[Message]:
    """Queue a message for each text."""
    return [crm.delivery.queue("notice", address="a@example.com", facts={"text": text}) for text in texts]


@each_stop
def test_deliver_after_an_error_that_is_no_exception_sends_the_others(store: Store, stop: type[BaseException]) -> None:
    """The error is raised once, its message has one failed attempt, and the next call sends all others at once."""
    notifier = raising_for("0", stop())
    crm = Crm(store, clock=FrozenClock(), notifiers={"email": notifier})
    first, *_ = queued(crm, *map(str, range(25)))
    with pytest.raises(stop):
        crm.deliver()
    report = crm.deliver()
    waiting = crm.delivery.list(state="queued")

    assert (24, 0, 0) == (report.sent, report.failed, report.lost)
    assert [(first.id, 1, stop.__name__)] == [(one.id, one.attempts, one.problem) for one in waiting]
    assert sorted(map(str, range(1, 25))) == sorted(letter.body for letter in notifier.letters)


@each_stop
def test_deliver_gives_up_a_message_that_always_ends_the_process(stop: type[BaseException]) -> None:
    """Even a message that ends every call is dead after ten attempts; nothing else waits for it meanwhile."""
    clock = FrozenClock()
    crm = Crm(clock=clock, notifiers={"email": raising_for("bad", stop())})
    bad, *_ = queued(crm, "bad")
    for day in range(10):
        queued(crm, f"good {day}")
        with pytest.raises(stop):
            for _ in range(3):
                crm.deliver()
        crm.deliver()
        clock.advance(days=2)
    dead = crm.delivery.list(state="dead")

    assert [(bad.id, 10)] == [(one.id, one.attempts) for one in dead]
    assert 10 == len(crm.delivery.list(state="sent"))


@each_stop
def test_deliver_stopped_by_a_listener_goes_on_with_the_others(store: Store, stop: type[BaseException]) -> None:
    """A listener that ends the process rests as one that refused; other listeners and messages go on, however rarely deliver is called."""
    clock, bad, good, mail = FrozenClock(), Listener(stop()), Listener(), Recorder()
    crm = Crm(store, clock=clock, publishers={"bad": bad, "good": good}, notifiers={"email": mail})
    for number in range(4):
        crm.people.add(f"Anna {number}")
        queued(crm, f"mail {number}")
        with pytest.raises(stop):
            crm.deliver()
        crm.deliver()
        clock.advance(days=2)  # longer than any rest
    failures = crm.house.run("test", lambda unit: unit.one(Subscription, Is("name", "bad")), reading=True)

    assert failures is not None
    assert (4, stop.__name__) == (failures.failures, failures.problem)
    assert ["user.added"] * 4 == good.taken
    assert 4 == len(mail.letters)
    bad.error = None
    crm.deliver()
    assert ["user.added"] * 4 == bad.taken


@each_stop
def test_listeners_are_served_although_every_message_ends_the_process(stop: type[BaseException]) -> None:
    """A notifier that is broken altogether does not keep listeners waiting."""
    good = Listener()
    crm = Crm(clock=FrozenClock(), publishers={"good": good}, notifiers={"email": raising_for("bad", stop())})
    crm.people.add("Anna")
    queued(crm, "bad", "bad", "bad")
    with pytest.raises(stop):
        crm.deliver()

    assert ["user.added"] == good.taken


def test_deliver_after_a_listener_refused_ten_thousand_times() -> None:
    """A listener behind one that has refused 10,000 times gets its events, and the first one is tried again after a day."""
    clock, bad, good = FrozenClock(), Listener(ValueError()), Listener()
    crm = Crm(clock=clock, publishers={"bad": bad, "good": good})
    crm.people.add("Anna")
    crm.deliver()

    def fail_often(unit: Any) -> None:
        known = unit.one(Subscription, Is("name", "bad"))
        for _ in range(9_999):
            known = known.refused("ValueError", until=unit.now)
        unit.save(known)

    crm.house.run("test", fail_often)
    crm.people.add("Berta")
    clock.advance(seconds=1)
    report = crm.deliver()
    bad.error = None
    clock.advance(days=1)
    crm.deliver()

    assert (1, 1) == (report.refused, report.published)
    assert ["user.added"] * 2 == good.taken == bad.taken


@pytest.mark.parametrize("taken", [-1, 0, 2, 99])
def test_a_listener_that_counts_wrongly_loses_no_event(taken: int) -> None:
    """A negative count is a refusal; a count past the end is the end."""

    class Miscounting(Listener):
        def publish(self, events: Sequence[Recorded], /) -> None:
            self.taken += [event.subject for event in events]
            if self.error is not None:
                raise self.error

    clock, listener = FrozenClock(), Miscounting(DeliveryFailed("x", "no", taken=taken))
    crm = Crm(clock=clock, publishers={"a": listener})
    people = [crm.people.add(name).id for name in ("Anna", "Berta", "Carla")]
    crm.deliver()
    listener.error = None
    clock.advance(days=2)
    crm.deliver()

    assert people[max(0, min(taken, 3)) :] == listener.taken[3:]


@pytest.mark.parametrize("problem", ["550\r\nno such user", "\0", "\ud800", "x" * 9_999])
@pytest.mark.parametrize("after", [None, 30, timedelta.max, timedelta.min])
def test_deliver_records_whatever_a_notifier_says(problem: str, after: Any) -> None:
    """Line breaks, control characters and delays that cannot be do not stop the messages behind."""
    mail = raising_for("bad", DeliveryFailed("email", problem, after=after))
    crm = Crm(clock=FrozenClock(), notifiers={"email": mail})
    queued(crm, "bad", "good")
    report = crm.deliver()

    assert (1, 1) == (report.sent, report.failed)


def tasks_due(crm: Crm, clock: FrozenClock) -> list[str]:
    """Give three tasks with a reminder that is due."""
    anna = crm.people.add("Anna", email="anna@example.com")
    at = clock.now() + timedelta(hours=1)
    ids = [
        crm.tasks.give(f"Task {n}", assignee=anna.id, due_at=at + timedelta(days=9), remind_at=at).id for n in range(3)
    ]
    clock.advance(hours=1)
    return [str(id) for id in ids]


@each_stop
def test_run_due_after_an_error_that_is_no_exception_goes_on(
    store: Store, stop: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The occurrence at which a run ended has one failed attempt, and the next run does the others."""
    clock = FrozenClock()
    crm = Crm(store, clock=clock)
    bad, *good = tasks_due(crm, clock)
    usual = due_module.HANDLERS["task.reminder"]

    def handle(unit: Any, house: Any, occurrence: Occurrence) -> None:
        if occurrence.subject == bad:
            raise stop
        usual(unit, house, occurrence)

    monkeypatch.setitem(due_module.HANDLERS, "task.reminder", handle)
    with pytest.raises(stop):
        while crm.run_due().done:
            pass
    report = crm.run_due()
    where = Is("subject", bad) & Is("kind", "task.reminder")
    failed = crm.house.run("test", lambda unit: unit.one(Occurrence, where), reading=True)

    assert failed is not None
    assert (1, stop.__name__) == (failed.attempts, failed.problem)
    assert 0 == report.failed
    assert set(good) == {str(message.about) for message in crm.delivery.list() if message.topic == "task.reminder"}


@each_stop
def test_an_inbox_message_whose_handler_ends_the_process_has_not_come(store: Store, stop: type[BaseException]) -> None:
    """Nothing of it is stored, the next message is applied, and the first one when it comes again."""
    crm = Crm(store)

    def broken() -> None:
        crm.people.add("Half")
        raise stop

    with pytest.raises(stop):
        crm.inbox.take("erp", "1", broken)
    second = crm.inbox.take("erp", "2", lambda: crm.people.add("Two"))
    first = crm.inbox.take("erp", "1", lambda: crm.people.add("One"))

    assert ["applied", "applied"] == [second.value, first.value]
    assert ["One", "Two"] == sorted(user.name for user in crm.people.list())


class BrokenTracer:
    """Raises an error when a span is opened, or when it is closed."""

    def __init__(self, error: BaseException, *, opening: bool) -> None:
        self.error = error
        self.opening = opening

    def span(self, story: str, context: Context, /) -> AbstractContextManager[None]:
        """Open a span."""

        @contextmanager
        def span() -> Iterator[None]:
            if self.opening:
                raise self.error
            try:
                yield
            finally:
                raise self.error

        return span()


@pytest.mark.parametrize("opening", [True, False])
def test_a_broken_tracer_changes_nothing(*, opening: bool) -> None:
    """Commands give their results and their errors, messages leave and due work is done, each once, whatever a tracer raises."""
    clock, mail, listener = FrozenClock(), Recorder(), Listener()
    store = MemoryStore()
    tracer = BrokenTracer(RuntimeError("no"), opening=opening)
    crm = Crm(store, clock=clock, tracer=tracer, notifiers={"email": mail}, publishers={"a": listener})
    tasks_due(crm, clock)
    with pytest.raises(CrmError):
        crm.people.add("")
    done = crm.run_due().done
    report = crm.deliver()

    assert (3, 3, 3) == (done, report.sent, len(mail.letters))
    assert "user.added" in listener.taken
    assert all(message.state is MessageState.SENT for message in crm.delivery.list())


@each_stop
def test_run_due_counts_what_a_tracer_interrupts(stop: type[BaseException]) -> None:
    """An attempt that a tracer ends counts, although the tracer would end its recording as well."""
    clock, store = FrozenClock(), MemoryStore()
    crm = Crm(store, clock=clock)
    tasks_due(crm, clock)
    tracer = BrokenTracer(stop(), opening=True)
    usual = tracer.span

    def only_due(story: str, context: Context, /) -> AbstractContextManager[None]:
        return usual(story, context) if story == "due.run" else contextmanager(lambda: iter([None]))()

    tracer.span = only_due  # type: ignore[method-assign]  # a tracer that fails at one command
    traced = Crm(store, clock=clock, tracer=tracer)
    for _ in range(3):
        with pytest.raises(stop):
            traced.run_due()
    attempts = crm.house.run("test", lambda unit: [one.attempts for one in unit.find(Occurrence)], reading=True)

    assert 3 == sum(attempts)
    assert 1 == max(attempts)

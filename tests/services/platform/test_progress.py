"""Progress: one error blocks no other message, publisher or job."""

from asyncio import CancelledError
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from crmcore import Crm, CrmError, FrozenClock, MemoryStore, RecordingNotifier
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.messaging.messages import Message, MessageState, OutgoingMessage
from crmcore.domain.platform.feed import RecordedEvent, Subscription
from crmcore.domain.platform.jobs import ScheduledJob
from crmcore.errors import DeliveryError
from crmcore.ports import RequestContext, Store
from crmcore.services.platform import jobs as jobs_module

STOPS: list[type[BaseException]] = [SystemExit, KeyboardInterrupt, CancelledError, GeneratorExit]
each_stop = pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)


class StubPublisher:
    """Collects events, or raises an error."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.taken: list[str] = []

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Collect the events."""
        if self.error is not None:
            raise self.error
        self.taken += [event.event.name for event in events]


def raising_for(text: str, error: BaseException) -> RecordingNotifier:
    """A notifier that raises an error for one text and records the others."""

    def before(message: OutgoingMessage) -> None:
        if message.body == text:
            raise error

    return RecordingNotifier(before_send=before)


def queued(crm: Crm, *texts: str) -> list[Message]:
    """Queue a message for each text."""
    return [crm.outbox.queue("notice", address="a@example.com", variables={"text": text}) for text in texts]


@each_stop
def test_deliver_after_an_error_that_is_no_exception_sends_the_others(store: Store, stop: type[BaseException]) -> None:
    """The error is raised once; the next call sends all other messages."""
    notifier = raising_for("0", stop())
    crm = Crm(store, clock=FrozenClock(), notifiers={"email": notifier})
    first, *_ = queued(crm, *map(str, range(25)))
    with pytest.raises(stop):
        crm.deliver()
    report = crm.deliver()
    waiting = crm.outbox.list(state="queued")

    assert (24, 0, 0) == (report.sent, report.failed, report.lease_expired)
    assert [(first.id, 1, stop.__name__)] == [(one.id, one.attempts, one.last_error) for one in waiting]
    assert sorted(map(str, range(1, 25))) == sorted(message.body for message in notifier.messages)


@each_stop
def test_deliver_gives_up_a_message_that_always_ends_the_process(stop: type[BaseException]) -> None:
    """A message that ends every call is dead after ten attempts."""
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
    dead = crm.outbox.list(state="dead")

    assert [(bad.id, 10)] == [(one.id, one.attempts) for one in dead]
    assert 10 == len(crm.outbox.list(state="sent"))


@each_stop
def test_deliver_stopped_by_a_publisher_goes_on_with_the_others(store: Store, stop: type[BaseException]) -> None:
    """A publisher that ends the process backs off; the others continue."""
    clock, bad, good, mail = FrozenClock(), StubPublisher(stop()), StubPublisher(), RecordingNotifier()
    crm = Crm(store, clock=clock, publishers={"bad": bad, "good": good}, notifiers={"email": mail})
    for number in range(4):
        crm.users.create(f"Anna {number}")
        queued(crm, f"mail {number}")
        with pytest.raises(stop):
            crm.deliver()
        crm.deliver()
        clock.advance(days=2)  # longer than any backoff
    failures = crm._environment.execute("test", lambda uow: uow.first(Subscription, Eq("name", "bad")), read_only=True)

    assert failures is not None
    assert (4, stop.__name__) == (failures.failures, failures.last_error)
    assert ["user.created"] * 4 == good.taken
    assert 4 == len(mail.messages)
    bad.error = None
    crm.deliver()
    assert ["user.created"] * 4 == bad.taken


@each_stop
def test_publishers_are_served_although_every_message_ends_the_process(stop: type[BaseException]) -> None:
    """A failing notifier does not block publishers."""
    good = StubPublisher()
    crm = Crm(clock=FrozenClock(), publishers={"good": good}, notifiers={"email": raising_for("bad", stop())})
    crm.users.create("Anna")
    queued(crm, "bad", "bad", "bad")
    with pytest.raises(stop):
        crm.deliver()

    assert ["user.created"] == good.taken


def test_deliver_after_a_publisher_refused_ten_thousand_times() -> None:
    """After 10,000 failures of one publisher, the others get their events.

    The failing publisher is retried after one day.
    """
    clock, bad, good = FrozenClock(), StubPublisher(ValueError()), StubPublisher()
    crm = Crm(clock=clock, publishers={"bad": bad, "good": good})
    crm.users.create("Anna")
    crm.deliver()

    def fail_often(uow: Any) -> None:
        known = uow.first(Subscription, Eq("name", "bad"))
        for _ in range(9_999):
            known = known.record_failure("ValueError", until=uow.now)
        uow.save(known)

    crm._environment.execute("test", fail_often)
    crm.users.create("Berta")
    clock.advance(seconds=1)
    report = crm.deliver()
    bad.error = None
    clock.advance(days=1)
    crm.deliver()

    assert (1, 1) == (report.failed_publishers, report.published)
    assert ["user.created"] * 2 == good.taken == bad.taken


@pytest.mark.parametrize("taken", [-1, 0, 2, 99])
def test_a_publisher_that_counts_wrongly_loses_no_event(taken: int) -> None:
    """A negative count is a failure; a count past the end means all."""

    class MiscountingPublisher(StubPublisher):
        def publish(self, events: Sequence[RecordedEvent], /) -> None:
            self.taken += [event.subject_id for event in events]
            if self.error is not None:
                raise self.error

    clock, publisher = FrozenClock(), MiscountingPublisher(DeliveryError("x", "no", delivered_count=taken))
    crm = Crm(clock=clock, publishers={"a": publisher})
    user_ids = [crm.users.create(name).id for name in ("Anna", "Berta", "Carla")]
    crm.deliver()
    publisher.error = None
    clock.advance(days=2)
    crm.deliver()

    assert user_ids[max(0, min(taken, 3)) :] == publisher.taken[3:]


@pytest.mark.parametrize("problem", ["550\r\nno such user", "\0", "\ud800", "x" * 9_999])
@pytest.mark.parametrize("after", [None, 30, timedelta.max, timedelta.min])
def test_deliver_records_whatever_a_notifier_says(problem: str, after: Any) -> None:
    """Invalid error texts and delays do not block later messages."""
    mail = raising_for("bad", DeliveryError("email", problem, retry_after=after))
    crm = Crm(clock=FrozenClock(), notifiers={"email": mail})
    queued(crm, "bad", "good")
    report = crm.deliver()

    assert (1, 1) == (report.sent, report.failed)


def tasks_due(crm: Crm, clock: FrozenClock) -> list[str]:
    """Create three tasks with a due reminder."""
    anna = crm.users.create("Anna", email="anna@example.com")
    at = clock.now() + timedelta(hours=1)
    ids = [
        crm.tasks.create(f"Task {n}", assignee_id=anna.id, due_at=at + timedelta(days=9), remind_at=at).id
        for n in range(3)
    ]
    clock.advance(hours=1)
    return [str(id) for id in ids]


@each_stop
def test_run_due_after_an_error_that_is_no_exception_goes_on(
    store: Store, stop: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failing job has one failed attempt; the next run does the others."""
    clock = FrozenClock()
    crm = Crm(store, clock=clock)
    bad, *good = tasks_due(crm, clock)
    original = jobs_module.HANDLERS["task.reminder"]

    def handle(uow: Any, environment: Any, job: ScheduledJob) -> None:
        if job.subject_id == bad:
            raise stop
        original(uow, environment, job)

    monkeypatch.setitem(jobs_module.HANDLERS, "task.reminder", handle)
    with pytest.raises(stop):
        while crm.run_due_jobs().done:
            pass
    report = crm.run_due_jobs()
    where = Eq("subject_id", bad) & Eq("kind", "task.reminder")
    failed = crm._environment.execute("test", lambda uow: uow.first(ScheduledJob, where), read_only=True)

    assert failed is not None
    assert (1, stop.__name__) == (failed.attempts, failed.last_error)
    assert 0 == report.failed
    assert set(good) == {str(message.about_id) for message in crm.outbox.list() if message.topic == "task.reminder"}


@each_stop
def test_an_inbox_message_whose_handler_ends_the_process_has_not_come(store: Store, stop: type[BaseException]) -> None:
    """Nothing is stored, and the message is applied when it comes again."""
    crm = Crm(store)

    def broken() -> None:
        crm.users.create("Half")
        raise stop

    with pytest.raises(stop):
        crm.inbox.process("erp", "1", broken)
    second = crm.inbox.process("erp", "2", lambda: crm.users.create("Two"))
    first = crm.inbox.process("erp", "1", lambda: crm.users.create("One"))

    assert ["applied", "applied"] == [second.value, first.value]
    assert ["One", "Two"] == sorted(user.name for user in crm.users.list())


class BrokenTracer:
    """A tracer that fails when a span is opened or closed."""

    def __init__(self, error: BaseException, *, opening: bool) -> None:
        self.error = error
        self.opening = opening

    def span(self, command: str, context: RequestContext, /) -> AbstractContextManager[None]:
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
    """A failing tracer changes no result, message or job."""
    clock, mail, publisher = FrozenClock(), RecordingNotifier(), StubPublisher()
    store = MemoryStore()
    tracer = BrokenTracer(RuntimeError("no"), opening=opening)
    crm = Crm(store, clock=clock, tracer=tracer, notifiers={"email": mail}, publishers={"a": publisher})
    tasks_due(crm, clock)
    with pytest.raises(CrmError):
        crm.users.create("")
    done = crm.run_due_jobs().done
    report = crm.deliver()

    assert (3, 3, 3) == (done, report.sent, len(mail.messages))
    assert "user.created" in publisher.taken
    assert all(message.state is MessageState.SENT for message in crm.outbox.list())


@each_stop
def test_run_due_counts_what_a_tracer_interrupts(stop: type[BaseException]) -> None:
    """An attempt that a tracer interrupts counts as a failed attempt."""
    clock, store = FrozenClock(), MemoryStore()
    crm = Crm(store, clock=clock)
    tasks_due(crm, clock)
    tracer = BrokenTracer(stop(), opening=True)
    original = tracer.span

    def only_due(command: str, context: RequestContext, /) -> AbstractContextManager[None]:
        return original(command, context) if command == "jobs.run" else contextmanager(lambda: iter([None]))()

    tracer.span = only_due  # type: ignore[method-assign]  # a tracer that fails at one command
    traced = Crm(store, clock=clock, tracer=tracer)
    for _ in range(3):
        with pytest.raises(stop):
            traced.run_due_jobs()
    attempts = crm._environment.execute(
        "test", lambda uow: [one.attempts for one in uow.find(ScheduledJob)], read_only=True
    )

    assert 3 == sum(attempts)
    assert 1 == max(attempts)

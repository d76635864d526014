"""KILL-WORK: kill -9 a process in the middle of `deliver`, `run_due_jobs` and `batch`; nothing is lost, half done, or done twice.

Children of a warm process prepare a little work, acknowledge it, and are killed while they do it. At the end a process that is not killed
finishes what is left, and everything is counted. What leaves the process is appended to a file; it may be there twice, under the same id.

From a checkout: ``python -m tests.reliability.kill_outbox_jobs_batches --n 100`` kills 100 times in each of the three on SQLite and on PostgreSQL, and
prints a table.
"""

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from crmcore import CreateTask, Crm, EscalationStep, FrozenClock, SendNotification, SqlStore, Stage
from crmcore.adapters.notifications.smtp import message_digest
from crmcore.domain.activities.tasks import Task
from crmcore.domain.kernel.criteria import In
from crmcore.domain.messaging.messages import Message, MessageState, OutgoingMessage
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.domain.platform.jobs import JobState, ScheduledJob
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.actions import StageAction
from crmcore.domain.sla.escalation import Escalation
from crmcore.domain.sla.escalation_policy import EscalationPolicy
from crmcore.services.platform import jobs as due_module
from crmcore.services.platform.outbox import Outbox
from crmcore.services.unit_of_work import UnitOfWork
from tests.reliability.databases import databases
from tests.reliability.harness import Verdict, run

MUTATIONS: Final = {
    "mark-first": "a message is marked as sent before it is sent",
    "done-later": "the effect of due work and its being done are two transactions",
    "no-batch": "the commands of a batch are a transaction each",
}
START: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEP: Final = timedelta(minutes=2)
"""The time between two children: longer than any lease."""
ITEMS_PER_CHILD: Final = 4
"""How many messages, tasks or leads a child prepares at once."""
POLICY: Final = EscalationPolicy.of(EscalationStep())
Report = Callable[[str], object]


@frozen
class Found:
    """What was found at the end, for one kind of work on one database."""

    work: str
    killed: int
    acknowledged: int
    lost: Sequence[str]
    half: Sequence[str]
    twice: Sequence[str]
    copies: int = 0
    letters_twice: int = 0
    other_ids: int = 0

    def row(self, database: str) -> str:
        """A row of the table."""
        counts = (len(self.lost), len(self.half), len(self.twice), self.copies, self.other_ids)
        return f"{database:<11}{self.work:<9}{self.killed:>7}{self.acknowledged:>14}" + "".join(
            f"{count:>{width}}" for count, width in zip(counts, (6, 11, 7, 16, 16), strict=True)
        )


HEAD: Final = "database   work      killed  acknowledged  lost  half done  twice  copies outside  with another id"


class Outside:
    """The world outside: a file to which letters and events are appended, each with its id."""

    def __init__(self, path: Path, *, slow: bool) -> None:
        self._path = path
        self._slow = slow

    def send(self, letter: OutgoingMessage, /) -> None:
        """Take a letter, as slowly as a server near by."""
        self._append(f"letter\t{message_digest(letter)}\t{letter.body}")

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Take events."""
        for event in events:
            self._append(f"event\t{event.id}\t{event.id}")

    def lines(self) -> list[list[str]]:
        """Everything that came, as kind, id and text."""
        text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        return [line.split("\t") for line in text.splitlines()]

    def _append(self, line: str) -> None:
        if self._slow:
            time.sleep(0.001)
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, f"{line}\n".encode())
        os.close(file)
        if self._slow:
            time.sleep(0.001)


def open_crm(url: str, tenant: str, at: datetime, outside: Outside) -> Crm:
    """Open the CRM of one kind of work."""
    store = SqlStore.open(url, create=False)
    settings: dict[str, Any] = {"notifiers": {"email": outside}, "publishers": {"outside": outside}}
    return Crm(store, tenant=tenant, clock=FrozenClock(at), escalation_policy=POLICY, **settings)


def set_up(crm: Crm) -> None:
    """Make what all work needs."""
    boss = crm.users.create("Boss", email="boss@example.com")
    crm.users.create("Anna", login="anna", roles=["manager"], email="anna@example.com", manager_id=boss.id)
    acts: list[StageAction] = [
        CreateTask(title="Call {customer}", kind="call"),
        SendNotification(role="manager", message="{deal}"),
    ]
    crm.funnels.create(
        "Windows", stages=[Stage.named("First call", entry_actions=acts), Stage.named("Won", kind="won")]
    )


def prepare_deliver(crm: Crm, number: int, say: Report) -> None:
    """Queue messages and cause events."""
    for row in range(ITEMS_PER_CHILD):
        text = f"message {number} {row}"
        crm.outbox.queue("notice", address="a@example.com", variables={"text": text}, idempotency_key=text)
        say(text)
    crm.users.create(f"Person {number}", idempotency_key=f"person {number}")


def prepare_run_due_jobs(crm: Crm, number: int, say: Report) -> None:
    """Give tasks whose reminder and whose deadline are due."""
    at = crm._environment.clock.now()
    anna = next(user for user in crm.users.list() if user.login == "anna")
    for row in range(ITEMS_PER_CHILD):
        title = f"task {number} {row}"
        crm.tasks.create(
            title, assignee_id=anna.id, due_at=at, remind_at=at - timedelta(seconds=1), idempotency_key=title
        )
        say(title)


def work_batch(crm: Crm, number: int, say: Report, batch: Callable[[Crm], AbstractContextManager[Any]]) -> None:
    """Take leads in, in one batch, and acknowledge it when it is committed."""
    funnel_id = crm.funnels.list()[0].id
    with batch(crm):
        for row in range(ITEMS_PER_CHILD):
            key = f"batch {number} {row}"
            crm.leads.capture(
                f"Jānis {number} {row}", funnel_id=funnel_id, about=f"batch {number}", idempotency_key=key
            )
    say(f"batch {number}")


def work(crm: Crm, name: str, number: int, say: Report, mutation: str) -> None:
    """Prepare work, say that it begins, and do it."""
    apply_mutation(mutation)
    if name == "batch":
        crm.users.create(f"Person {number}")  # the connection is open, and has written, before the work begins
        say("go")
        work_batch(crm, number, say, _no_batch if mutation == "no-batch" else Crm.batch)
        return
    {"deliver": prepare_deliver, "run_due_jobs": prepare_run_due_jobs}[name](crm, number, say)
    say("go")
    if name == "deliver":
        crm.deliver()
    else:
        crm.run_due_jobs()


def kill_one(
    url: str, tenant: str, name: str, number: int, outside: Outside, wait: float, mutation: str
) -> tuple[list[str], bool]:
    """Let a child work, and kill it a moment after it has begun; return what it acknowledged, and whether it was killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            crm = open_crm(url, tenant, START + number * STEP, outside)
            work(crm, name, number, lambda said: os.write(writer, f"{said}\n".encode()), mutation)
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    said = b""
    while b"go\n" not in said and (some := os.read(reader, 65_536)):
        said += some
    time.sleep(wait)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while some := os.read(reader, 65_536):
        said += some
    os.close(reader)
    if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"a child failed: {said.decode()}")
    return [line for line in said.decode().splitlines() if line != "go"], os.WIFSIGNALED(status)


def check_on(url: str, rng: random.Random, n: int, mutation: str, works: Sequence[str] = ()) -> Verdict:
    """Kill -9 a process n times in the middle of each kind of work on one database."""
    verdict = Verdict()
    SqlStore.open(url).close()
    with tempfile.TemporaryDirectory() as folder:
        for name in works or ("deliver", "run_due_jobs", "batch"):
            found = _check_work(url, name, rng, n, Path(folder) / name, mutation)
            database = url.partition(":")[0].partition("+")[0]
            if not verdict.notes:
                verdict.notes.append(HEAD)
            verdict.notes.append(found.row(database))
            verdict.count(f"{name}: killed", found.killed)
            for promise, cases in (("lost", found.lost), ("half done", found.half), ("twice", found.twice)):
                verdict.check(f"{name}: nothing is {promise}", not cases, ", ".join(cases[:5]))
            verdict.check(f"{name}: copies outside carry one id", not found.other_ids)
            verdict.check(f"{name}: a kill makes one second letter at most", found.letters_twice <= found.killed)
    return verdict


def _check_work(url: str, name: str, rng: random.Random, n: int, path: Path, mutation: str) -> Found:
    tenant = f"{name} {rng.random()}"
    pace = _warm_up(url, name, f"warm {tenant}", Outside(path.with_suffix(".warm"), slow=True))
    outside = Outside(path, slow=True)
    crm = open_crm(url, tenant, START, outside)
    set_up(crm)
    crm.close()
    acknowledged: list[str] = []
    kills = number = 0
    while kills < n:
        number += 1
        heard, killed = kill_one(url, tenant, name, number, outside, rng.uniform(0, pace), mutation)
        acknowledged += heard
        kills += killed
        pace *= 1.1 if killed else 0.75  # so that kills fall on all of the work: one child in four ends it
    crm = open_crm(url, tenant, START + (number + 1) * STEP, Outside(path, slow=False))
    _finish(crm, name, number)
    found = {"deliver": _check_deliver, "run_due_jobs": _check_run_due_jobs, "batch": _check_batch}[name](
        crm, kills, acknowledged, outside.lines()
    )
    crm.close()
    return found


def _warm_up(url: str, name: str, tenant: str, outside: Outside) -> float:
    """Do the work a few times, so that children find everything compiled; return how long it takes, in seconds."""
    crm = open_crm(url, tenant, START, outside)
    set_up(crm)
    times = []
    for number in range(5):
        begun: list[float] = []
        work(crm, name, number, lambda said, begun=begun: begun.append(time.perf_counter() * (said == "go")), "")  # type: ignore[misc]
        times.append(time.perf_counter() - max(begun))
    crm.close()
    return sorted(times)[2]


def _finish(crm: Crm, name: str, last: int) -> None:
    """Do what is left: call again, as a scheduler does, and repeat the batch that was not acknowledged, as a caller does."""
    if name == "batch":
        for number in range(1, last + 1):
            work_batch(crm, number, lambda said: None, Crm.batch)
    for _ in range(3):
        while name == "run_due_jobs" and crm.run_due_jobs(limit=1000).done:
            pass
        while name == "deliver" and crm.deliver(limit=1000).sent:
            pass
        clock: Any = crm._environment.clock
        clock.advance(hours=1)


def _check_deliver(crm: Crm, killed: int, acknowledged: list[str], lines: list[list[str]]) -> Found:
    messages = crm._environment.execute("test", lambda uow: list(uow.iterate(Message)), read_only=True)
    stored = Counter(str(message.variables["text"]) for message in messages)
    letters = Counter(text for kind, _, text in lines if kind == "letter")
    events = Counter(text for kind, _, text in lines if kind == "event")
    ids = {(text, id) for _, id, text in lines}
    published = _events(crm)
    return Found(
        work="deliver",
        killed=killed,
        acknowledged=len(acknowledged),
        lost=[text for text in {*acknowledged, *stored} if not stored[text] or not letters[text]]
        + [event.id for event in published if not events[event.id]],
        half=[str(message.id) for message in messages if message.state is not MessageState.SENT or message.attempts],
        twice=[text for text, count in stored.items() if count > 1],
        copies=letters.total() + events.total() - len(letters) - len(events),
        letters_twice=letters.total() - len(letters),
        other_ids=len(ids) - len(letters) - len(events),
    )


def _check_run_due_jobs(crm: Crm, killed: int, acknowledged: list[str], lines: list[list[str]]) -> Found:
    def look(uow: UnitOfWork) -> tuple[list[Task], list[Escalation], list[Message], list[ScheduledJob]]:
        sent = In("topic", ("task.reminder", "task.overdue"))
        return (
            list(uow.iterate(Task)),
            list(uow.iterate(Escalation)),
            list(uow.iterate(Message, sent)),
            list(uow.iterate(ScheduledJob)),
        )

    tasks, escalations, messages, occurrences = crm._environment.execute("test", look, read_only=True)
    effects = Counter((str(message.about_id), message.topic) for message in messages)
    steps = Counter(step.subject_id for step in escalations)
    open_still = {one.subject_id for one in occurrences if one.state is not JobState.DONE or one.attempts != 1}
    titles = Counter(task.title for task in tasks)
    lost = [title for title in acknowledged if not titles[title]]
    twice = [title for title, count in titles.items() if count > 1]
    half = []
    for task in tasks:
        sent = [effects[task.id, "task.reminder"], effects[task.id, "task.overdue"]]
        if 0 in sent:
            lost.append(task.title)
        if max(*sent, steps[task.id]) > 1:
            twice.append(task.title)
        if sent[1] != steps[task.id] or task.escalation_level != steps[task.id] or task.id in open_still:
            half.append(task.title)
    return Found("run_due_jobs", killed, len(acknowledged), lost, half, twice)


def _check_batch(crm: Crm, killed: int, acknowledged: list[str], lines: list[list[str]]) -> Found:
    def look(uow: UnitOfWork) -> tuple[list[Deal], Counter[Any], Counter[Any]]:
        tasks = Counter(task.deal_id for task in uow.iterate(Task))
        return list(uow.iterate(Deal)), tasks, Counter(message.about_id for message in uow.iterate(Message))

    deals, tasks, messages = crm._environment.execute("test", look, read_only=True)
    whole = Counter(deal.description for deal in deals)
    commit_times = _count_commit_times(crm, deals)
    sent = Counter(event.subject_id for event in _events(crm) if event.version == 1)
    return Found(
        work="batch",
        killed=killed,
        acknowledged=len(acknowledged),
        lost=[name for name in acknowledged if not whole[name]],
        half=[name for name, count in whole.items() if count < ITEMS_PER_CHILD or commit_times[name] != 1]
        + [deal.title for deal in deals if not (tasks[deal.id] and messages[deal.id] and sent[deal.id])],
        twice=[name for name, count in whole.items() if count > ITEMS_PER_CHILD]
        + [deal.title for deal in deals if tasks[deal.id] > 1 or messages[deal.id] > 1],
    )


def _count_commit_times(crm: Crm, deals: Sequence[Deal]) -> Counter[str]:
    """Count at how many instants the deals of each batch were stored: one, unless a part of it came with a later child."""
    return Counter(about for about, _ in {(deal.description, deal.opened_at) for deal in deals})


def _events(crm: Crm) -> list[RecordedEvent]:
    events: list[RecordedEvent] = []
    cursor = ""
    while (page := crm.feed.read(cursor=cursor)).events:
        cursor = page.cursor
        events += page.events
    return events


def _no_batch(crm: Crm) -> AbstractContextManager[Any]:
    return nullcontext()


def apply_mutation(mutation: str) -> None:
    """Plant a bug into this process."""
    if mutation == "mark-first":

        def send(self: Outbox, message: Message, outgoing: OutgoingMessage) -> str:
            self._environment.execute("outbox.mark", lambda uow: uow.save(message.mark_sent(at=uow.now)))
            self._notify(outgoing)
            return "sent"

        Outbox._send = send  # type: ignore[method-assign]  # planted on purpose
    elif mutation == "done-later":

        def run_job(self: due_module.Jobs, job: ScheduledJob) -> str:
            self._environment.execute(
                "jobs.run", lambda uow: due_module.HANDLERS[job.kind](uow, self._environment, job)
            )
            self._environment.execute("jobs.run", lambda uow: uow.save(job.mark_done(at=uow.now)))
            return "done"

        due_module.Jobs._run_job = run_job  # type: ignore[method-assign]  # planted on purpose


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Kill -9 a process n times in the middle of deliver, run_due and batch, on an SQLite file and on a PostgreSQL server."""
    whole = Verdict()
    with databases() as urls:
        for name in ("SQLite", "PostgreSQL"):
            found = check_on(urls[name], rng, n, mutation)
            for what, number in found.counts.items():
                whole.count(f"{name}: {what}", number)
            whole.misses.update(found.misses)
            whole.notes.extend(found.notes[1:] if whole.notes else found.notes)
    return whole


if __name__ == "__main__":
    sys.exit(run("KILL-WORK", check, n=100, mutations=MUTATIONS))

"""KILL-WORK: kill -9 a process in the middle of `deliver`, `run_due` and `batch`; nothing is lost, half done, or done twice.

Children of a warm process prepare a little work, acknowledge it, and are killed while they do it. At the end a process that is not killed
finishes what is left, and everything is counted. What leaves the process is appended to a file; it may be there twice, under the same id.

From a checkout: ``python -m tests.programmes.killwork --n 100`` kills 100 times in each of the three on SQLite and on PostgreSQL, and
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

from crmcore import CreateTask, Crm, FrozenClock, Notify, Rung, SqlStore, Stage
from crmcore.adapters.notify.smtp import message_key
from crmcore.domain.criteria import OneOf
from crmcore.domain.deals.deal import Deal
from crmcore.domain.escalation import Escalation, Ladder
from crmcore.domain.feed import Recorded
from crmcore.domain.funnels import Action
from crmcore.domain.messages import Letter, Message, MessageState
from crmcore.domain.occurrences import Occurrence, OccurrenceState
from crmcore.domain.tasks import Task
from crmcore.services import due as due_module
from crmcore.services.delivery import Delivery
from crmcore.services.unit import Unit
from tests.programmes.databases import databases
from tests.programmes.programme import Verdict, run

SABOTAGES: Final = {
    "mark-first": "a message is marked as sent before it is sent",
    "done-later": "the effect of due work and its being done are two transactions",
    "no-batch": "the commands of a batch are a transaction each",
}
START: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEP: Final = timedelta(minutes=2)
"""The time between two children: longer than any lease."""
EACH: Final = 4
"""How many messages, tasks or leads a child prepares at once."""
LADDER: Final = Ladder.of(Rung())
Say = Callable[[str], object]


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

    def send(self, letter: Letter, /) -> None:
        """Take a letter, as slowly as a server near by."""
        self._append(f"letter\t{message_key(letter)}\t{letter.body}")

    def publish(self, events: Sequence[Recorded], /) -> None:
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
    return Crm(store, tenant=tenant, clock=FrozenClock(at), ladder=LADDER, **settings)


def set_up(crm: Crm) -> None:
    """Make what all work needs."""
    boss = crm.people.add("Boss", email="boss@example.com")
    crm.people.add("Anna", login="anna", roles=["manager"], email="anna@example.com", supervisor=boss.id)
    acts: list[Action] = [CreateTask(title="Call {customer}", kind="call"), Notify(role="manager", message="{deal}")]
    crm.funnels.create("Windows", stages=[Stage.named("First call", on_entry=acts), Stage.named("Won", kind="won")])


def prepare_deliver(crm: Crm, number: int, say: Say) -> None:
    """Queue messages and cause events."""
    for row in range(EACH):
        text = f"message {number} {row}"
        crm.delivery.queue("notice", address="a@example.com", facts={"text": text}, key=text)
        say(text)
    crm.people.add(f"Person {number}", key=f"person {number}")


def prepare_run_due(crm: Crm, number: int, say: Say) -> None:
    """Give tasks whose reminder and whose deadline are due."""
    at = crm.house.clock.now()
    anna = next(user for user in crm.people.list() if user.login == "anna")
    for row in range(EACH):
        title = f"task {number} {row}"
        crm.tasks.give(title, assignee=anna.id, due_at=at, remind_at=at - timedelta(seconds=1), key=title)
        say(title)


def work_batch(crm: Crm, number: int, say: Say, batch: Callable[[Crm], AbstractContextManager[Any]]) -> None:
    """Take leads in, in one batch, and acknowledge it when it is committed."""
    funnel = crm.funnels.list()[0].id
    with batch(crm):
        for row in range(EACH):
            key = f"batch {number} {row}"
            crm.leads.capture(f"Jānis {number} {row}", funnel=funnel, about=f"batch {number}", key=key)
    say(f"batch {number}")


def work(crm: Crm, name: str, number: int, say: Say, sabotage: str) -> None:
    """Prepare work, say that it begins, and do it."""
    plant(sabotage)
    if name == "batch":
        crm.people.add(f"Person {number}")  # the connection is open, and has written, before the work begins
        say("go")
        work_batch(crm, number, say, _no_batch if sabotage == "no-batch" else Crm.batch)
        return
    {"deliver": prepare_deliver, "run_due": prepare_run_due}[name](crm, number, say)
    say("go")
    if name == "deliver":
        crm.deliver()
    else:
        crm.run_due()


def kill_one(
    url: str, tenant: str, name: str, number: int, outside: Outside, wait: float, sabotage: str
) -> tuple[list[str], bool]:
    """Let a child work, and kill it a moment after it has begun; return what it acknowledged, and whether it was killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            crm = open_crm(url, tenant, START + number * STEP, outside)
            work(crm, name, number, lambda said: os.write(writer, f"{said}\n".encode()), sabotage)
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


def play_on(url: str, chance: random.Random, n: int, sabotage: str, works: Sequence[str] = ()) -> Verdict:
    """Kill -9 a process n times in the middle of each kind of work on one database."""
    verdict = Verdict()
    SqlStore.open(url).close()
    with tempfile.TemporaryDirectory() as folder:
        for name in works or ("deliver", "run_due", "batch"):
            found = _play(url, name, chance, n, Path(folder) / name, sabotage)
            database = url.partition(":")[0].partition("+")[0]
            if not verdict.notes:
                verdict.notes.append(HEAD)
            verdict.notes.append(found.row(database))
            verdict.count(f"{name}: killed", found.killed)
            for promise, cases in (("lost", found.lost), ("half done", found.half), ("twice", found.twice)):
                verdict.demand(f"{name}: nothing is {promise}", not cases, ", ".join(cases[:5]))
            verdict.demand(f"{name}: copies outside carry one id", not found.other_ids)
            verdict.demand(f"{name}: a kill makes one second letter at most", found.letters_twice <= found.killed)
    return verdict


def _play(url: str, name: str, chance: random.Random, n: int, path: Path, sabotage: str) -> Found:
    tenant = f"{name} {chance.random()}"
    pace = _warm_up(url, name, f"warm {tenant}", Outside(path.with_suffix(".warm"), slow=True))
    outside = Outside(path, slow=True)
    crm = open_crm(url, tenant, START, outside)
    set_up(crm)
    crm.close()
    acknowledged: list[str] = []
    kills = number = 0
    while kills < n:
        number += 1
        heard, killed = kill_one(url, tenant, name, number, outside, chance.uniform(0, pace), sabotage)
        acknowledged += heard
        kills += killed
        pace *= 1.1 if killed else 0.75  # so that kills fall on all of the work: one child in four ends it
    crm = open_crm(url, tenant, START + (number + 1) * STEP, Outside(path, slow=False))
    _finish(crm, name, number)
    found = {"deliver": _judge_deliver, "run_due": _judge_run_due, "batch": _judge_batch}[name](
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
        while name == "run_due" and crm.run_due(limit=1000).done:
            pass
        while name == "deliver" and crm.deliver(limit=1000).sent:
            pass
        clock: Any = crm.house.clock
        clock.advance(hours=1)


def _judge_deliver(crm: Crm, killed: int, acknowledged: list[str], lines: list[list[str]]) -> Found:
    messages = crm.house.run("test", lambda unit: list(unit.every(Message)), reading=True)
    stored = Counter(str(message.facts["text"]) for message in messages)
    letters = Counter(text for kind, _, text in lines if kind == "letter")
    events = Counter(text for kind, _, text in lines if kind == "event")
    ids = {(text, id) for _, id, text in lines}
    facts = _facts(crm)
    return Found(
        work="deliver",
        killed=killed,
        acknowledged=len(acknowledged),
        lost=[text for text in {*acknowledged, *stored} if not stored[text] or not letters[text]]
        + [fact.id for fact in facts if not events[fact.id]],
        half=[str(message.id) for message in messages if message.state is not MessageState.SENT or message.attempts],
        twice=[text for text, count in stored.items() if count > 1],
        copies=letters.total() + events.total() - len(letters) - len(events),
        letters_twice=letters.total() - len(letters),
        other_ids=len(ids) - len(letters) - len(events),
    )


def _judge_run_due(crm: Crm, killed: int, acknowledged: list[str], lines: list[list[str]]) -> Found:
    def look(unit: Unit) -> tuple[list[Task], list[Escalation], list[Message], list[Occurrence]]:
        sent = OneOf("topic", ("task.reminder", "task.overdue"))
        return (
            list(unit.every(Task)),
            list(unit.every(Escalation)),
            list(unit.every(Message, sent)),
            list(unit.every(Occurrence)),
        )

    tasks, escalations, messages, occurrences = crm.house.run("test", look, reading=True)
    effects = Counter((str(message.about), message.topic) for message in messages)
    steps = Counter(step.subject for step in escalations)
    open_still = {one.subject for one in occurrences if one.state is not OccurrenceState.DONE or one.attempts != 1}
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
        if sent[1] != steps[task.id] or task.level != steps[task.id] or task.id in open_still:
            half.append(task.title)
    return Found("run_due", killed, len(acknowledged), lost, half, twice)


def _judge_batch(crm: Crm, killed: int, acknowledged: list[str], lines: list[list[str]]) -> Found:
    def look(unit: Unit) -> tuple[list[Deal], Counter[Any], Counter[Any]]:
        tasks = Counter(task.deal for task in unit.every(Task))
        return list(unit.every(Deal)), tasks, Counter(message.about for message in unit.every(Message))

    deals, tasks, messages = crm.house.run("test", look, reading=True)
    whole = Counter(deal.about for deal in deals)
    born = _born_together(crm, deals)
    sent = Counter(fact.subject for fact in _facts(crm) if fact.version == 1)
    return Found(
        work="batch",
        killed=killed,
        acknowledged=len(acknowledged),
        lost=[name for name in acknowledged if not whole[name]],
        half=[name for name, count in whole.items() if count < EACH or born[name] != 1]
        + [deal.title for deal in deals if not (tasks[deal.id] and messages[deal.id] and sent[deal.id])],
        twice=[name for name, count in whole.items() if count > EACH]
        + [deal.title for deal in deals if tasks[deal.id] > 1 or messages[deal.id] > 1],
    )


def _born_together(crm: Crm, deals: Sequence[Deal]) -> Counter[str]:
    """Count at how many instants the deals of each batch were stored: one, unless a part of it came with a later child."""
    return Counter(about for about, _ in {(deal.about, deal.opened_at) for deal in deals})


def _facts(crm: Crm) -> list[Recorded]:
    facts: list[Recorded] = []
    cursor = ""
    while (page := crm.feed.read(cursor=cursor)).facts:
        cursor = page.cursor
        facts += page.facts
    return facts


def _no_batch(crm: Crm) -> AbstractContextManager[Any]:
    return nullcontext()


def plant(sabotage: str) -> None:
    """Plant a bug into this process."""
    if sabotage == "mark-first":

        def send(self: Delivery, message: Message, letter: Letter) -> str:
            self.house.run("delivery.mark", lambda unit: unit.save(message.sent(at=unit.now)))
            self._hand_to_notifier(letter)
            return "sent"

        Delivery._send = send  # type: ignore[method-assign]  # planted on purpose
    elif sabotage == "done-later":

        def attend(self: due_module.Due, waiting: Occurrence) -> str:
            self.house.run("due.run", lambda unit: due_module.HANDLERS[waiting.kind](unit, self.house, waiting))
            self.house.run("due.run", lambda unit: unit.save(waiting.done(at=unit.now)))
            return "done"

        due_module.Due._attend = attend  # type: ignore[method-assign]  # planted on purpose


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Kill -9 a process n times in the middle of deliver, run_due and batch, on an SQLite file and on a PostgreSQL server."""
    whole = Verdict()
    with databases() as urls:
        for name in ("SQLite", "PostgreSQL"):
            found = play_on(urls[name], chance, n, sabotage)
            for what, number in found.counts.items():
                whole.count(f"{name}: {what}", number)
            whole.misses.update(found.misses)
            whole.notes.extend(found.notes[1:] if whole.notes else found.notes)
    return whole


if __name__ == "__main__":
    sys.exit(run("KILL-WORK", play, n=100, sabotages=SABOTAGES))

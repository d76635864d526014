"""How many messages leave the house in a second when one, two or four processes send, and how many facts one listener is told.

    python benchmarks/relay.py --messages 2000 --facts 5000

The notifier and the listener write a line to a file and do nothing else, so it is the outbox that is measured. Each message has to leave
once, each fact to be told once and in order; otherwise the figure is not printed.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import bench
from attrs import frozen

from crmcore import Crm, SqlStore
from crmcore.domain.feed import Recorded
from crmcore.domain.messages import Letter
from crmcore.domain.people import User
from crmcore.services.steps.messages import tell
from crmcore.services.unit import Unit

_processes = multiprocessing.get_context("fork")


@frozen
class Lines:
    """Notes what it is given, a line each."""

    path: Path

    def send(self, letter: Letter, /) -> None:
        """Note a message."""
        self._add([letter.id])

    def publish(self, events: Sequence[Recorded], /) -> None:
        """Note facts."""
        self._add([str(fact.position) for fact in events])

    def _add(self, lines: Sequence[str]) -> None:
        with self.path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)


def queue(url: str, messages: int) -> None:
    """Let so many messages wait."""
    crm = Crm(SqlStore.open(url))
    anna = crm.people.add("Anna", email="anna@example.org")

    def some(unit: Unit) -> None:
        for _ in range(100):
            tell(unit, anna.id, "notice", text="Hello")

    for _ in range(messages // 100):
        crm.house.run("relay.queue", some)
    bench.analyze(crm.house.store.engine)  # type: ignore[attr-defined]  # it is an SQL store
    crm.close()


def send(url: str, path: Path) -> None:
    """Send until nothing waits."""
    crm = Crm(SqlStore.open(url, create=False), notifiers={"email": Lines(path)}, attempts=20)
    idle = 0
    while idle < 3:
        idle = 0 if crm.deliver(limit=1000).sent else idle + 1
    crm.close()


def relay(url: str, messages: int, processes: int) -> float:
    """Messages in a second."""
    queue(url, messages)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, str(number)) for number in range(processes)]
        senders = [_processes.Process(target=send, args=(url, path)) for path in paths]
        start = time.perf_counter()
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        seconds = time.perf_counter() - start
        sent = [line for path in paths if path.exists() for line in path.read_text().splitlines()]
    assert len(sent) == len(set(sent)) == messages, f"{len(sent)} of {messages} left, {len(set(sent))} different"
    return messages / seconds


def listen(url: str, facts: int) -> float:
    """Facts that one listener is told in a second."""
    crm = Crm(SqlStore.open(url))
    anna = crm.people.add("Anna")

    def some(unit: Unit) -> None:
        for _ in range(100):
            unit.save(unit.get(User, anna.id).give_roles(["manager"], at=unit.now))

    for _ in range(facts // 100):
        crm.house.run("relay.happen", some)
    bench.analyze(crm.house.store.engine)  # type: ignore[attr-defined]  # it is an SQL store
    with tempfile.TemporaryDirectory() as folder:
        ears = Lines(Path(folder, "heard"))
        listening = Crm(crm.house.store, publishers={"erp": ears})
        start, told = time.perf_counter(), 0
        while published := listening.deliver(limit=1000).published:
            told += published
        seconds = time.perf_counter() - start
        heard = [int(line) for line in ears.path.read_text().splitlines()]
    assert heard == list(range(1, told + 1))
    crm.close()
    return told / seconds


def main() -> None:
    """Measure, and print a table."""
    told = bench.arguments(__doc__, messages=2_000, facts=5_000)
    rows = []
    for name in ("sqlite", "postgresql"):
        if told.on not in {name, "both"}:
            continue
        with bench.postgresql() if name == "postgresql" else nullcontext() as server:
            rates = []
            for processes in (1, 2, 4):
                with bench.fresh(server) as url:
                    rates.append(relay(url, told.messages, processes))
            with bench.fresh(server) as url:
                rows.append((name, *rates, listen(url, told.facts)))
    head = ("", "1 process", "2 processes", "4 processes", "one listener")
    bench.show("Messages that leave, and facts that are told, in a second", head, rows)


if __name__ == "__main__":
    main()

"""How many messages are sent per second when one, two or four processes send, and how many events one publisher gets.

    python benchmarks/relay.py --messages 2000 --facts 5000

The notifier and the listener write a line to a file and do nothing else, so it is the outbox that is measured. Each message has to leave
once, each event to be published once and in order; otherwise the figure is not printed.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import common
from attrs import frozen

from crmcore import Crm, SqlStore
from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.domain.organization.users import User
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.services.shared.notifications import notify_user
from crmcore.services.unit_of_work import UnitOfWork

_processes = multiprocessing.get_context("fork")


@frozen
class LineWriter:
    """Notes what it is given, a line each."""

    path: Path

    def send(self, message: OutgoingMessage, /) -> None:
        """Note a message."""
        self._add([message.id])

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Note facts."""
        self._add([str(event.position) for event in events])

    def _add(self, lines: Sequence[str]) -> None:
        with self.path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)


def queue_messages(url: str, messages: int) -> None:
    """Let so many messages wait."""
    crm = Crm(SqlStore.open(url))
    anna = crm.users.create("Anna", email="anna@example.org")

    def queue_some(uow: UnitOfWork) -> None:
        for _ in range(100):
            notify_user(uow, anna.id, "notice", text="Hello")

    for _ in range(messages // 100):
        crm._environment.execute("outbox_throughput.queue", queue_some)
    common.analyze(crm._environment.store.engine)  # type: ignore[attr-defined]  # it is an SQL store
    crm.close()


def send_all(url: str, path: Path) -> None:
    """Send until nothing waits."""
    crm = Crm(SqlStore.open(url, create=False), notifiers={"email": LineWriter(path)}, max_attempts=20)
    idle = 0
    while idle < 3:
        idle = 0 if crm.deliver(limit=1000).sent else idle + 1
    crm.close()


def measure_outbox(url: str, messages: int, processes: int) -> float:
    """Messages in a second."""
    queue_messages(url, messages)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, str(number)) for number in range(processes)]
        senders = [_processes.Process(target=send_all, args=(url, path)) for path in paths]
        start = time.perf_counter()
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        seconds = time.perf_counter() - start
        sent = [line for path in paths if path.exists() for line in path.read_text().splitlines()]
    assert len(sent) == len(set(sent)) == messages, f"{len(sent)} of {messages} left, {len(set(sent))} different"
    return messages / seconds


def measure_subscription(url: str, event_count: int) -> float:
    """Events per second of one publisher."""
    crm = Crm(SqlStore.open(url))
    anna = crm.users.create("Anna")

    def create_events(uow: UnitOfWork) -> None:
        for _ in range(100):
            uow.save(uow.get(User, anna.id).set_roles(["manager"], at=uow.now))

    for _ in range(event_count // 100):
        crm._environment.execute("outbox_throughput.happen", create_events)
    common.analyze(crm._environment.store.engine)  # type: ignore[attr-defined]  # it is an SQL store
    with tempfile.TemporaryDirectory() as folder:
        publisher = LineWriter(Path(folder, "received"))
        listening = Crm(crm._environment.store, publishers={"erp": publisher})
        start, published_count = time.perf_counter(), 0
        while published := listening.deliver(limit=1000).published:
            published_count += published
        seconds = time.perf_counter() - start
        received = [int(line) for line in publisher.path.read_text().splitlines()]
    assert received == list(range(1, published_count + 1))
    crm.close()
    return published_count / seconds


def main() -> None:
    """Measure, and print a table."""
    options = common.arguments(__doc__, messages=2_000, facts=5_000)
    rows = []
    for name in ("sqlite", "postgresql"):
        if options.on not in {name, "both"}:
            continue
        with common.postgresql() if name == "postgresql" else nullcontext() as server:
            rates = []
            for processes in (1, 2, 4):
                with common.fresh_database(server) as url:
                    rates.append(measure_outbox(url, options.messages, processes))
            with common.fresh_database(server) as url:
                rows.append((name, *rates, measure_subscription(url, options.facts)))
    head = ("", "1 process", "2 processes", "4 processes", "one listener")
    common.print_table("Messages sent and events published per second", head, rows)


if __name__ == "__main__":
    main()

"""NOTIFY: kill -9 the sending process, at the worst moments, and see that no letter is lost and every copy carries its id.

Children of a warm process queue letters and send them to real servers, a mail server and a web server in a process of their own. They are
killed before a letter leaves, between its leaving and its being marked as sent, and anywhere. The servers take a letter and hang up, are
busy, fail, and send elsewhere. ``python -m tests.reliability.notification_delivery --seed 1 --n 200``
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Final

from crmcore import Crm, FrozenClock, SmtpNotifier, SqlStore, UrlGuard, WebhookNotifier
from crmcore.adapters.notifications import smtp
from crmcore.domain.kernel.errors.conflicts import ConflictError
from crmcore.domain.kernel.errors.infrastructure import DeliveryError
from crmcore.domain.messaging.messages import Message, MessageState, OutgoingMessage
from crmcore.ports import Notifier
from crmcore.services.platform.outbox import Outbox
from tests.receivers import LOOPBACK, MailReceiver, WebhookReceiver, mail_server, web_server
from tests.reliability.harness import Verdict, run
from tests.servers import Postgres, temporary_folder

SECRET: Final = "whsec_" + "QUJD" * 11
START: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
MUTATIONS: Final = {
    "mark-first": "a letter is marked as sent before it leaves",
    "new-id": "every attempt has an id of its own",
    "no-end": "a lease never runs out",
}
SMTP_BEHAVIOURS: Final = ["accept"] * 8 + ["later", "drop"]
WEBHOOK_STATUSES: Final = [200] * 8 + [302, 429, 500]


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Kill -9 the sending process, n times on SQLite and n times on PostgreSQL; no letter is lost, and all copies of one carry the same id."""
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder:
        _check_on(verdict, "SQLite", f"sqlite:///{folder}/crm.db", rng, n, mutation)
    with temporary_folder() as servers:
        server = Postgres(servers / "server")
        server.initialise()
        server.start()
        try:
            _check_on(verdict, "PostgreSQL", server.url, rng, n, mutation)
        finally:
            server.stop()
    return verdict


def _check_on(whole: Verdict, database: str, url: str, rng: random.Random, n: int, mutation: str) -> None:
    """Play on one database, and add what was seen there to the whole."""
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as name, _running_receivers(Path(name), rng.random()) as ports:
        folder = Path(name)
        SqlStore.open(url).close()
        queued: list[str] = []
        kills = at = 0
        while kills < n:
            at += 1
            acknowledged, killed = _run_sender(url, START + at * timedelta(minutes=2), ports, rng, mutation)
            queued += acknowledged
            kills += killed
        verdict.count("senders killed", kills)
        _send_remaining(url, START + (at + 1) * timedelta(minutes=2), ports, mutation)
        _check_messages(verdict, url, queued, _received(folder), kills)
    for what, number in verdict.counts.items():
        whole.count(f"{database}: {what}", number)
    whole.misses.update(verdict.misses)
    whole.notes.extend(f"{database}: {note}" for note in verdict.notes)


def _run_sender(
    url: str, at: datetime, ports: tuple[int, int], rng: random.Random, mutation: str
) -> tuple[list[str], bool]:
    """Let one child queue and send; gives the ids that it acknowledged, and whether it was killed."""
    moment = rng.choice(["before", "after", "after", "after", "anywhere"])
    message_number, pause = rng.randrange(4), rng.uniform(0.001, 0.03)
    read_only, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_only)
        code = 1
        try:
            _queue_and_send(url, at, ports, writing, _KillSwitch(moment, message_number), mutation)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    if moment == "anywhere":
        time.sleep(pause)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(read_only, "rb") as pipe:
        acknowledged = [line.decode() for line in pipe.read().split(b"\n")[:-1]]
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    if not killed and os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError("a sender failed")
    return acknowledged, killed


def _queue_and_send(
    url: str, at: datetime, ports: tuple[int, int], pipe: int, kill_switch: "_KillSwitch", mutation: str
) -> None:
    """Queue a few letters, acknowledge them, and send what is due."""
    crm = _create_crm(url, FrozenClock(at), ports, kill_switch, mutation)
    for number in range(3):
        web = (at.minute + number) % 2
        message = crm.outbox.queue(
            "notice",
            address=f"http://127.0.0.1:{ports[1]}/" if web else "anna@example.com",
            channel="webhook" if web else "email",
            variables={"text": f"{at:%d %H:%M} {number}"},
        )
        os.write(pipe, f"{message.id}\n".encode())
    crm.deliver()


class _KillSwitch:
    """Kills the process at a letter: before it leaves, or after it left and before that is known."""

    def __init__(self, moment: str, message_number: int) -> None:
        self._moment = moment
        self._left = message_number

    def kill_at(self, moment: str) -> None:
        if moment == self._moment:
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1

    def wrap(self, notifier: Notifier) -> Notifier:
        kill_switch = self

        class Around:
            def send(self, message: OutgoingMessage, /) -> None:
                kill_switch.kill_at("before")
                notifier.send(message)
                kill_switch.kill_at("after")

        return Around()


def _create_crm(url: str, clock: FrozenClock, ports: tuple[int, int], kill_switch: _KillSwitch, mutation: str) -> Crm:
    if mutation:
        _apply_mutation(mutation)
    mail = SmtpNotifier("127.0.0.1", sender="crm@example.com", port=ports[0], security="none", timeout=5)
    hook = WebhookNotifier(
        [SECRET], url_guard=UrlGuard(ports={ports[1]}, allowed_networks=LOOPBACK), timeout=5, include_content=True
    )
    notifiers = {"email": kill_switch.wrap(mail), "webhook": kill_switch.wrap(hook)}
    return Crm(SqlStore.open(url, create=False), clock=clock, notifiers=notifiers)


def _apply_mutation(mutation: str) -> None:
    if mutation == "new-id":
        smtp.message_digest = lambda message: os.urandom(8).hex()
    elif mutation == "mark-first":

        def send(self: Outbox, message: Message, outgoing: OutgoingMessage) -> str:
            try:
                self._environment.execute("outbox.mark", lambda uow: uow.save(message.mark_sent(at=uow.now)))
            except ConflictError:
                return "lease_expired"
            with suppress(DeliveryError):
                self._notify(outgoing)
            return "sent"

        Outbox._send = send  # type: ignore[method-assign]  # planted on purpose
    elif mutation == "no-end":
        lease = Message.lease
        Message.lease = lambda self, *, at, duration: lease(self, at=at, duration=timedelta(days=9_999))  # type: ignore[method-assign]


def _send_remaining(url: str, at: datetime, ports: tuple[int, int], mutation: str) -> None:
    """Send everything that is left, in a child as well, so that this process stays as it is."""
    child = os.fork()
    if child == 0:
        try:
            clock = FrozenClock(at)
            crm = _create_crm(url, clock, ports, _KillSwitch("never", 0), mutation)
            for _ in range(30):
                while crm.deliver(limit=1000).sent:
                    pass
                clock.advance(hours=30)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def _check_messages(
    verdict: Verdict, url: str, queued: list[str], heard: list[tuple[str, str, str]], kills: int
) -> None:
    store = SqlStore.open(url, create=False)
    crm = Crm(store)
    messages = crm._environment.execute("test", lambda uow: list(uow.iterate(Message)), read_only=True)
    store.close()
    words = {f"{m.channel} {m.variables['text']}": m.id for m in messages}
    copies: Counter[str] = Counter()
    ids: dict[str, set[str]] = {}
    unsure = 0
    for manner, id, text in heard:
        copies[words[text]] += 1
        ids.setdefault(words[text], set()).add(id)
        unsure += manner == "drop"
    duplicates = copies.total() - len(copies)
    verdict.check("each letter has words of its own", len(words) == len(messages))
    verdict.count("letters acknowledged", len(queued))
    verdict.count("letters heard", copies.total())
    verdict.count("of them second copies", duplicates)
    verdict.count("taken by a server that then hung up", unsure)
    for id in queued:
        verdict.check("every acknowledged letter is heard", copies[id] > 0, id)
    for message in messages:
        verdict.check(
            "every letter is marked as sent",
            message.state is MessageState.SENT,
            f"{message.id} {message.state.value}: {message.last_error}",
        )
    for id, used in ids.items():
        verdict.check("all copies of a letter carry one id", len(used) == 1, id)
    verdict.check("two letters never carry one id", len(set.union(*ids.values())) >= len(ids))
    verdict.check("no more second copies than kills and hang-ups", duplicates <= kills + unsure, f"{duplicates}")


@contextmanager
def _running_receivers(folder: Path, seed: float) -> Iterator[tuple[int, int]]:
    """Run both servers in a process of their own; what they take is written to a file before they say so."""
    read_only, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read_only)
            _run_receivers(folder, seed, writing)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(read_only) as pipe:
        mail, web = map(int, pipe.readline().split())
    try:
        yield mail, web
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _run_receivers(folder: Path, seed: float, writing: int) -> None:
    rng = random.Random(seed)
    journal = os.open(folder / "received", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write_note(manner: str, id: str, text: str) -> None:
        os.write(journal, f"{manner}\t{id}\t{text}\n".encode())

    class Web(WebhookReceiver):
        def next_response(self) -> int:
            status = rng.choice(WEBHOOK_STATUSES)
            _, headers, body = self.calls[-1]
            if status == 200:
                write_note("accept", headers["webhook-id"], f"webhook {json.loads(body)['text']}")
            return status

    class Mails(MailReceiver):
        def next_behaviour(self) -> str:
            return rng.choice(SMTP_BEHAVIOURS)

        def keep(self, mail: bytes, behaviour: str) -> None:
            read = message_from_bytes(mail)
            write_note(behaviour, read["Message-ID"], f"email {read['Subject']}")

    with mail_server(Mails()) as (_, mail_port), web_server(receiver=Web()) as (_, web_port):
        os.write(writing, f"{mail_port} {web_port}\n".encode())
        os.close(writing)
        while True:
            signal.pause()


def _received(folder: Path) -> list[tuple[str, str, str]]:
    lines = (folder / "received").read_text(encoding="utf-8").splitlines() if (folder / "received").exists() else []
    return [(m, i, t) for m, i, t in (line.split("\t") for line in lines)]


if __name__ == "__main__":
    sys.exit(run("NOTIFY", check, n=200, mutations=MUTATIONS))

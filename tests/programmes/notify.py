"""NOTIFY: kill -9 whoever sends, at the worst moments, and see that no letter is lost and every copy can be told by its id.

Children of a warm process queue letters and send them to real servers, a mail server and a web server in a process of their own. They are
killed before a letter leaves, between its leaving and its being marked as sent, and anywhere. The servers take a letter and hang up, are
busy, fail, and send elsewhere. ``python -m tests.programmes.notify --seed 1 --n 200``
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

from crmcore import AddressGuard, Crm, FrozenClock, SmtpNotifier, SqlStore, WebhookNotifier
from crmcore.adapters.notify import smtp
from crmcore.domain.errors.conflicts import Conflict
from crmcore.domain.errors.outside import DeliveryFailed
from crmcore.domain.messages import Letter, Message, MessageState
from crmcore.services.delivery import Delivery
from crmcore.services.ports import Notifier
from tests.programmes.programme import Verdict, run
from tests.receivers import LOOPBACK, Hooks, Mailbox, mail_server, web_server
from tests.servers import Postgres, scratch

SECRET: Final = "whsec_" + "QUJD" * 11
START: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
SABOTAGES: Final = {
    "mark-first": "a letter is marked as sent before it leaves",
    "new-id": "every attempt has an id of its own",
    "no-end": "a lease never runs out",
}
MANNERS: Final = ["accept"] * 8 + ["later", "drop"]
STATUSES: Final = [200] * 8 + [302, 429, 500]


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Kill -9 whoever sends, n times on SQLite and n times on PostgreSQL; no letter is lost, and all copies of one carry the same id."""
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder:
        _play_on(verdict, "SQLite", f"sqlite:///{folder}/crm.db", chance, n, sabotage)
    with scratch() as servers:
        server = Postgres(servers / "server")
        server.initialise()
        server.start()
        try:
            _play_on(verdict, "PostgreSQL", server.url, chance, n, sabotage)
        finally:
            server.stop()
    return verdict


def _play_on(whole: Verdict, database: str, url: str, chance: random.Random, n: int, sabotage: str) -> None:
    """Play on one database, and add what was seen there to the whole."""
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as name, _receivers(Path(name), chance.random()) as ports:
        folder = Path(name)
        SqlStore.open(url).close()
        queued: list[str] = []
        kills = at = 0
        while kills < n:
            at += 1
            acknowledged, killed = _round(url, START + at * timedelta(minutes=2), ports, chance, sabotage)
            queued += acknowledged
            kills += killed
        verdict.count("senders killed", kills)
        _settle(url, START + (at + 1) * timedelta(minutes=2), ports, sabotage)
        _judge(verdict, url, queued, _heard(folder), kills)
    for what, number in verdict.counts.items():
        whole.count(f"{database}: {what}", number)
    whole.misses.update(verdict.misses)
    whole.notes.extend(f"{database}: {note}" for note in verdict.notes)


def _round(
    url: str, at: datetime, ports: tuple[int, int], chance: random.Random, sabotage: str
) -> tuple[list[str], bool]:
    """Let one child queue and send; gives the ids that it acknowledged, and whether it was killed."""
    moment = chance.choice(["before", "after", "after", "after", "anywhere"])
    letter, pause = chance.randrange(4), chance.uniform(0.001, 0.03)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            _send(url, at, ports, writing, _Deadly(moment, letter), sabotage)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    if moment == "anywhere":
        time.sleep(pause)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        acknowledged = [line.decode() for line in pipe.read().split(b"\n")[:-1]]
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    if not killed and os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError("a sender failed")
    return acknowledged, killed


def _send(url: str, at: datetime, ports: tuple[int, int], pipe: int, deadly: "_Deadly", sabotage: str) -> None:
    """Queue a few letters, acknowledge them, and send what is due."""
    crm = _house(url, FrozenClock(at), ports, deadly, sabotage)
    for number in range(3):
        web = (at.minute + number) % 2
        message = crm.delivery.queue(
            "notice",
            address=f"http://127.0.0.1:{ports[1]}/" if web else "anna@example.com",
            channel="webhook" if web else "email",
            facts={"text": f"{at:%d %H:%M} {number}"},
        )
        os.write(pipe, f"{message.id}\n".encode())
    crm.deliver()


class _Deadly:
    """Kills the process at a letter: before it leaves, or after it left and before that is known."""

    def __init__(self, moment: str, letter: int) -> None:
        self._moment = moment
        self._left = letter

    def at(self, moment: str) -> None:
        if moment == self._moment:
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1

    def around(self, notifier: Notifier) -> Notifier:
        deadly = self

        class Around:
            def send(self, letter: Letter, /) -> None:
                deadly.at("before")
                notifier.send(letter)
                deadly.at("after")

        return Around()


def _house(url: str, clock: FrozenClock, ports: tuple[int, int], deadly: _Deadly, sabotage: str) -> Crm:
    if sabotage:
        _plant(sabotage)
    mail = SmtpNotifier("127.0.0.1", sender="crm@example.com", port=ports[0], security="none", timeout=5)
    hook = WebhookNotifier([SECRET], guard=AddressGuard(ports={ports[1]}, allow=LOOPBACK), timeout=5, full=True)
    notifiers = {"email": deadly.around(mail), "webhook": deadly.around(hook)}
    return Crm(SqlStore.open(url, create=False), clock=clock, notifiers=notifiers)


def _plant(sabotage: str) -> None:
    if sabotage == "new-id":
        smtp.message_key = lambda letter: os.urandom(8).hex()
    elif sabotage == "mark-first":

        def send(self: Delivery, message: Message, letter: Letter) -> str:
            try:
                self.house.run("delivery.mark", lambda unit: unit.save(message.sent(at=unit.now)))
            except Conflict:
                return "lost"
            with suppress(DeliveryFailed):
                self._hand_to_notifier(letter)
            return "sent"

        Delivery._send = send  # type: ignore[method-assign]  # planted on purpose
    elif sabotage == "no-end":
        lease = Message.lease
        Message.lease = lambda self, *, at, length: lease(self, at=at, length=timedelta(days=9_999))  # type: ignore[method-assign]


def _settle(url: str, at: datetime, ports: tuple[int, int], sabotage: str) -> None:
    """Send everything that is left, in a child as well, so that this process stays as it is."""
    child = os.fork()
    if child == 0:
        try:
            clock = FrozenClock(at)
            crm = _house(url, clock, ports, _Deadly("never", 0), sabotage)
            for _ in range(30):
                while crm.deliver(limit=1000).sent:
                    pass
                clock.advance(hours=30)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def _judge(verdict: Verdict, url: str, queued: list[str], heard: list[tuple[str, str, str]], kills: int) -> None:
    store = SqlStore.open(url, create=False)
    crm = Crm(store)
    messages = crm.house.run("test", lambda unit: list(unit.every(Message)), reading=True)
    store.close()
    words = {f"{m.channel} {m.facts['text']}": m.id for m in messages}
    copies: Counter[str] = Counter()
    ids: dict[str, set[str]] = {}
    unsure = 0
    for manner, id, text in heard:
        copies[words[text]] += 1
        ids.setdefault(words[text], set()).add(id)
        unsure += manner == "drop"
    duplicates = copies.total() - len(copies)
    verdict.demand("each letter has words of its own", len(words) == len(messages))
    verdict.count("letters acknowledged", len(queued))
    verdict.count("letters heard", copies.total())
    verdict.count("of them second copies", duplicates)
    verdict.count("taken by a server that then hung up", unsure)
    for id in queued:
        verdict.demand("every acknowledged letter is heard", copies[id] > 0, id)
    for message in messages:
        verdict.demand(
            "every letter is marked as sent",
            message.state is MessageState.SENT,
            f"{message.id} {message.state.value}: {message.problem}",
        )
    for id, used in ids.items():
        verdict.demand("all copies of a letter carry one id", len(used) == 1, id)
    verdict.demand("two letters never carry one id", len(set.union(*ids.values())) >= len(ids))
    verdict.demand("no more second copies than kills and hang-ups", duplicates <= kills + unsure, f"{duplicates}")


@contextmanager
def _receivers(folder: Path, seed: float) -> Iterator[tuple[int, int]]:
    """Run both servers in a process of their own; what they take is written to a file before they say so."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _receive(folder, seed, writing)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        mail, web = map(int, pipe.readline().split())
    try:
        yield mail, web
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _receive(folder: Path, seed: float, writing: int) -> None:
    chance = random.Random(seed)
    journal = os.open(folder / "heard", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(manner: str, id: str, text: str) -> None:
        os.write(journal, f"{manner}\t{id}\t{text}\n".encode())

    class Web(Hooks):
        def answer(self) -> int:
            status = chance.choice(STATUSES)
            _, headers, body = self.calls[-1]
            if status == 200:
                note("accept", headers["webhook-id"], f"webhook {json.loads(body)['text']}")
            return status

    class Mails(Mailbox):
        def next_manner(self) -> str:
            return chance.choice(MANNERS)

        def keep(self, mail: bytes, manner: str) -> None:
            read = message_from_bytes(mail)
            note(manner, read["Message-ID"], f"email {read['Subject']}")

    with mail_server(Mails()) as (_, mail_port), web_server(hooks=Web()) as (_, web_port):
        os.write(writing, f"{mail_port} {web_port}\n".encode())
        os.close(writing)
        while True:
            signal.pause()


def _heard(folder: Path) -> list[tuple[str, str, str]]:
    lines = (folder / "heard").read_text(encoding="utf-8").splitlines() if (folder / "heard").exists() else []
    return [(m, i, t) for m, i, t in (line.split("\t") for line in lines)]


if __name__ == "__main__":
    sys.exit(run("NOTIFY", play, n=200, sabotages=SABOTAGES))

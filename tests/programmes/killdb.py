"""KILL-DB: the database server is killed with all its processes while leads come in.

``python -m tests.programmes.killdb --n 40`` starts a PostgreSQL server of its own, lets three threads take leads in, and kills the server so
many times. One answer in twenty is lost on its way besides. Nobody starts the threads, the store or the pool again: they go on as soon as the server is back. A lead whose answer was lost
is sent again with its key until it is answered.
"""

import random
import sys
import threading
import time
from collections import Counter
from typing import Any, Final

from attrs import define, field

from crmcore import Crm, CrmError, SqlStore
from crmcore.adapters.sql.store import make_engine
from crmcore.domain.deals.deal import Deal
from tests.programmes.programme import Verdict, run
from tests.servers import Postgres, scratch

SABOTAGES: Final = {
    "lazy": "the server acknowledges a commit before it is written",
    "no key": "a lead whose answer was lost is sent again without a key",
}
RECOVERY: Final = 10.0
"""How long it may take from the kill to the next answer, in seconds."""
WRITERS: Final = 3


@define
class Intake:
    """What the threads have sent, and what was answered."""

    crm: Crm
    funnel: Any
    with_keys: bool
    answered: dict[str, str] = field(factory=dict)
    resent: int = 0
    last: float = 0.0
    over: threading.Event = field(factory=threading.Event)
    given_up: threading.Event = field(factory=threading.Event)
    strays: list[str] = field(factory=list)

    def work(self, writer: int) -> None:
        """Take leads in, each until it is answered."""
        number = 0
        while not self.over.is_set():
            number += 1
            self._send(f"lead {writer}-{number}", number)

    def _send(self, lead: str, number: int) -> None:
        key = lead if self.with_keys else None
        lost = number % 20 == 0  # its first answer
        while not self.given_up.is_set():
            try:
                deal = self.crm.leads.capture("Jānis", funnel=self.funnel, source=lead, key=key).deal
            except CrmError:
                self.resent += 1
                time.sleep(0.05)
            except BaseException as error:
                self.strays.append(repr(error))
                raise
            else:
                if not lost:
                    self.answered[lead] = deal.id
                    self.last = time.monotonic()
                    return
                lost = False
                self.resent += 1


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Kill the server n times while leads come in."""
    verdict = Verdict()
    lazy = sabotage == "lazy"
    settings = {"synchronous_commit": "off", "wal_writer_delay": "10s"} if lazy else {}
    with scratch() as folder:
        server = Postgres(folder / "server", **settings)
        server.initialise()
        server.start()
        durability: Any = "relaxed" if lazy else "full"
        store = SqlStore(make_engine(server.url, pool_size=WRITERS + 1), durability=durability)
        store.create_tables()
        crm = Crm(store, attempts=3)
        funnel = crm.funnels.create("Windows", stages=["First call"])
        with store.engine.begin() as connection:
            connection.exec_driver_sql("CHECKPOINT")  # so that a lazy server loses leads, and not all that there is
        intake = Intake(crm, funnel.id, sabotage != "no key")
        threads = [threading.Thread(target=intake.work, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for _ in range(n):
            time.sleep(chance.uniform(0.2, 0.6))
            _kill(verdict, server, intake)
        intake.over.set()
        for thread in threads:
            thread.join(RECOVERY)
        intake.given_up.set()
        for thread in threads:
            thread.join()
        _look_over(verdict, crm, intake)
        store.close()
        server.stop()
    return verdict


def _kill(verdict: Verdict, server: Postgres, intake: Intake) -> None:
    """Kill the server, start it again, and wait for the next answer."""
    verdict.count("processes killed", server.kill())
    killed = time.monotonic()
    time.sleep(0.2)  # answers that were on their way
    server.start()
    back = time.monotonic()
    while intake.last < back and time.monotonic() < killed + 1.2 * RECOVERY and not intake.strays:
        time.sleep(0.01)
    took = intake.last - killed
    verdict.count("kills")
    verdict.counts["slowest recovery, in ms"] = max(verdict.counts["slowest recovery, in ms"], int(took * 1000))
    verdict.demand("back within ten seconds", 0 < took <= RECOVERY, f"{took:.1f} s")


def _look_over(verdict: Verdict, crm: Crm, intake: Intake) -> None:
    """Compare what was answered with what is there."""
    house = crm.house
    with house.store.begin(house.context, ids=house.ids, reading=True) as transaction:
        there = {deal.id: deal.source for deal in transaction.find(Deal)}
    told: set[str] = set()
    page = crm.feed.read(limit=1_000)
    while page.facts:
        told |= {fact.subject for fact in page.facts}
        page = crm.feed.read(cursor=page.cursor, limit=1_000)
    events = len(told & set(there))
    copies = Counter(there.values())
    verdict.count("leads answered", len(intake.answered))
    verdict.count("leads sent again", intake.resent)
    lost = [lead for lead, deal in intake.answered.items() if deal not in there]
    verdict.demand("nothing acknowledged is lost", not lost, f"{len(lost)} of {len(intake.answered)}")
    twice = [lead for lead, number in copies.items() if number > 1]
    verdict.demand("nothing is there twice", not twice, f"{len(twice)}")
    verdict.demand("nothing is there that was not sent", set(copies) <= set(intake.answered))
    verdict.demand("every lead has told its facts", events == len(there), f"{events} of {len(there)}")
    verdict.demand("only errors of ours come out", not intake.strays, "; ".join(intake.strays[:3]))


if __name__ == "__main__":
    sys.exit(run("KILL-DB", play, n=5, sabotages=SABOTAGES))

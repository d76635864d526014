"""KILL-DB: the database server is killed with all its processes while leads come in.

``python -m tests.reliability.kill_database --n 40`` starts a PostgreSQL server of its own, lets three threads take leads in, and kills the server so
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
from crmcore.adapters.sql.engines import make_engine
from crmcore.domain.sales.deals.deal import Deal
from tests.reliability.harness import Verdict, run
from tests.servers import Postgres, temporary_folder

MUTATIONS: Final = {
    "lazy": "the server acknowledges a commit before it is written",
    "no key": "a lead whose answer was lost is sent again without a key",
}
MAX_RECOVERY_SECONDS: Final = 10.0
"""How long it may take from the kill to the next answer, in seconds."""
WRITERS: Final = 3


@define
class LeadIntake:
    """What the threads have sent, and what was answered."""

    crm: Crm
    funnel: Any
    uses_idempotency_keys: bool
    acknowledged: dict[str, str] = field(factory=dict)
    resent: int = 0
    last_acknowledged_at: float = 0.0
    is_finished: threading.Event = field(factory=threading.Event)
    has_given_up: threading.Event = field(factory=threading.Event)
    unexpected_errors: list[str] = field(factory=list)

    def run_writer(self, writer: int) -> None:
        """Take leads in, each until it is answered."""
        number = 0
        while not self.is_finished.is_set():
            number += 1
            self._send(f"lead {writer}-{number}", number)

    def _send(self, lead: str, number: int) -> None:
        key = lead if self.uses_idempotency_keys else None
        lost = number % 20 == 0  # its first answer
        while not self.has_given_up.is_set():
            try:
                deal = self.crm.leads.capture("Jānis", funnel_id=self.funnel, source=lead, idempotency_key=key).deal
            except CrmError:
                self.resent += 1
                time.sleep(0.05)
            except BaseException as error:
                self.unexpected_errors.append(repr(error))
                raise
            else:
                if not lost:
                    self.acknowledged[lead] = deal.id
                    self.last_acknowledged_at = time.monotonic()
                    return
                lost = False
                self.resent += 1


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Kill the server n times while leads come in."""
    verdict = Verdict()
    lazy = mutation == "lazy"
    settings = {"synchronous_commit": "off", "wal_writer_delay": "10s"} if lazy else {}
    with temporary_folder() as folder:
        server = Postgres(folder / "server", **settings)
        server.initialise()
        server.start()
        durability: Any = "relaxed" if lazy else "full"
        store = SqlStore(make_engine(server.url, pool_size=WRITERS + 1), durability=durability)
        store.create_tables()
        crm = Crm(store, max_attempts=3)
        funnel = crm.funnels.create("Windows", stages=["First call"])
        with store.engine.begin() as connection:
            connection.exec_driver_sql("CHECKPOINT")  # so that a lazy server loses leads, and not all that there is
        intake = LeadIntake(crm, funnel.id, mutation != "no key")
        threads = [threading.Thread(target=intake.run_writer, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for _ in range(n):
            time.sleep(rng.uniform(0.2, 0.6))
            _kill_and_restart(verdict, server, intake)
        intake.is_finished.set()
        for thread in threads:
            thread.join(MAX_RECOVERY_SECONDS)
        intake.has_given_up.set()
        for thread in threads:
            thread.join()
        _check_deals(verdict, crm, intake)
        store.close()
        server.stop()
    return verdict


def _kill_and_restart(verdict: Verdict, server: Postgres, intake: LeadIntake) -> None:
    """Kill the server, start it again, and wait for the next answer."""
    verdict.count("processes killed", server.kill())
    killed = time.monotonic()
    time.sleep(0.2)  # answers that were on their way
    server.start()
    back = time.monotonic()
    while (
        intake.last_acknowledged_at < back
        and time.monotonic() < killed + 1.2 * MAX_RECOVERY_SECONDS
        and not intake.unexpected_errors
    ):
        time.sleep(0.01)
    took = intake.last_acknowledged_at - killed
    verdict.count("kills")
    verdict.counts["slowest recovery, in ms"] = max(verdict.counts["slowest recovery, in ms"], int(took * 1000))
    verdict.check("back within ten seconds", 0 < took <= MAX_RECOVERY_SECONDS, f"{took:.1f} s")


def _check_deals(verdict: Verdict, crm: Crm, intake: LeadIntake) -> None:
    """Compare what was answered with what is there."""
    environment = crm._environment
    with environment.store.begin(
        environment.context, id_generator=environment.id_generator, read_only=True
    ) as transaction:
        there = {deal.id: deal.source for deal in transaction.find(Deal)}
    event_subjects: set[str] = set()
    page = crm.feed.read(limit=1_000)
    while page.events:
        event_subjects |= {event.subject_id for event in page.events}
        page = crm.feed.read(cursor=page.cursor, limit=1_000)
    events = len(event_subjects & set(there))
    copies = Counter(there.values())
    verdict.count("leads answered", len(intake.acknowledged))
    verdict.count("leads sent again", intake.resent)
    lost = [lead for lead, deal in intake.acknowledged.items() if deal not in there]
    verdict.check("nothing acknowledged is lost", not lost, f"{len(lost)} of {len(intake.acknowledged)}")
    twice = [lead for lead, number in copies.items() if number > 1]
    verdict.check("nothing is there twice", not twice, f"{len(twice)}")
    verdict.check("nothing is there that was not sent", set(copies) <= set(intake.acknowledged))
    verdict.check("every lead has events", events == len(there), f"{events} of {len(there)}")
    verdict.check("only errors of ours come out", not intake.unexpected_errors, "; ".join(intake.unexpected_errors[:3]))


if __name__ == "__main__":
    sys.exit(run("KILL-DB", check, n=5, mutations=MUTATIONS))

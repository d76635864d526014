"""KILL-HOST: kill -9 a process in the middle of intake, advance and import, and see that nothing acknowledged is lost and nothing half done.

Children of a warm process tell stories one after the other, each with a key, and acknowledge each that has returned. What had not been
acknowledged when a child was killed is told again, with the same key, by the next one. ``python -m tests.programmes.killhost --n 200``
plays on an SQLite file, and a quarter as often on PostgreSQL.
"""

import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from contextlib import suppress
from typing import Any, Final

from crmcore import CreateTask, Crm, Notify, SqlStore, Stage
from crmcore.domain.criteria import Is
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.errors.root import CrmError
from crmcore.domain.funnels import Action
from crmcore.domain.messages import Message
from crmcore.domain.occurrences import Occurrence
from crmcore.domain.receipts import Receipt
from crmcore.domain.tasks import Task
from crmcore.services.unit import Unit
from tests.programmes.databases import databases
from tests.programmes.programme import Verdict, run

SABOTAGES: Final = {
    "statement-by-statement": "every statement is a transaction of its own (SQLite)",
    "acknowledge-first": "a story is acknowledged before it is told",
}
IMPORTED: Final = 4
"""How many rows an import has."""


def play_on(url: str, chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Kill -9 a process n times in the middle of its stories; nothing acknowledged is lost, and nothing is half done."""
    verdict = Verdict()
    store = SqlStore.open(url)
    crm = Crm(store, tenant=f"house {chance.random()}")
    tenant = crm.house.context.tenant
    _furnish(crm)
    pace = _warm_up(crm.for_tenant(f"{tenant}, warm"))
    store.engine.dispose()
    acknowledged: list[str] = []
    number = 0
    for _ in range(n):
        heard = _kill_one(url, tenant, number, chance.choice((0, 1, 1, 2, 3)), chance.uniform(0, 2 * pace), sabotage)
        verdict.count("killed")
        acknowledged += heard
        number += len(heard)
    verdict.count("stories acknowledged", len(acknowledged))
    verdict.demand("stories were told", len(acknowledged) >= n // 4)
    # Whoever was killed last was not told whether the story happened: it is told again, as any caller would.
    with suppress(CrmError):
        _tell(crm, number)
    _judge(verdict, crm, acknowledged)
    if url.startswith("sqlite"):
        with store.engine.connect() as connection:
            verdict.demand("the file is sound", connection.exec_driver_sql("PRAGMA quick_check").scalar() == "ok")
    store.close()
    return verdict


def _furnish(crm: Crm) -> None:
    crm.people.add("Anna", roles=["manager"], email="anna@example.com")
    acts: list[Action] = [CreateTask(title="Call {customer}", kind="call"), Notify(role="manager", message="{deal}")]
    crm.funnels.create("Windows", stages=[Stage.named("First call", on_entry=acts), Stage.named("Won", kind="won")])


def _warm_up(crm: Crm) -> float:
    """Tell each kind of story in another house, so that children find everything compiled; gives a story's time in seconds."""
    _furnish(crm)
    times = []
    for number in range(12):
        began = time.perf_counter()
        _tell(crm, number)
        times.append(time.perf_counter() - began)
    return sorted(times)[6]


def _tell(crm: Crm, number: int) -> str:
    """Tell the story of a number: intake, advance or import by turns."""
    funnel = crm.funnels.list()[0].id
    key = f"story {number}"
    match number % 3:
        case 0:
            crm.leads.capture(f"Anna {number}", funnel=funnel, about=key, phone=f"+3712{number:07}", key=key)
        case 1:
            deal = crm.house.run("test", lambda unit: unit.one(Deal, Is("about", f"story {number - 1}")), reading=True)
            if deal is not None:  # or it is lost, which is found in the end
                crm.deals.win(deal.id, key=key)
        case _:
            rows = [{"key": f"{number} {row}", "name": f"Row {row}", "source": key} for row in range(IMPORTED)]
            list(crm.customers.upsert_many(rows, system="erp"))
    return key


def _kill_one(url: str, tenant: str, number: int, stories: int, seconds: float, sabotage: str) -> list[str]:
    """Let a child tell stories from a number on, and kill it in the middle of the one after so many; gives what it acknowledged."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with suppress(BaseException):
            store = SqlStore.open(url, create=False)
            if sabotage == "statement-by-statement":
                store._is_sqlite = False  # so it does not say BEGIN
            crm = Crm(store, tenant=tenant)
            os.write(writer, b"\n")
            while True:
                if sabotage == "acknowledge-first":
                    os.write(writer, f"story {number}\n".encode())
                    _tell(crm, number)
                else:
                    os.write(writer, f"{_tell(crm, number)}\n".encode())
                number += 1
        os._exit(1)
    os.close(writer)
    said = b""
    while said.count(b"\n") <= stories and (some := os.read(reader, 65_536)):
        said += some
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while some := os.read(reader, 65_536):
        said += some
    os.close(reader)
    # A child that failed by itself has not acknowledged the story at which it failed.
    return [line for line in said.decode().split("\n")[:-1] if line]


def _judge(verdict: Verdict, crm: Crm, acknowledged: list[str]) -> None:
    def look(unit: Unit) -> dict[str, Any]:
        return {
            "deals": {deal.id: (deal, len(unit.entries(deal))) for deal in unit.every(Deal)},
            "tasks": list(unit.every(Task)),
            "due": Counter(occurrence.subject for occurrence in unit.every(Occurrence)),
            "messages": Counter(message.about for message in unit.every(Message)),
            "imported": Counter(customer.source for customer in unit.every(Customer) if customer.source),
            "receipts": {receipt.key for receipt in unit.every(Receipt)},
        }

    seen = crm.house.run("test", look, reading=True)
    imported = seen["imported"]
    about = Counter(deal.about for deal, _ in seen["deals"].values())
    told_of: defaultdict[str, int] = defaultdict(int)
    cursor = ""
    while (page := crm.feed.read(cursor=cursor)).facts:
        cursor = page.cursor
        for fact in page.facts:
            told_of[fact.subject] = max(told_of[fact.subject], fact.version)
    for key in acknowledged:
        verdict.demand("what was acknowledged is there", key in seen["receipts"] or imported[key] == IMPORTED, key)
    verdict.demand(
        "each request made one deal", set(about.values()) <= {1}, str([k for k, v in about.items() if v > 1])
    )
    tasks: defaultdict[Any, list[Task]] = defaultdict(list)
    for task in seen["tasks"]:
        tasks[task.deal].append(task)
    for deal, entries in seen["deals"].values():
        own = tasks[deal.id]
        whole = len(own) == 1 and seen["due"][own[0].id] >= 1 and seen["messages"][deal.id] == 1
        verdict.demand("a deal has its task, its deadline and its message", whole, deal.about)
        verdict.demand("a deal has its history", entries == deal.moves, f"{deal.about}: {entries}")
        verdict.demand("the feed tells of its last version", told_of[deal.id] == deal.version, deal.about)
    for source, rows in imported.items():
        verdict.demand("an import is whole", rows == IMPORTED, source)
    verdict.count("deals", len(seen["deals"]))
    verdict.count("facts of records", len(told_of))


def play(chance: random.Random, n: int, sabotage: str) -> Verdict:
    """Kill -9 a process n times on an SQLite file, and a quarter as often on PostgreSQL; nothing is lost, nothing is half done."""
    whole = Verdict()
    with databases() as urls:
        for name, times in (("SQLite", n), ("PostgreSQL", 0 if sabotage else n // 4)):
            whole.take_in(play_on(urls[name], chance, times, sabotage) if times else Verdict(), name)
    return whole


if __name__ == "__main__":
    sys.exit(run("KILL-HOST", play, n=200, sabotages=SABOTAGES))

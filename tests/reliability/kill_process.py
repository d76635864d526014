"""KILL-HOST: kill -9 a process in the middle of intake, advance and import, and see that nothing acknowledged is lost and nothing half done.

Children of a warm process execute commands one after the other, each with a key, and acknowledge each that has returned. What had not been
acknowledged when a child was killed is repeated with the same key by the next child. ``python -m tests.reliability.kill_process --n 200``
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

from crmcore import CreateTask, Crm, SendNotification, SqlStore, Stage
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.messaging.messages import Message
from crmcore.domain.platform.idempotency import IdempotencyRecord
from crmcore.domain.platform.jobs import ScheduledJob
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.actions import StageAction
from crmcore.services.unit_of_work import UnitOfWork
from tests.reliability.databases import databases
from tests.reliability.harness import Verdict, run

MUTATIONS: Final = {
    "statement-by-statement": "every statement is a transaction of its own (SQLite)",
    "acknowledge-first": "a command is acknowledged before it is executed",
}
IMPORTED_ROWS: Final = 4
"""How many rows an import has."""


def check_on(url: str, rng: random.Random, n: int, mutation: str) -> Verdict:
    """Kill -9 a process n times in the middle of its commands; nothing acknowledged is lost, and nothing is half done."""
    verdict = Verdict()
    store = SqlStore.open(url)
    crm = Crm(store, tenant=f"tenant {rng.random()}")
    tenant = crm._environment.context.tenant
    _create_fixtures(crm)
    pace = _measure_command_time(crm.for_tenant(f"{tenant}, warm"))
    store.engine.dispose()
    acknowledged: list[str] = []
    number = 0
    for _ in range(n):
        received = _kill_child(url, tenant, number, rng.choice((0, 1, 1, 2, 3)), rng.uniform(0, 2 * pace), mutation)
        verdict.count("killed")
        acknowledged += received
        number += len(received)
    verdict.count("commands acknowledged", len(acknowledged))
    verdict.check("commands were executed", len(acknowledged) >= n // 4)
    # The last caller does not have the result of the command: the command is retried, as any caller would.
    with suppress(CrmError):
        _execute_command(crm, number)
    _check_records(verdict, crm, acknowledged)
    if url.startswith("sqlite"):
        with store.engine.connect() as connection:
            verdict.check("the file is sound", connection.exec_driver_sql("PRAGMA quick_check").scalar() == "ok")
    store.close()
    return verdict


def _create_fixtures(crm: Crm) -> None:
    crm.users.create("Anna", roles=["manager"], email="anna@example.com")
    acts: list[StageAction] = [
        CreateTask(title="Call {customer}", kind="call"),
        SendNotification(role="manager", message="{deal}"),
    ]
    crm.funnels.create(
        "Windows", stages=[Stage.named("First call", entry_actions=acts), Stage.named("Won", kind="won")]
    )


def _measure_command_time(crm: Crm) -> float:
    """Execute each kind of command in another tenant, so that children find everything compiled; return the time of a command in seconds."""
    _create_fixtures(crm)
    times = []
    for number in range(12):
        began = time.perf_counter()
        _execute_command(crm, number)
        times.append(time.perf_counter() - began)
    return sorted(times)[6]


def _execute_command(crm: Crm, number: int) -> str:
    """Execute the command of a number: intake, advance or import by turns."""
    funnel_id = crm.funnels.list()[0].id
    key = f"command {number}"
    match number % 3:
        case 0:
            crm.leads.capture(
                f"Anna {number}", funnel_id=funnel_id, about=key, phone=f"+3712{number:07}", idempotency_key=key
            )
        case 1:
            deal = crm._environment.execute(
                "test", lambda uow: uow.first(Deal, Eq("description", f"command {number - 1}")), read_only=True
            )
            if deal is not None:  # or it is lost, which is found in the end
                crm.deals.win(deal.id, idempotency_key=key)
        case _:
            rows = [{"key": f"{number} {row}", "name": f"Row {row}", "source": key} for row in range(IMPORTED_ROWS)]
            list(crm.customers.upsert_many(rows, system="erp"))
    return key


def _kill_child(url: str, tenant: str, number: int, command_count: int, seconds: float, mutation: str) -> list[str]:
    """Let a child execute commands from a number on, and kill it in the middle of the one after so many; gives what it acknowledged."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with suppress(BaseException):
            store = SqlStore.open(url, create=False)
            if mutation == "statement-by-statement":
                store._is_sqlite = False  # so it does not say BEGIN
            crm = Crm(store, tenant=tenant)
            os.write(writer, b"\n")
            while True:
                if mutation == "acknowledge-first":
                    os.write(writer, f"command {number}\n".encode())
                    _execute_command(crm, number)
                else:
                    os.write(writer, f"{_execute_command(crm, number)}\n".encode())
                number += 1
        os._exit(1)
    os.close(writer)
    said = b""
    while said.count(b"\n") <= command_count and (some := os.read(reader, 65_536)):
        said += some
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while some := os.read(reader, 65_536):
        said += some
    os.close(reader)
    # A child that failed by itself has not acknowledged the command at which it failed.
    return [line for line in said.decode().split("\n")[:-1] if line]


def _check_records(verdict: Verdict, crm: Crm, acknowledged: list[str]) -> None:
    def read_records(uow: UnitOfWork) -> dict[str, Any]:
        return {
            "deals": {deal.id: (deal, len(uow.entries(deal))) for deal in uow.iterate(Deal)},
            "tasks": list(uow.iterate(Task)),
            "due": Counter(job.subject_id for job in uow.iterate(ScheduledJob)),
            "messages": Counter(message.about_id for message in uow.iterate(Message)),
            "imported": Counter(customer.source for customer in uow.iterate(Customer) if customer.source),
            "idempotency_keys": {record.key for record in uow.iterate(IdempotencyRecord)},
        }

    seen = crm._environment.execute("test", read_records, read_only=True)
    imported = seen["imported"]
    about = Counter(deal.description for deal, _ in seen["deals"].values())
    event_versions: defaultdict[str, int] = defaultdict(int)
    cursor = ""
    while (page := crm.feed.read(cursor=cursor)).events:
        cursor = page.cursor
        for event in page.events:
            event_versions[event.subject_id] = max(event_versions[event.subject_id], event.version)
    for key in acknowledged:
        verdict.check(
            "what was acknowledged is there", key in seen["idempotency_keys"] or imported[key] == IMPORTED_ROWS, key
        )
    verdict.check("each request made one deal", set(about.values()) <= {1}, str([k for k, v in about.items() if v > 1]))
    tasks: defaultdict[Any, list[Task]] = defaultdict(list)
    for task in seen["tasks"]:
        tasks[task.deal_id].append(task)
    for deal, entries in seen["deals"].values():
        own = tasks[deal.id]
        whole = len(own) == 1 and seen["due"][own[0].id] >= 1 and seen["messages"][deal.id] == 1
        verdict.check("a deal has its task, its deadline and its message", whole, deal.description)
        verdict.check("a deal has its history", entries == deal.movement_count, f"{deal.description}: {entries}")
        verdict.check("the feed has its last version", event_versions[deal.id] == deal.version, deal.description)
    for source, rows in imported.items():
        verdict.check("an import is whole", rows == IMPORTED_ROWS, source)
    verdict.count("deals", len(seen["deals"]))
    verdict.count("records with events", len(event_versions))


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Kill -9 a process n times on an SQLite file, and a quarter as often on PostgreSQL; nothing is lost, nothing is half done."""
    whole = Verdict()
    with databases() as urls:
        for name, times in (("SQLite", n), ("PostgreSQL", 0 if mutation else n // 4)):
            whole.merge(check_on(urls[name], rng, times, mutation) if times else Verdict(), name)
    return whole


if __name__ == "__main__":
    sys.exit(run("KILL-HOST", check, n=200, mutations=MUTATIONS))

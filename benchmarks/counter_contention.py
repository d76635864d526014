"""Many at once in one funnel, where all of them change the same counters: how the slots of a counter pay.

    python benchmarks/crowd.py --workers 4 --times 400 --rounds 3

First the bare statements: threads that insert a row and add to one counter, and commit, for `--seconds` each; transactions a second. Then
crmcore: processes that take deals in, move them twice and lose them, over and over; commands a second, and the percentage of
retries. Both on one PostgreSQL server, in turns: without counters, each counter in one row, in sixteen, and every transaction in a row of
its own, as under REPEATABLE READ. A commit takes `--disk` microseconds more than it does here, as on a disk that really waits.
"""

import logging
import multiprocessing
import random
import statistics
import threading
import time
from typing import Any

import common
import psycopg

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.session import projections

VARIANTS = {"no counters": 0, "one row": 1, "16 slots": 16, "slots of their own": projections.UNIQUE_SHARD_RANGE}
SLOW_COMMIT = "-c commit_delay={} -c commit_siblings=0"
"""Lets every commit wait."""


def run_worker(
    url: str, level: str, disk: int, variant: str, funnel: Any, worker: int, times: int, ready: Any, results: Any
) -> None:
    """Execute so many commands; return the time and the number of retries."""
    slow = {"options": SLOW_COMMIT.format(disk)}
    store = SqlStore(make_engine(url, isolation_level=level, connect_args=slow))
    store._statements.counters._shards = VARIANTS[variant]
    if variant == "no counters":
        store._statements.counters.write = lambda *_: None  # type: ignore[method-assign]
    crm = Crm(store, max_attempts=50)
    again = 0

    def count(record: logging.LogRecord) -> bool:
        nonlocal again
        again += record.getMessage() == "command is retried"
        return False

    commands = logging.getLogger("crmcore.commands")
    commands.setLevel(logging.DEBUG)
    commands.addFilter(count)
    customer_id = crm.customers.create(f"Worker {worker}").id
    owner_id = crm.users.list()[worker].id
    ready.wait()
    start = time.perf_counter()
    for number in range(times // 4):
        value = common.lead_request(number)["value"]
        deal_id = crm.deals.open(
            "Windows", customer_id=customer_id, funnel_id=funnel, value=value, owner_id=owner_id
        ).deal.id
        crm.deals.move(deal_id, stage_key="Measurement")
        crm.deals.move(deal_id, stage_key="Approval")
        crm.deals.lose(deal_id, reason="too dear")
    results.put((time.perf_counter() - start, again))
    store.close()


def measure(url: str, level: str, disk: int, variant: str, workers: int, times: int) -> tuple[float, float]:
    """Commands a second of all workers, and the percentage of retries."""
    with common.fresh_database(url, "counter_contention") as fresh:
        store = SqlStore.open(fresh)
        funnel_id = common.create_users_and_funnel(Crm(store)).id
        many = multiprocessing.get_context("spawn")
        ready, results = many.Barrier(workers), many.Queue()
        given = [(fresh, level, disk, variant, funnel_id, n, times, ready, results) for n in range(workers)]
        processes = [many.Process(target=run_worker, args=one) for one in given]
        for process in processes:
            process.start()
        figures = [results.get(timeout=600) for _ in processes]
        for process in processes:
            process.join()
        store.close()
    commands = workers * times
    return commands / max(took for took, _ in figures), 100 * sum(again for _, again in figures) / commands


def measure_driver(url: str, disk: int, slots: int, workers: int, seconds: int) -> float:
    """Transactions a second of so many threads of the bare driver, all of which add to one counter."""
    dsn, done = url.replace("+psycopg", ""), [0] * workers
    adding = "INSERT INTO counts VALUES (%s, 1) ON CONFLICT (slot) DO UPDATE SET deals = counts.deals + excluded.deals"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS counts, facts")
        connection.execute("CREATE TABLE counts (slot bigint PRIMARY KEY, deals bigint)")
        connection.execute("CREATE TABLE facts (number bigint)")
    end = time.monotonic() + seconds

    def add(worker: int) -> None:
        with psycopg.connect(dsn, options=SLOW_COMMIT.format(disk)) as connection:
            while time.monotonic() < end:
                connection.execute("INSERT INTO facts VALUES (1)")
                if slots:
                    connection.execute(adding, (random.randrange(slots),))
                connection.commit()
                done[worker] += 1

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def main() -> None:
    """Print the tables."""
    given = common.arguments(__doc__, workers=4, times=400, rounds=3, disk=3_000, seconds=3)
    with common.postgresql() as url:
        crowds = (given.workers, 2 * given.workers)
        rates = {(variant, size): [0.0] * given.rounds for variant in VARIANTS for size in crowds}
        for turn in range(given.rounds):
            for (variant, size), its in rates.items():
                its[turn] = measure_driver(url, given.disk, VARIANTS[variant], size, given.seconds)
        rows = [[variant, *(statistics.median(rates[variant, size]) for size in crowds)] for variant in VARIANTS]
        common.print_table(
            "Bare statements, READ COMMITTED, transactions/s", ["", *(f"{size} threads" for size in crowds)], rows
        )
        for level in ("READ COMMITTED", "REPEATABLE READ"):
            figures: dict[str, list[tuple[float, float]]] = {variant: [] for variant in VARIANTS}
            for _ in range(given.rounds):
                for variant, results in figures.items():
                    results.append(measure(url, level, given.disk, variant, given.workers, given.times))
            rows = [
                [
                    variant,
                    statistics.median(rate for rate, _ in results),
                    max(rate for rate, _ in results),
                    statistics.median(again for _, again in results),
                ]
                for variant, results in figures.items()
            ]
            common.print_table(f"crmcore, {level}", ["", "commands/s", "best", "again %"], rows)


if __name__ == "__main__":
    main()

"""Several processes at once in one funnel, where all of them change the same counters: how the slots of a counter pay.

    python benchmarks/crowd.py --workers 4 --times 400 --rounds 3

Each worker captures a lead, moves it twice and loses or wins it, over and over, on one PostgreSQL server. The variants take turns: no counters
at all, each counter in one row, in sixteen, and every transaction in a slot of its own, as under REPEATABLE READ. "again" is how many stories
in a hundred had to be told again. A commit takes `--disk` microseconds more than it does here, as on a disk that really waits.
"""

import logging
import multiprocessing
import statistics
import time
from typing import Any

import bench

from crmcore import Crm, SqlStore
from crmcore.adapters.sql import counters
from crmcore.adapters.sql.store import make_engine

VARIANTS = {"no counters": 0, "one row": 1, "16 slots": 16, "slots of their own": counters.BEYOND}


def work(
    url: str, level: str, disk: int, variant: str, funnel: Any, worker: int, times: int, ready: Any, told: Any
) -> None:
    """Tell so many stories, and say how long it took and how many were told again."""
    slow = {"options": f"-c commit_delay={disk} -c commit_siblings=0"}
    store = SqlStore(make_engine(url, isolation_level=level, connect_args=slow))
    store._book.counters._slots = VARIANTS[variant]
    if variant == "no counters":
        store._book.counters.write = lambda *_: None  # type: ignore[method-assign]
    crm = Crm(store, attempts=50)
    again = 0

    def count(record: logging.LogRecord) -> bool:
        nonlocal again
        again += record.getMessage() == "story runs again"
        return False

    stories = logging.getLogger("crmcore.stories")
    stories.setLevel(logging.DEBUG)
    stories.addFilter(count)
    customer = crm.customers.add(f"Worker {worker}").id
    owner = crm.people.list()[worker].id
    ready.wait()
    start = time.perf_counter()
    for number in range(times // 4):
        value = bench.request(number)["value"]
        deal = crm.deals.open("Windows", customer=customer, funnel=funnel, value=value, owner=owner).deal.id
        crm.deals.move(deal, to="Measurement")
        crm.deals.move(deal, to="Approval")
        crm.deals.lose(deal, reason="too dear")
    told.put((time.perf_counter() - start, again))
    store.close()


def crowd(url: str, level: str, disk: int, variant: str, workers: int, times: int) -> tuple[float, float]:
    """Stories a second of all workers, and how many in a hundred were told again."""
    with bench.fresh(url, "crowd") as fresh:
        store = SqlStore.open(fresh)
        funnel = bench.furnish(Crm(store)).id
        many = multiprocessing.get_context("spawn")
        ready, told = many.Barrier(workers), many.Queue()
        given = [(fresh, level, disk, variant, funnel, n, times, ready, told) for n in range(workers)]
        processes = [many.Process(target=work, args=one) for one in given]
        for process in processes:
            process.start()
        figures = [told.get(timeout=600) for _ in processes]
        for process in processes:
            process.join()
        store.close()
    stories = workers * times
    return stories / max(took for took, _ in figures), 100 * sum(again for _, again in figures) / stories


def main() -> None:
    """Print the tables."""
    given = bench.arguments(__doc__, workers=4, times=400, rounds=3, disk=3_000)
    with bench.postgresql() as url:
        for level in ("READ COMMITTED", "REPEATABLE READ"):
            figures: dict[str, list[tuple[float, float]]] = {variant: [] for variant in VARIANTS}
            for _ in range(given.rounds):
                for variant, rates in figures.items():
                    rates.append(crowd(url, level, given.disk, variant, given.workers, given.times))
            rows = [
                [
                    variant,
                    statistics.median(rate for rate, _ in rates),
                    max(rate for rate, _ in rates),
                    statistics.median(again for _, again in rates),
                ]
                for variant, rates in figures.items()
            ]
            bench.show(f"PostgreSQL, {level}", ["", "stories/s", "best", "again %"], rows)


if __name__ == "__main__":
    main()

"""How many leads a second are taken in one by one, and in batches of a hundred.

python benchmarks/batch_throughput.py --rounds 5
"""

import statistics
import time
from argparse import Namespace
from itertools import count

import common

from crmcore import Crm, SqlStore


def main() -> None:
    """Print the table."""
    given = common.arguments(__doc__, rounds=5, times=600, size=100)
    rows = []
    if given.on != "postgresql":
        rows += measure("SQLite, synchronous=FULL", None, "full", given) + measure(
            "SQLite, NORMAL", None, "relaxed", given
        )
    if given.on != "sqlite":
        with common.postgresql() as url:
            rows += measure("PostgreSQL", url, "full", given)
            rows += measure("PostgreSQL, pipeline=False", url, "full", given, pipeline=False)
    common.print_table("Leads per second", ["", "one by one", f"batches of {given.size}", "times"], rows)


def measure(
    title: str, url: str | None, durability: str, given: Namespace, *, pipeline: bool | None = None
) -> list[list[object]]:
    """Take leads in both ways in turn."""
    number = count()
    with common.fresh_database(url, "batch_throughput") as fresh:
        store = SqlStore.open(fresh, durability=durability, pipeline=pipeline)  # type: ignore[arg-type]
        crm = Crm(store)
        funnel = common.create_users_and_funnel(crm)

        def capture_leads(times: int) -> None:
            for _ in range(times):
                requests = common.lead_request(next(number))
                crm.leads.capture(requests.pop("name"), funnel_id=funnel.id, **requests)

        capture_leads(100)
        common.analyze(store.engine)
        single, batched = [], []
        for _ in range(given.rounds):
            start = time.perf_counter()
            capture_leads(given.times)
            middle = time.perf_counter()
            for _ in range(given.times // given.size):
                with crm.batch():
                    capture_leads(given.size)
            end = time.perf_counter()
            single.append(given.times / (middle - start))
            batched.append(given.times / (end - middle))
    times = statistics.median(b / s for s, b in zip(single, batched, strict=True))
    return [[title, statistics.median(single), statistics.median(batched), times]]


if __name__ == "__main__":
    main()

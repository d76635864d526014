"""Customers and deals by the hundred thousand, against the bare driver; and what it takes of memory.

    python benchmarks/bulk.py --rows 100000 --rounds 3
    python benchmarks/bulk.py --stories 10000
    python benchmarks/bulk.py --memory 1000000 --on sqlite

The bare driver gets the very rows that crmcore wrote, ready-made, in the same chunks: by `executemany` on SQLite, by COPY on PostgreSQL.
It makes no row, checks nothing, looks nobody up.

Stories are leads taken in by `capture_many`, and moved on by `move_many`, with all that each of them does.
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import bench

from crmcore import Crm, Done, SqlStore
from crmcore.adapters.sql import ledger
from crmcore.adapters.sql.statements import Inserts

CHUNK = 1_000


def customers(number: int) -> Iterator[dict[str, Any]]:
    """Rows of another system."""
    for n in range(number):
        asked = bench.request(n)
        yield {"key": f"c{n}"} | {name: asked[name] for name in ("name", "phone", "email", "source")}


def deals(ids: list[Any]) -> Iterator[dict[str, Any]]:
    """A deal for each customer."""
    for n, id in enumerate(ids):
        asked = bench.request(n)
        yield {"key": f"d{n}", "customer": id, "title": asked["about"], "value": asked["value"]}


def ours(crm: Crm, number: int) -> dict[str, tuple[float, float]]:
    """Take them in; the seconds, and the processor's, of each."""
    funnel = bench.furnish(crm)
    times, ids = {}, []
    start = time.perf_counter(), time.process_time()
    for told in crm.customers.upsert_many(customers(number), system="erp", chunk=CHUNK):
        assert isinstance(told, Done)
        ids.append(told.result.id)
    middle = time.perf_counter(), time.process_time()
    for opened in crm.deals.upsert_many(deals(ids), system="erp", funnel=funnel.id, chunk=CHUNK):
        assert isinstance(opened, Done)
    end = time.perf_counter(), time.process_time()
    times["customers"] = middle[0] - start[0], middle[1] - start[1]
    times["deals"] = end[0] - middle[0], end[1] - middle[1]
    return times


def recorded(crm: Crm, number: int) -> dict[str, list[list[tuple[Inserts, list[Any]]]]]:
    """Take them in, and keep what was written: of each chunk, the rows of each table."""
    written: list[tuple[Inserts, list[Any]]] = []
    insert = ledger._insert

    def keep(runner: Any, inserts: Inserts, rows: list[Any]) -> None:
        written.append((inserts, list(rows)))
        insert(runner, inserts, rows)

    ledger._insert = keep
    try:
        ours(crm, number)
    finally:
        ledger._insert = insert
    kept: dict[str, list[list[tuple[Inserts, list[Any]]]]] = {"customers": [], "deals": []}
    kind = ""
    for inserts, rows in written:
        if len(rows) < min(CHUNK, number):
            continue  # the house's own furniture
        table = inserts._table.name
        if table in {"crm_customers", "crm_deals"}:
            kept[table.removeprefix("crm_")].append([])
            kind = table.removeprefix("crm_")
        kept[kind][-1].append((inserts, rows))
    return kept


def bare(store: SqlStore, kept: dict[str, list[list[tuple[Inserts, list[Any]]]]]) -> dict[str, tuple[float, float]]:
    """Write the same rows by the driver alone."""
    times = {}
    connection: Any = store.engine.raw_connection()
    cursor = connection.cursor()
    for kind, chunks in kept.items():
        start = time.perf_counter(), time.process_time()
        for chunk in chunks:
            if not chunk[0][0].copy:
                cursor.execute("BEGIN IMMEDIATE")
            for inserts, rows in chunk:
                if inserts.copy:
                    with cursor.copy(inserts.copy) as copy:
                        for row in rows:
                            copy.write_row(row)
                else:
                    cursor.executemany(inserts.of(1), rows)
            connection.commit()
        times[kind] = time.perf_counter() - start[0], time.process_time() - start[1]
    return times


def compare(url: str | None, number: int, rounds: int) -> list[list[Any]]:
    """Take turns, in a fresh database each time."""
    with bench.fresh(url, "bulk") as fresh:
        store = SqlStore.open(fresh)
        kept = recorded(Crm(store), number)
        store.close()
    seconds: dict[str, list[Any]] = {"customers": [], "deals": []}
    for _ in range(rounds):
        with bench.fresh(url, "bulk") as fresh:
            store = SqlStore.open(fresh)
            mine = ours(Crm(store), number)
            store.close()
        with bench.fresh(url, "bulk") as fresh:
            store = SqlStore.open(fresh)
            its = bare(store, kept)
            store.close()
        for kind, figures in seconds.items():
            figures.append((*mine[kind], *its[kind]))
    rows = []
    for kind, figures in seconds.items():
        wall, cpu, bare_wall, bare_cpu = (statistics.median(column) for column in zip(*figures, strict=True))
        times = statistics.median(f[0] / f[2] for f in figures)
        rows.append([kind, number / wall, number / bare_wall, times, cpu / number * 1e6, bare_cpu / number * 1e6])
    return rows


def stories(title: str, url: str | None, number: int, rounds: int) -> list[list[Any]]:
    """Take leads in, and move their deals on; how many in a second, and the processor's time of each."""
    seconds = []
    for _ in range(rounds):
        with bench.fresh(url, "bulk") as fresh:
            store = SqlStore.open(fresh)
            crm = Crm(store)
            funnel = bench.furnish(crm)
            leads = (bench.request(n) for n in range(number))
            start = time.perf_counter(), time.process_time()
            taken = [told.result.deal.id for told in crm.leads.capture_many(leads, funnel=funnel.id)]  # type: ignore[union-attr]
            middle = time.perf_counter(), time.process_time()
            moved = sum(isinstance(told, Done) for told in crm.deals.move_many((id, bench.STAGES[1]) for id in taken))
            end = time.perf_counter(), time.process_time()
            assert moved == number
            store.close()
        seconds.append((middle[0] - start[0], middle[1] - start[1], end[0] - middle[0], end[1] - middle[1]))
    taking, taking_cpu, moving, moving_cpu = (statistics.median(column) for column in zip(*seconds, strict=True))
    return [[title, number / taking, taking_cpu / number * 1e6, number / moving, moving_cpu / number * 1e6]]


def memory(number: int, on: str) -> None:
    """Print the peak of a process that takes so many customers in, for a tenth, a hundredth and all of them."""
    rows = []
    for size in (number // 100, number // 10, number):
        done = subprocess.run(
            [sys.executable, __file__, "--peak", str(size), "--on", on], capture_output=True, text=True, check=True
        )
        rows.append([f"{size:,} customers", float(done.stdout)])
    bench.show("Peak memory", ["", "MB"], rows)


def peak(number: int, url: str | None) -> None:
    """Take customers in and print the peak of this process's memory, in megabytes."""
    with bench.fresh(url, "bulk") as fresh:
        crm = Crm.open(fresh)
        refused = sum(not isinstance(told, Done) for told in crm.customers.upsert_many(customers(number), system="erp"))
        assert not refused
        crm.close()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Print the tables."""
    given = bench.arguments(__doc__, rows=100_000, rounds=3, memory=0, peak=0, stories=0)
    if given.peak:
        peak(given.peak, None)
    elif given.memory:
        memory(given.memory, given.on)
    elif given.stories:
        rows = [] if given.on == "postgresql" else stories("SQLite", None, given.stories, given.rounds)
        if given.on != "sqlite":
            with bench.postgresql() as url:
                rows += stories("PostgreSQL", url, given.stories, given.rounds)
        bench.show("Stories", ["", "leads/s", "CPU µs each", "moves/s", "CPU µs each"], rows)
    else:
        head = ["", "crmcore/s", "bare/s", "times", "CPU µs each", "bare CPU µs"]
        if given.on != "postgresql":
            bench.show("SQLite: crmcore against executemany", head, compare(None, given.rows, given.rounds))
        if given.on != "sqlite":
            with bench.postgresql() as url:
                bench.show("PostgreSQL: crmcore against COPY", head, compare(url, given.rows, given.rounds))


if __name__ == "__main__":
    main()

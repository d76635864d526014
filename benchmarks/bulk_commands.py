"""Customers and deals by the hundred thousand, against the bare driver; and what it takes of memory.

    python benchmarks/bulk_commands.py --rows 100000 --rounds 3
    python benchmarks/bulk_commands.py --commands 10000
    python benchmarks/bulk_commands.py --memory 1000000 --on sqlite

The bare driver gets the very rows that crmcore wrote, ready-made, in the same chunks: by `executemany` on SQLite, by COPY on PostgreSQL.
It makes no row, checks nothing, looks nobody up.

Commands are leads taken in by `capture_many`, and moved on by `move_many`, with all that each of them does.
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import common

from crmcore import Crm, ItemSucceeded, SqlStore
from crmcore.adapters.sql.compile.mappers import MultiRowInsert
from crmcore.adapters.sql.session import change_tracker

CHUNK = 1_000


def customer_rows(number: int) -> Iterator[dict[str, Any]]:
    """Rows of another system."""
    for n in range(number):
        asked = common.lead_request(n)
        yield {"key": f"c{n}"} | {name: asked[name] for name in ("name", "phone", "email", "source")}


def deal_rows(ids: list[Any]) -> Iterator[dict[str, Any]]:
    """A deal for each customer."""
    for n, id in enumerate(ids):
        asked = common.lead_request(n)
        yield {"key": f"d{n}", "customer_id": id, "title": asked["about"], "value": asked["value"]}


def measure_crm(crm: Crm, number: int) -> dict[str, tuple[float, float]]:
    """Take them in; the seconds, and the processor's, of each."""
    funnel = common.create_users_and_funnel(crm)
    times, ids = {}, []
    start = time.perf_counter(), time.process_time()
    for result in crm.customers.upsert_many(customer_rows(number), system="erp", chunk_size=CHUNK):
        assert isinstance(result, ItemSucceeded)
        ids.append(result.result.id)
    middle = time.perf_counter(), time.process_time()
    for opened in crm.deals.upsert_many(deal_rows(ids), system="erp", funnel_id=funnel.id, chunk_size=CHUNK):
        assert isinstance(opened, ItemSucceeded)
    end = time.perf_counter(), time.process_time()
    times["customers"] = middle[0] - start[0], middle[1] - start[1]
    times["deals"] = end[0] - middle[0], end[1] - middle[1]
    return times


def record_rows(crm: Crm, number: int) -> dict[str, list[list[tuple[MultiRowInsert, list[Any]]]]]:
    """Take them in, and keep what was written: of each chunk, the rows of each table."""
    written: list[tuple[MultiRowInsert, list[Any]]] = []
    insert_rows = change_tracker._insert_rows

    def keep(executor: Any, insert: MultiRowInsert, rows: list[Any]) -> None:
        written.append((insert, list(rows)))
        insert_rows(executor, insert, rows)

    change_tracker._insert_rows = keep
    try:
        measure_crm(crm, number)
    finally:
        change_tracker._insert_rows = insert_rows
    recorded_rows: dict[str, list[list[tuple[MultiRowInsert, list[Any]]]]] = {"customers": [], "deals": []}
    kind = ""
    for inserts, rows in written:
        if len(rows) < min(CHUNK, number):
            continue  # the records of the set-up
        table = inserts._table.name
        if table in {"crm_customers", "crm_deals"}:
            recorded_rows[table.removeprefix("crm_")].append([])
            kind = table.removeprefix("crm_")
        recorded_rows[kind][-1].append((inserts, rows))
    return recorded_rows


def measure_driver(
    store: SqlStore, recorded_rows: dict[str, list[list[tuple[MultiRowInsert, list[Any]]]]]
) -> dict[str, tuple[float, float]]:
    """Write the same rows by the driver alone."""
    times = {}
    connection: Any = store.engine.raw_connection()
    cursor = connection.cursor()
    for kind, chunks in recorded_rows.items():
        start = time.perf_counter(), time.process_time()
        for chunk in chunks:
            if not chunk[0][0].copy_sql:
                cursor.execute("BEGIN IMMEDIATE")
            for inserts, rows in chunk:
                if inserts.copy_sql:
                    with cursor.copy(inserts.copy_sql) as copy:
                        for row in rows:
                            copy.write_row(row)
                else:
                    cursor.executemany(inserts.sql_for(1), rows)
            connection.commit()
        times[kind] = time.perf_counter() - start[0], time.process_time() - start[1]
    return times


def measure(url: str | None, number: int, rounds: int) -> list[list[Any]]:
    """Take turns, in a fresh database each time."""
    with common.fresh_database(url, "bulk_commands") as fresh:
        store = SqlStore.open(fresh)
        kept = record_rows(Crm(store), number)
        store.close()
    seconds: dict[str, list[Any]] = {"customers": [], "deals": []}
    for _ in range(rounds):
        with common.fresh_database(url, "bulk_commands") as fresh:
            store = SqlStore.open(fresh)
            mine = measure_crm(Crm(store), number)
            store.close()
        with common.fresh_database(url, "bulk_commands") as fresh:
            store = SqlStore.open(fresh)
            its = measure_driver(store, kept)
            store.close()
        for kind, figures in seconds.items():
            figures.append((*mine[kind], *its[kind]))
    rows = []
    for kind, figures in seconds.items():
        wall, cpu, bare_wall, bare_cpu = (statistics.median(column) for column in zip(*figures, strict=True))
        times = statistics.median(f[0] / f[2] for f in figures)
        rows.append([kind, number / wall, number / bare_wall, times, cpu / number * 1e6, bare_cpu / number * 1e6])
    return rows


def measure_commands(title: str, url: str | None, number: int, rounds: int) -> list[list[Any]]:
    """Take leads in, and move their deals on; how many in a second, and the processor's time of each."""
    seconds = []
    for _ in range(rounds):
        with common.fresh_database(url, "bulk_commands") as fresh:
            store = SqlStore.open(fresh)
            crm = Crm(store)
            funnel = common.create_users_and_funnel(crm)
            leads = (common.lead_request(n) for n in range(number))
            start = time.perf_counter(), time.process_time()
            taken = [result.result.deal.id for result in crm.leads.capture_many(leads, funnel_id=funnel.id)]  # type: ignore[union-attr]
            middle = time.perf_counter(), time.process_time()
            moved = sum(
                isinstance(result, ItemSucceeded)
                for result in crm.deals.move_many((id, common.STAGES[1]) for id in taken)
            )
            end = time.perf_counter(), time.process_time()
            assert moved == number
            store.close()
        seconds.append((middle[0] - start[0], middle[1] - start[1], end[0] - middle[0], end[1] - middle[1]))
    taking, taking_cpu, moving, moving_cpu = (statistics.median(column) for column in zip(*seconds, strict=True))
    return [[title, number / taking, taking_cpu / number * 1e6, number / moving, moving_cpu / number * 1e6]]


def measure_memory(number: int, on: str) -> None:
    """Print the peak of a process that takes so many customers in, for a tenth, a hundredth and all of them."""
    rows = []
    for size in (number // 100, number // 10, number):
        done = subprocess.run(
            [sys.executable, __file__, "--peak", str(size), "--on", on], capture_output=True, text=True, check=True
        )
        rows.append([f"{size:,} customers", float(done.stdout)])
    common.print_table("Peak memory", ["", "MB"], rows)


def print_peak_memory(number: int, url: str | None) -> None:
    """Take customers in and print the peak of this process's memory, in megabytes."""
    with common.fresh_database(url, "bulk_commands") as fresh:
        crm = Crm.open(fresh)
        refused = sum(
            not isinstance(result, ItemSucceeded)
            for result in crm.customers.upsert_many(customer_rows(number), system="erp")
        )
        assert not refused
        crm.close()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Print the tables."""
    given = common.arguments(__doc__, rows=100_000, rounds=3, memory=0, peak=0, commands=0)
    if given.peak:
        print_peak_memory(given.peak, None)
    elif given.memory:
        measure_memory(given.memory, given.on)
    elif given.commands:
        rows = [] if given.on == "postgresql" else measure_commands("SQLite", None, given.commands, given.rounds)
        if given.on != "sqlite":
            with common.postgresql() as url:
                rows += measure_commands("PostgreSQL", url, given.commands, given.rounds)
        common.print_table("Commands", ["", "leads/s", "CPU µs each", "moves/s", "CPU µs each"], rows)
    else:
        head = ["", "crmcore/s", "bare/s", "times", "CPU µs each", "bare CPU µs"]
        if given.on != "postgresql":
            common.print_table("SQLite: crmcore against executemany", head, measure(None, given.rows, given.rounds))
        if given.on != "sqlite":
            with common.postgresql() as url:
                common.print_table("PostgreSQL: crmcore against COPY", head, measure(url, given.rows, given.rounds))


if __name__ == "__main__":
    main()

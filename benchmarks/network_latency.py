"""A command over a distant PostgreSQL: crmcore's pipeline, and crmcore without it, against a plain script that sends the same statements one by one.

    python benchmarks/network_latency.py --delay 2000

A proxy holds every packet back for half of the delay, in microseconds, each way. The script is the twin of `driver_overhead.py`.
"""

import multiprocessing
import queue
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import common
import driver_overhead
from sqlalchemy import make_url

from crmcore import Crm, SqlStore


@contextmanager
def delayed_proxy(url: str, seconds: float) -> Iterator[str]:
    """The same server, behind a proxy that takes its time."""
    target = make_url(url)
    folder = str(target.query["host"])
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                far = socket.socket(socket.AF_UNIX)
                far.connect(f"{folder}/.s.PGSQL.{target.port or 5432}")
                forward(near, far, seconds)
                forward(far, near, seconds)

    # In a process of its own, or the two would hold each other up by Python's lock.
    proxy = multiprocessing.get_context("fork").Process(target=serve, daemon=True)
    proxy.start()
    host, port = listener.getsockname()
    yield target.set(host=host, port=port, query={}).render_as_string(hide_password=False)
    proxy.terminate()
    listener.close()


def forward(source: socket.socket, sink: socket.socket, seconds: float) -> None:
    """Carry bytes one way, each of them late by so much."""
    under_way: queue.Queue[tuple[float, bytes]] = queue.Queue()

    def read() -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                under_way.put((time.perf_counter() + seconds, data))
        under_way.put((0.0, b""))

    def write() -> None:
        with suppress(OSError):
            while True:
                due, data = under_way.get()
                if not data:
                    break
                time.sleep(max(due - time.perf_counter(), 0))
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    for way in (read, write):
        threading.Thread(target=way, daemon=True).start()


def main() -> None:
    """Print the table."""
    given = common.arguments(__doc__, rounds=5, times=40, delay=2_000)
    with (
        common.postgresql() as url,
        common.fresh_database(url, "near") as near,
        common.fresh_database(url, "script") as script,
    ):
        for fresh in (near, script):
            SqlStore.open(fresh).close()
        with delayed_proxy(near, given.delay / 2e6) as ours_url, delayed_proxy(script, given.delay / 2e6) as script_url:
            plain, theirs = (
                driver_overhead.CrmContext(near, "full", pipeline=False),
                driver_overhead.CrmContext(script, "full", pipeline=False),
            )
            captured, moved = (
                driver_overhead.record_statements(plain, plain.capture),
                driver_overhead.record_statements(plain, plain.move),
            )
            contexts = {
                "plain": Crm(SqlStore.open(ours_url, create=False, pipeline=False)),
                "pipeline": Crm(SqlStore.open(ours_url, create=False)),
            }
            engine = SqlStore.open(script_url, create=False).engine
            bare = driver_overhead.BareScript(engine, captured, moved)
            funnel_id, hexed = plain.funnel.id, theirs.funnel.id.partition("_")[2]
            walls: dict[tuple[str, str], list[float]] = {}
            for _ in range(given.rounds):
                for _ in range(given.times):
                    for name, crm in contexts.items():
                        asked = common.lead_request(next(driver_overhead.RUN_NUMBERS))
                        start = time.perf_counter()
                        deal = crm.leads.capture(asked.pop("name"), funnel_id=funnel_id, **asked).deal
                        middle = time.perf_counter()
                        crm.deals.move(deal.id, stage_key="Measurement")
                        walls.setdefault((name, "capture"), []).append(middle - start)
                        walls.setdefault((name, "move"), []).append(time.perf_counter() - middle)
                    start = time.perf_counter()
                    its: Any = bare.capture(hexed, **common.lead_request(next(driver_overhead.RUN_NUMBERS)))
                    middle = time.perf_counter()
                    bare.move(its, "Measurement")
                    walls.setdefault(("script", "capture"), []).append(middle - start)
                    walls.setdefault(("script", "move"), []).append(time.perf_counter() - middle)
    rows = []
    for command in ("capture", "move"):
        script_ms, plain_ms, piped_ms = (
            statistics.median(walls[name, command]) * 1e3 for name in ("script", "plain", "pipeline")
        )
        rows.append([command, script_ms, plain_ms, piped_ms, script_ms / piped_ms])
    head = ["", "script ms", "crmcore ms", "pipelined ms", "script / pipelined"]
    common.print_table(f"PostgreSQL, {given.delay / 1000:g} ms away", head, rows)


if __name__ == "__main__":
    main()

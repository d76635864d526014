"""The board and the customer's page over many deals, against the bare statements that they send.

python benchmarks/board_and_overview.py --deals 100000
python benchmarks/board_and_overview.py --deals 1000000
CRMCORE_MARIADB=mysql+pymysql://root@127.0.0.1:3306/crm python benchmarks/board_and_overview.py
"""

import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import common

from crmcore import Crm, ItemSucceeded, Money, SqlStore
from crmcore.adapters.sql.execute.executor import Executor


def create_deals(crm: Crm, number: int) -> tuple[Any, Any]:
    """Take deals in, in all stages, ten for each customer."""
    funnel = common.create_users_and_funnel(crm)
    people = ({"key": str(n), "name": common.NAMES[n % 7], "email": f"{n}@example.org"} for n in range(number // 10))
    ids = [
        result.result.id
        for result in crm.customers.upsert_many(people, system="erp")
        if isinstance(result, ItemSucceeded)
    ]
    rows = (
        {
            "key": str(n),
            "customer_id": ids[n % len(ids)],
            "title": "Three windows",
            "stage_key": common.STAGES[n % 4],
            "value": Money.from_minor_units(10_000 + n % 1_000, "EUR"),
        }
        for n in range(number)
    )
    refused = sum(
        not isinstance(result, ItemSucceeded)
        for result in crm.deals.upsert_many(rows, system="erp", funnel_id=funnel.id)
    )
    assert not refused
    return funnel, ids


def median_milliseconds(times: int, call: Callable[[], Any]) -> float:
    """The median of so many, in milliseconds."""
    walls = []
    for _ in range(times):
        start = time.perf_counter_ns()
        call()
        walls.append(time.perf_counter_ns() - start)
    return statistics.median(walls) / 1e6


def sent_statements(view: Callable[[], Any]) -> list[tuple[str, Any]]:
    """The statements that a view sends."""
    sent: list[tuple[str, Any]] = []
    original = Executor.execute

    def keep(self: Executor, sql: str, parameters: Any) -> None:
        sent.append((sql, parameters))
        original(self, sql, parameters)

    Executor.execute = keep  # type: ignore[method-assign]
    try:
        view()
    finally:
        Executor.execute = original  # type: ignore[method-assign]
    return sent


def measure(url: str | None, number: int, times: int) -> list[list[Any]]:
    """Look at the views, and at their statements alone."""
    with common.fresh_database(url, "board_and_overview") as fresh:
        store = SqlStore.open(fresh, durability="relaxed")
        crm = Crm(store)
        funnel, ids = create_deals(crm, number)
        store.analyze()
        views: dict[str, Callable[[Crm], Any]] = {
            "board_and_overview, counts only": lambda crm: crm.deals.board(funnel.id, cards_per_stage=0),
            "board_and_overview, 10 cards a stage": lambda crm: crm.deals.board(funnel.id),
            "customer's page": lambda crm: crm.customers.overview(ids[17]),
        }
        one_by_one = Crm(SqlStore(store.engine, durability="relaxed", pipeline=False))
        connection: Any = store.engine.raw_connection().driver_connection
        cursor = connection.cursor()
        rows = []
        for title, view in views.items():
            sent = sent_statements(partial(view, one_by_one))

            def bare(sent: Any = sent) -> None:
                for sql, parameters in sent:
                    cursor.execute(sql, parameters)
                    cursor.fetchall()
                connection.rollback()

            for _ in range(10):
                view(crm)
                bare()
            mine, its = median_milliseconds(times, partial(view, crm)), median_milliseconds(times, bare)
            rows.append([title, len(sent), mine, its, mine / its])
        store.close()
    return rows


def main() -> None:
    """Print the tables."""
    given = common.arguments(__doc__, deals=100_000, times=200)
    head = [f"over {given.deals:,} deals", "statements", "ms", "bare ms", "times"]
    if given.on != "postgresql":
        common.print_table("SQLite", head, measure(None, given.deals, given.times))
    if given.on != "sqlite":
        with common.postgresql() as url:
            common.print_table("PostgreSQL", head, measure(url, given.deals, given.times))
    if named := os.environ.get("CRMCORE_MARIADB"):
        common.print_table("MariaDB", head, measure(named, given.deals, given.times))


if __name__ == "__main__":
    main()

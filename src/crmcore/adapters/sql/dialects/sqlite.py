"""SQLite: engine settings that prevent lost writes, index statistics.

By default Python's driver decides when a transaction begins. It begins one only before the first write, so two transactions that read and
then write lose one of the writes. It also commits before some statements, and a released SAVEPOINT outlives the outer rollback
(`docs/decisions/0004`). Here the engine sends BEGIN IMMEDIATE itself.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Column as SqlColumn, Connection, Engine, Table, event

from crmcore.adapters.sql.dialects import own_locks

BUSY_TIMEOUT_MS: Final = 10_000
"""How long a writer waits for another one, in milliseconds."""
CHECKPOINT_PAGES: Final = 16_000
"""The size of the write-ahead log, in pages, at which a commit checkpoints it. With SQLite's default of 1,000, one command in thirty
pauses. A host that calls `SqlStore.checkpoint` between requests avoids these pauses."""

ASSUMED_ROWS: Final = 1_000_000


def prepare(engine: Engine, *, durability: str = "full") -> Engine:
    """Configure a host's SQLite engine for crmcore.

    Call it before the engine makes its first connection.

    Args:
        engine: of the host.
        durability: ``full``: commits survive a power failure. ``relaxed``: a power failure may lose the last commits but does not damage
            the file; two to three times faster.
    """
    synchronous = {"full": "FULL", "relaxed": "NORMAL"}[durability]

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            "temp_store = MEMORY",  # otherwise sub-selects create temporary files
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        own_locks.require_not_held(connection.engine)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def set_index_statistics(connection: Connection, tables: Iterable[Table]) -> None:
    """Write statistics of our indexes for SQLite's query planner.

    Without statistics the planner assumes few rows per tenant, and scans them all where an index finds one row. The figures are those of
    a large database; an ANALYZE by the host replaces them (sqlite.org/optoverview, "Manual Control Of Query Plans").
    """
    connection.exec_driver_sql("ANALYZE")
    for table in tables:
        connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = ?", (table.name,))
        for _, name, unique, origin, _ in connection.exec_driver_sql(f"PRAGMA index_list('{table.name}')").fetchall():
            columns = [row[2] for row in connection.exec_driver_sql(f"PRAGMA index_info('{name}')").fetchall()]
            if not set(columns) <= set(table.columns.keys()):
                continue  # an index of a newer release
            estimates = [ASSUMED_ROWS]
            for column in columns:
                estimates.append(max(estimates[-1] // _selectivity(table.c[column]), 2))
            if unique:
                estimates[-1] = 1
            index = table.name if origin == "pk" else name  # the primary key of a table without rowid is the table
            statistics = " ".join(str(estimate) for estimate in estimates)
            connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (table.name, index, statistics))
    connection.exec_driver_sql("ANALYZE sqlite_schema")


def _selectivity(column: SqlColumn[Any]) -> int:
    """Return the assumed number of distinct values of a column."""
    if column.name == "tenant":
        return 10
    return 4 if getattr(column.type, "is_low_cardinality", False) else 10_000


def find_problems(connection: Any, *, durability: str) -> list[str]:
    """List settings that would lose writes; a transaction must be open."""
    result = []
    if connection.isolation_level is not None:
        result.append(
            "the driver begins transactions by itself; call crmcore.adapters.sql.dialects.sqlite.prepare(engine)"
        )
    elif (
        not connection.driver_connection.in_transaction
    ):  # the adapter of an asynchronous driver does not forward the setting
        result.append("begin() does not send BEGIN; call crmcore.adapters.sql.dialects.sqlite.prepare(engine)")

    def pragma(name: str) -> Any:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]

    in_memory = not connection.execute("PRAGMA database_list").fetchone()[2]
    if not in_memory:
        if durability == "full" and pragma("synchronous") < 2:
            result.append(
                "synchronous is off or NORMAL, and a power cut loses commits; set it to FULL, or pass durability='relaxed'"
            )
        if pragma("synchronous") == 0:
            result.append("synchronous is OFF, and a power cut destroys the file")
        if pragma("busy_timeout") < 1_000:
            result.append("busy_timeout is under a second, so that writers fail instead of waiting; set it to 10000")
    if str(pragma("journal_mode")).upper() == "OFF":
        result.append("there is no journal, and a rollback rolls nothing back")
    return result

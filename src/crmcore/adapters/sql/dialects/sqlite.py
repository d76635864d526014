"""SQLite without losing writes.

SQLAlchemy's usual set-up lets Python's driver decide when a transaction begins. It begins one only before the first write, as a reader,
and so two that read first and write then lose one of the writes; it ends one before some statements; and a released SAVEPOINT outlives
the outer rollback (`docs/decisions/0004`). The recipe here takes the decision away from the driver.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Column as SqlColumn, Connection, Engine, Table, event

from crmcore.adapters.sql.dialects import own_locks

BUSY_TIMEOUT_MS: Final = 10_000
"""How long a writer waits for another one, in milliseconds."""
CHECKPOINT_PAGES: Final = 16_000
"""After how many pages the log is folded into the file by whichever story comes upon it: the usual 1,000 shows as a pause in one story
out of thirty. A host that calls `SqlStore.checkpoint` between its requests never sees one."""

ASSUMED_ROWS: Final = 1_000_000


def prepare(engine: Engine, *, durability: str = "full") -> Engine:
    """Set a host's own SQLite engine up so that crmcore may use it. Call it before the first connection is made.

    Args:
        durability: ``include_content``: what was committed outlasts a power cut. ``relaxed``: the last commits may be lost then, but nothing is
            torn; two to three times faster.
    """
    synchronous = {"full": "FULL", "relaxed": "NORMAL"}[durability]

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver shall begin nothing by itself
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            "temp_store = MEMORY",  # or every sub-select pays for a file
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        own_locks.require_not_held(connection.engine)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def set_index_statistics(connection: Connection, tables: Iterable[Table]) -> None:
    """Tell SQLite's planner how selective our indexes are (sqlite.org/optoverview, "Manual Control Of Query Plans").

    Without statistics it takes one tenant for a handful of rows, and reads all of them where an index leads to one. The figures are those
    of a large database; an ANALYZE of the host's replaces them by real ones.
    """
    connection.exec_driver_sql("ANALYZE")
    for table in tables:
        connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = ?", (table.name,))
        for _, name, unique, origin, _ in connection.exec_driver_sql(f"PRAGMA index_list('{table.name}')").fetchall():
            columns = [row[2] for row in connection.exec_driver_sql(f"PRAGMA index_info('{name}')").fetchall()]
            if not set(columns) <= set(table.columns.keys()):
                continue  # it came with a newer release
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
    """Into how many parts a column divides what the columns before it have left."""
    if column.name == "tenant":
        return 10
    return 4 if getattr(column.type, "is_low_cardinality", False) else 10_000


def find_problems(connection: Any, *, durability: str) -> list[str]:
    """List what would lose writes, of a pooled connection on which a transaction has been begun."""
    result = []
    if connection.isolation_level is not None:
        result.append(
            "the driver begins transactions by itself; call crmcore.adapters.sql.dialects.sqlite.prepare(engine)"
        )
    elif not connection.driver_connection.in_transaction:  # an asynchronous driver's adapter does not pass this on
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

"""SQLite without losing writes.

SQLAlchemy's usual set-up lets Python's driver decide when a transaction begins. It begins one only before the first write, as a reader,
and so two that read first and write then lose one of the writes; it ends one before some statements; and a released SAVEPOINT outlives
the outer rollback (`docs/decisions/0004`). The recipe here takes the decision away from the driver.
"""

from typing import Any, Final

from sqlalchemy import Engine, event

BUSY: Final = 10_000
"""How long a writer waits for another one, in milliseconds."""
CHECKPOINT: Final = 4_000
"""After how many pages the log is folded into the file. The usual 1,000 shows as a pause in one story out of a few hundred."""


def prepare(engine: Engine, *, durability: str = "full") -> Engine:
    """Set a host's own SQLite engine up so that crmcore may use it. Call it before the first connection is made.

    Args:
        durability: ``full``: what was committed outlasts a power cut. ``relaxed``: the last commits may be lost then, but nothing is
            torn; two to three times faster.
    """
    synchronous = {"full": "FULL", "relaxed": "NORMAL"}[durability]

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver shall begin nothing by itself
        for setting in (
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            f"busy_timeout = {BUSY}",
            f"wal_autocheckpoint = {CHECKPOINT}",
        ):
            connection.execute(f"PRAGMA {setting}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def problems(connection: Any, *, durability: str) -> list[str]:
    """List what would lose writes, of a connection of the driver on which a transaction has been begun."""
    found = []
    if connection.isolation_level is not None:
        found.append("the driver begins transactions by itself; call crmcore.adapters.sql.sqlite.prepare(engine)")
    elif not connection.in_transaction:
        found.append("begin() does not send BEGIN; call crmcore.adapters.sql.sqlite.prepare(engine)")

    def pragma(name: str) -> Any:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]

    in_memory = not connection.execute("PRAGMA database_list").fetchone()[2]
    if not in_memory:
        if durability == "full" and pragma("synchronous") < 2:
            found.append(
                "synchronous is off or NORMAL, and a power cut loses commits; set it to FULL, or pass durability='relaxed'"
            )
        if pragma("synchronous") == 0:
            found.append("synchronous is OFF, and a power cut destroys the file")
        if pragma("busy_timeout") < 1_000:
            found.append("busy_timeout is under a second, so that writers fail instead of waiting; set it to 10000")
    if str(pragma("journal_mode")).upper() == "OFF":
        found.append("there is no journal, and a rollback rolls nothing back")
    return found

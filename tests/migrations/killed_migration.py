"""A migration in a process of its own, which kills itself at a given step."""

import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event

from crmcore.adapters.sql.engines import make_engine
from crmcore.adapters.sql.schema.migrations import run
from crmcore.adapters.sql.schema.migrations.operations import Operations
from crmcore.adapters.sql.schema.tables import make_schema

NEXT: Final = Path(__file__).parent / "next"
NEVER: Final = 10**9
LAST_REVISION: Final = "9999"


def migrate(url: str, prefix: str, kill_at: int = NEVER, mutation: str = "") -> int:
    """Lead the tables to the version behind the newest.

    Args:
        url: of the database.
        prefix: of the tables.
        kill_at: before which statement, the commit included, the process kills itself.
        mutation: a planted bug.

    Returns:
        How many statements it took.
    """
    engine = make_engine(url)
    taken = 0

    def step(*_: Any) -> None:
        nonlocal taken
        taken += 1
        if taken >= kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "commit", step)
    original = Operations._has_table
    if mutation == "once":
        event.listen(engine, "after_cursor_execute", lambda _, cursor, *__: cursor.connection.commit())
        Operations._has_table = lambda *_: False  # type: ignore[method-assign]  # the planted bug
    try:
        with engine.begin() as connection:
            run.migrate(connection, make_schema(prefix=prefix), to=LAST_REVISION, versions=(NEXT,))
            if mutation == "forgets":
                connection.exec_driver_sql(f"UPDATE {prefix}deals SET title = ''")
    finally:
        Operations._has_table = original  # type: ignore[method-assign]  # as it was
    engine.dispose()
    return taken


def migrate_quietly(url: str, prefix: str, kill_at: int, mutation: str) -> None:
    """The same, in a process that says by its exit code alone that it failed."""
    try:
        migrate(url, prefix, kill_at, mutation)
    except Exception:  # noqa: BLE001  # whatever it was
        sys.exit(1)

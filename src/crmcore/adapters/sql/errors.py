"""From a driver's error to one of ours. Only the state and the constraint's name pass; what the driver says of values does not."""

import re
from collections.abc import Mapping
from typing import Any, Final

from crmcore.domain.errors.conflicts import Busy, Taken
from crmcore.domain.errors.outside import StoreFailed
from crmcore.domain.errors.root import CrmError

RETRYABLE: Final = frozenset({"40001", "40P01", "55P03", "57014", "25P03"})
"""SQLSTATEs after which the same transaction may succeed: serialization, deadlock, lock not available, cancelled, idle too long."""
LOST: Final = ("08", "57P")
"""Classes of SQLSTATEs of a connection that is lost, or could not be made."""
UNIQUE: Final = "23505"
PRIMARY: Final = "PRIMARY"
"""What MariaDB calls every table's primary key."""
INTO: Final = re.compile(r"INSERT INTO (?:`?[^`. ]+`?\.)?`?([^`. ]+)")
MARIADB_RETRYABLE: Final = frozenset({1205, 1213, 1020})
MARIADB_LOST: Final = frozenset({0, 2003, 2006, 2013, 2014})


def is_lost(state: Any) -> bool:
    """Tell whether a state says that the connection is of no use any more."""
    return state.startswith(LOST) if isinstance(state, str) else state in MARIADB_LOST


def translate(
    error: Exception, keys: Mapping[str, tuple[str, str]], sql: str = "", *, committing: bool = False
) -> CrmError:
    """Say in our words what a driver said in its own.

    Args:
        keys: which unique key a constraint means; see `crmcore.adapters.sql.tables.Schema.keys`.
        sql: the statement, of which MariaDB's own words for a primary key do not even say the table.
        committing: whether a commit was under way. A connection that is lost before has committed nothing, and the story may be told
            again; one that is lost meanwhile may have committed, and only an idempotency key tells.
    """
    state = _state(error)
    if state in RETRYABLE or state in MARIADB_RETRYABLE or (is_lost(state) and not committing):
        return Busy(str(state))
    constraint = _constraint(error, keys, sql)
    if constraint in keys:
        return Taken(*keys[constraint])
    return StoreFailed(str(state), constraint)


def _state(error: Any) -> Any:
    """The SQLSTATE; SQLite's own name of the error; MariaDB's number."""
    if getattr(error, "sqlstate", None):
        return error.sqlstate
    name = getattr(error, "sqlite_errorname", None)
    if name:
        return "40001" if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) else name
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    if number is not None:
        return number
    return "08006" if type(error).__name__ in {"OperationalError", "InterfaceError"} else type(error).__name__


def _constraint(error: Any, keys: Mapping[str, tuple[str, str]], sql: str) -> str:
    diagnosis = getattr(error, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name or ""
    text = str(error.args[-1]) if error.args else ""
    if text.startswith("UNIQUE constraint failed: "):  # SQLite names the columns
        return text.removeprefix("UNIQUE constraint failed: ")
    # MariaDB names the key in quotation marks, after a value that might hold anything, marks included.
    quoted = text.rpartition(" for key ")[2].strip("'").rpartition(".")[2]
    if quoted == PRIMARY and (table := INTO.match(sql)):
        quoted = f"{table[1]}.{PRIMARY}"
    return quoted if quoted in keys else ""

"""From a driver's error to one of ours. Only the state and the constraint's name pass; what the driver says of values does not."""

import re
from collections.abc import Mapping
from typing import Any, Final

from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import DatabaseBusyError, DuplicateKeyError
from crmcore.domain.kernel.errors.infrastructure import StoreError

RETRYABLE_SQLSTATES: Final = frozenset({"40001", "40P01", "55P03", "57014", "25P03"})
"""SQLSTATEs after which the same transaction may succeed: serialization, deadlock, lock not available, cancelled, idle too long."""
CONNECTION_LOST_CLASSES: Final = ("08", "57P")
"""Classes of SQLSTATEs of a connection that is lost, or could not be made."""
UNIQUE_VIOLATION: Final = "23505"
MARIADB_PRIMARY_KEY: Final = "PRIMARY"
"""What MariaDB calls every table's primary key."""
INSERT_TABLE_PATTERN: Final = re.compile(r"INSERT INTO (?:`?[^`. ]+`?\.)?`?([^`. ]+)")
MARIADB_RETRYABLE_CODES: Final = frozenset({1205, 1213, 1020})
MARIADB_CONNECTION_LOST_CODES: Final = frozenset({0, 2003, 2006, 2013, 2014})


def is_connection_lost(error_code: Any) -> bool:
    """Return whether an error code means that the connection is lost."""
    return (
        error_code.startswith(CONNECTION_LOST_CLASSES)
        if isinstance(error_code, str)
        else error_code in MARIADB_CONNECTION_LOST_CODES
    )


def translate(
    error: Exception, constraint_keys: Mapping[str, tuple[str, str]], sql: str = "", *, committing: bool = False
) -> CrmError:
    """Say in our words what a driver said in its own.

    Args:
        constraint_keys: which unique key a constraint means; see `crmcore.adapters.sql.schema.tables.Schema.constraint_keys`.
        sql: the statement, of which MariaDB's own words for a primary key do not even say the table.
        committing: whether a commit was under way. A connection that is lost before has committed nothing, and the story may be told
            again; one that is lost meanwhile may have committed, and only an idempotency key tells.
    """
    error_code = _error_code(error)
    if (
        error_code in RETRYABLE_SQLSTATES
        or error_code in MARIADB_RETRYABLE_CODES
        or (is_connection_lost(error_code) and not committing)
    ):
        return DatabaseBusyError(str(error_code))
    constraint = _constraint_name(error, constraint_keys, sql)
    if constraint in constraint_keys:
        return DuplicateKeyError(*constraint_keys[constraint])
    return StoreError(str(error_code), constraint)


def _error_code(error: Any) -> Any:
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


def _constraint_name(error: Any, constraint_keys: Mapping[str, tuple[str, str]], sql: str) -> str:
    diagnostics = getattr(error, "diag", None)
    if diagnostics is not None:
        return diagnostics.constraint_name or ""
    text = str(error.args[-1]) if error.args else ""
    if text.startswith("UNIQUE constraint failed: "):  # SQLite names the columns
        return text.removeprefix("UNIQUE constraint failed: ")
    # MariaDB names the key in quotation marks, after a value that might hold anything, marks included.
    key_name = text.rpartition(" for key ")[2].strip("'").rpartition(".")[2]
    if key_name == MARIADB_PRIMARY_KEY and (table := INSERT_TABLE_PATTERN.match(sql)):
        key_name = f"{table[1]}.{MARIADB_PRIMARY_KEY}"
    return key_name if key_name in constraint_keys else ""

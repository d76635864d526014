"""Error mapping: driver errors to errors of crmcore.

Only the SQLSTATE and the constraint name are kept. The driver's message is dropped, because it can contain values.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import DatabaseBusyError, DuplicateKeyError
from crmcore.domain.kernel.errors.infrastructure import StoreError

RETRYABLE_SQLSTATES: Final = frozenset({"40001", "40P01", "55P03", "57014", "25P03"})
"""SQLSTATEs after which the same transaction may succeed: serialization, deadlock, lock not available, cancelled, idle too long."""
CONNECTION_LOST_CLASSES: Final = ("08", "57P")
"""SQLSTATE classes of a connection that is lost or could not be made."""
UNIQUE_VIOLATION: Final = "23505"
MARIADB_PRIMARY_KEY: Final = "PRIMARY"
"""MariaDB's name of every primary key."""
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
    """Translate a driver error.

    Args:
        error: of the driver.
        constraint_keys: the unique key of each constraint; see `crmcore.adapters.sql.schema.tables.Schema.constraint_keys`.
        sql: the statement. MariaDB's error for a primary key does not contain the table.
        committing: whether a commit was in progress. A connection lost before the commit has committed nothing, and the command can be
            retried. One lost during the commit may have committed; only an idempotency key makes a retry safe.
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
    """Return the SQLSTATE, SQLite's error name, or MariaDB's number."""
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
    # MariaDB quotes the key name, after a value that may contain quotes too.
    key_name = text.rpartition(" for key ")[2].strip("'").rpartition(".")[2]
    if key_name == MARIADB_PRIMARY_KEY and (table := INSERT_TABLE_PATTERN.match(sql)):
        key_name = f"{table[1]}.{MARIADB_PRIMARY_KEY}"
    return key_name if key_name in constraint_keys else ""

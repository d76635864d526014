"""MariaDB and MySQL 8: driver choice, and settings that would lose writes.

Invariants:
1. The isolation level is READ COMMITTED. Under the default, REPEATABLE READ, a retried command reads the same outdated version again.
2. Text is compared by its bytes (`types.BoundedTextType`). In the default collations ``é`` equals ``e``, and two people become one.
3. A deadlock rolls back the whole transaction with its savepoints; see `connections.JoinedConnection.rollback`.
"""

from typing import Any, Final

from sqlalchemy import URL, Connection

MINIMUM_VERSIONS: Final = {True: (10, 6), False: (8, 0)}
"""The oldest version with SKIP LOCKED: of MariaDB (True), of MySQL (False)."""


def with_driver(url: URL) -> URL:
    """Add the driver and the character set to a URL without them."""
    if "+" not in url.drivername:
        url = url.set(drivername=f"{url.drivername}+pymysql")
    return url if "charset" in url.query else url.update_query_dict({"charset": "utf8mb4"})


def find_problems(connection: Connection, *, durability: str) -> list[str]:
    """List settings that would lose or corrupt writes."""
    dialect: Any = connection.dialect
    result = []
    minimum = MINIMUM_VERSIONS[bool(dialect.is_mariadb)]
    if tuple(dialect.server_version_info)[:2] < minimum:
        result.append(f"the server does not support SKIP LOCKED; it has to be {minimum[0]}.{minimum[1]} or newer")
    autocommit, sql_mode, flush_at_commit, charset = _variables(connection)
    if autocommit:
        result.append("the connection commits each statement by itself; do not use isolation_level='AUTOCOMMIT'")
    if dialect.get_isolation_level(connection.connection.dbapi_connection) == "REPEATABLE READ":
        result.append(
            "under REPEATABLE READ a command does not see the changes of others; use isolation_level='READ COMMITTED'"
        )
    if not {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} & set(sql_mode.split(",")):
        result.append("the server truncates long values; put STRICT_TRANS_TABLES into sql_mode")
    if charset != "utf8mb4":
        result.append("the connection cannot carry all characters; put charset=utf8mb4 into the URL")
    if durability == "full" and flush_at_commit != 1:
        result.append(
            "innodb_flush_log_at_trx_commit is not 1, and a crash loses commits; set it, or pass durability='relaxed'"
        )
    return result


def _variables(connection: Connection) -> tuple[int, str, int, str]:
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute("SELECT @@autocommit, @@sql_mode, @@innodb_flush_log_at_trx_commit, @@character_set_client")
        autocommit, sql_mode, flush_at_commit, charset = cursor.fetchone()
    finally:
        cursor.close()
    return int(autocommit), str(sql_mode), int(flush_at_commit), str(charset)

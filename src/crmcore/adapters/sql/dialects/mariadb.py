"""MariaDB, and MySQL 8, without losing or mixing up anything.

Rule 1: READ COMMITTED. Under the default, REPEATABLE READ, a transaction goes on seeing what others have changed since, and a story that
runs again sees the same old version for ever.
Rule 2: text is compared by its bytes (`types.Words`): in the usual collations ``é`` is ``e``, and two people are one.
Rule 3: a deadlock undoes the whole transaction here, savepoints and all; see `links.JoinedLink.rollback`.
"""

from typing import Any, Final

from sqlalchemy import URL, Connection

MINIMUM_VERSIONS: Final = {True: (10, 6), False: (8, 0)}
"""The oldest version that knows SKIP LOCKED: of MariaDB, and of MySQL."""


def with_driver(url: URL) -> URL:
    """Choose the driver and the character set, where the URL leaves them open."""
    if "+" not in url.drivername:
        url = url.set(drivername=f"{url.drivername}+pymysql")
    return url if "charset" in url.query else url.update_query_dict({"charset": "utf8mb4"})


def find_problems(connection: Connection, *, durability: str) -> list[str]:
    """List what would lose writes or mix them up."""
    dialect: Any = connection.dialect
    result = []
    minimum = MINIMUM_VERSIONS[bool(dialect.is_mariadb)]
    if tuple(dialect.server_version_info)[:2] < minimum:
        result.append(f"the server knows no SKIP LOCKED; it has to be {minimum[0]}.{minimum[1]} or newer")
    autocommit, sql_mode, flush_at_commit, charset = _variables(connection)
    if autocommit:
        result.append("the connection commits each statement by itself; do not use isolation_level='AUTOCOMMIT'")
    if dialect.get_isolation_level(connection.connection.dbapi_connection) == "REPEATABLE READ":
        result.append(
            "under REPEATABLE READ a command does not see the changes of others; use isolation_level='READ COMMITTED'"
        )
    if not {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} & set(sql_mode.split(",")):
        result.append("the server cuts off what is too long; put STRICT_TRANS_TABLES into sql_mode")
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

"""MariaDB, and MySQL 8, without losing or mixing up anything.

Rule 1: READ COMMITTED. Under the default, REPEATABLE READ, a transaction goes on seeing what others have changed since, and a story that
runs again sees the same old version for ever.
Rule 2: text is compared by its bytes (`types.Words`): in the usual collations ``é`` is ``e``, and two people are one.
Rule 3: a deadlock undoes the whole transaction here, savepoints and all; see `links.JoinedLink.rollback`.
"""

from typing import Any, Final

from sqlalchemy import URL, Connection

OLDEST: Final = {True: (10, 6), False: (8, 0)}
"""The oldest version that knows SKIP LOCKED: of MariaDB, and of MySQL."""


def with_driver(url: URL) -> URL:
    """Choose the driver and the character set, where the URL leaves them open."""
    if "+" not in url.drivername:
        url = url.set(drivername=f"{url.drivername}+pymysql")
    return url if "charset" in url.query else url.update_query_dict({"charset": "utf8mb4"})


def problems(connection: Connection, *, durability: str) -> list[str]:
    """List what would lose writes or mix them up."""
    dialect: Any = connection.dialect
    found = []
    oldest = OLDEST[bool(dialect.is_mariadb)]
    if tuple(dialect.server_version_info)[:2] < oldest:
        found.append(f"the server knows no SKIP LOCKED; it has to be {oldest[0]}.{oldest[1]} or newer")
    autocommit, mode, flush, charset = _variables(connection)
    if autocommit:
        found.append("the connection commits each statement by itself; do not use isolation_level='AUTOCOMMIT'")
    if dialect.get_isolation_level(connection.connection.dbapi_connection) == "REPEATABLE READ":
        found.append(
            "under REPEATABLE READ a story goes on seeing what others have changed; use isolation_level='READ COMMITTED'"
        )
    if not {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} & set(mode.split(",")):
        found.append("the server cuts off what is too long; put STRICT_TRANS_TABLES into sql_mode")
    if charset != "utf8mb4":
        found.append("the connection cannot carry all characters; put charset=utf8mb4 into the URL")
    if durability == "full" and flush != 1:
        found.append(
            "innodb_flush_log_at_trx_commit is not 1, and a crash loses commits; set it, or pass durability='relaxed'"
        )
    return found


def _variables(connection: Connection) -> tuple[int, str, int, str]:
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute("SELECT @@autocommit, @@sql_mode, @@innodb_flush_log_at_trx_commit, @@character_set_client")
        autocommit, mode, flush, charset = cursor.fetchone()
    finally:
        cursor.close()
    return int(autocommit), str(mode), int(flush), str(charset)

"""PostgreSQL row-level security: the database separates tenants too.

Invariants:
1. Every statement of crmcore names the tenant; row-level security also covers statements that do not come from crmcore.
2. A table's owner bypasses row-level security that is not forced, and a superuser always bypasses it. The host's role should own no table.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Connection, Table

from crmcore.adapters.sql.dialects.postgresql import IDENTIFIER_PREPARER

TENANT_SETTING: Final = "crm.tenant"
"""The setting that holds the tenant of a transaction."""
SET_TENANT_SQL: Final = f"SELECT set_config('{TENANT_SETTING}', %s, true)"
"""Sets the tenant until the transaction ends. A transaction without a tenant sees no rows."""


def enable_row_level_security(connection: Connection, tables: Iterable[Table]) -> None:
    """Limit each transaction to the rows of its tenant.

    See `SqlStore(..., row_level_security=True)`.
    The role that crmcore connects as should own no table: it needs `GRANT SELECT, INSERT, UPDATE, DELETE` only.
    """
    for statement in row_level_security_statements(tables):
        connection.exec_driver_sql(statement)


def row_level_security_statements(tables: Iterable[Table]) -> Iterator[str]:
    """Yield the DDL of `enable_row_level_security`, for hosts to run it."""
    for table in tables:
        name, policy = IDENTIFIER_PREPARER.format_table(table), IDENTIFIER_PREPARER.quote(f"{table.name}_of_tenant")
        condition = f"tenant = current_setting('{TENANT_SETTING}', true)"
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS {policy} ON {name}"
        yield f"CREATE POLICY {policy} ON {name} USING ({condition}) WITH CHECK ({condition})"

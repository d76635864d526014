"""What PostgreSQL itself can do for many tenants: divide every table by them, and be the second wall between them.

Rule 1: the first wall is ours, and needs no help: the tenant stands in every statement. The second one catches what goes past us.
Rule 2: whoever owns the tables passes through any wall that is not forced, and a superuser through every wall. Let the host's role own
nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import DDL, Connection, Table, UniqueConstraint, event
from sqlalchemy.dialects.postgresql.base import PGIdentifierPreparer
from sqlalchemy.engine.default import DefaultDialect

TENANT_SETTING: Final = "crm.tenant"
"""The setting that says whose transaction it is."""
SET_TENANT_SQL: Final = f"SELECT set_config('{TENANT_SETTING}', %s, true)"
"""Says it, until the transaction ends. One that says nothing sees no rows."""

_IDENTIFIER_PREPARER: Final = PGIdentifierPreparer(DefaultDialect())


def partition_name(name: str, index: int) -> str:
    """The name of a table's, or a constraint's, n-th part."""
    return f"{name}_p{index}"


def create_partitions(table: Table, partition_count: int) -> None:
    """Have PostgreSQL make the partitions of a table together with the table."""

    @event.listens_for(table, "after_create")
    def _make(_: Table, connection: Any, **__: Any) -> None:
        if connection.dialect.name == "postgresql":
            ddl: Any = DDL  # which SQLAlchemy leaves without types
            for index in range(partition_count):
                for statement in _partition_statements(table, index, partition_count):
                    connection.execute(ddl(statement))


def enable_row_level_security(connection: Connection, tables: Iterable[Table]) -> None:
    """Let PostgreSQL show each transaction the rows of its own tenant only; see `SqlStore(..., walled=True)`.

    The role that crmcore works as should own nothing: `GRANT SELECT, INSERT, UPDATE, DELETE` is all that it needs.
    """
    for statement in row_level_security_statements(tables):
        connection.exec_driver_sql(statement)


def row_level_security_statements(tables: Iterable[Table]) -> Iterator[str]:
    """The statements that raise the wall, for hosts that run their own."""
    for table in tables:
        name, policy = _IDENTIFIER_PREPARER.format_table(table), _IDENTIFIER_PREPARER.quote(f"{table.name}_of_tenant")
        condition = f"tenant = current_setting('{TENANT_SETTING}', true)"
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS {policy} ON {name}"
        yield f"CREATE POLICY {policy} ON {name} USING ({condition}) WITH CHECK ({condition})"


def _partition_statements(table: Table, index: int, partition_count: int) -> Iterator[str]:
    """The statements that make one partition, with constraints whose names say which key they mean."""
    parent, partition = _IDENTIFIER_PREPARER.format_table(table), _partition_identifier(table, index)
    unique = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    keys = [("PRIMARY KEY", table.primary_key), *(("UNIQUE", constraint) for constraint in unique)]
    constraints = "".join(
        f", CONSTRAINT {_IDENTIFIER_PREPARER.quote(partition_name(str(key.name), index))} {constraint_type} ({_column_list(key)})"
        for constraint_type, key in keys
    )
    yield f"CREATE TABLE {partition} (LIKE {parent} INCLUDING CONSTRAINTS{constraints})"
    yield f"ALTER TABLE {parent} ATTACH PARTITION {partition} FOR VALUES WITH (MODULUS {partition_count}, REMAINDER {index})"


def _column_list(key: Any) -> str:
    return ", ".join(_IDENTIFIER_PREPARER.quote(column.name) for column in key.columns)


def _partition_identifier(table: Table, index: int) -> Any:
    quoted = _IDENTIFIER_PREPARER.quote(partition_name(table.name, index))
    return quoted if table.schema is None else f"{_IDENTIFIER_PREPARER.quote_schema(table.schema)}.{quoted}"

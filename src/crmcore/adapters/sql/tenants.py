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

SETTING: Final = "crm.tenant"
"""The setting that says whose transaction it is."""
TELL: Final = f"SELECT set_config('{SETTING}', %s, true)"
"""Says it, until the transaction ends. One that says nothing sees no rows."""

_PREPARER: Final = PGIdentifierPreparer(DefaultDialect())


def partition(name: str, place: int) -> str:
    """The name of a table's, or a constraint's, n-th part."""
    return f"{name}_p{place}"


def divide(table: Table, number: int) -> None:
    """Have PostgreSQL make the partitions of a table together with the table."""

    @event.listens_for(table, "after_create")
    def _make(_: Table, connection: Any, **__: Any) -> None:
        if connection.dialect.name == "postgresql":
            make: Any = DDL  # which SQLAlchemy leaves without types
            for place in range(number):
                for statement in _partition(table, place, number):
                    connection.execute(make(statement))


def raise_wall(connection: Connection, tables: Iterable[Table]) -> None:
    """Let PostgreSQL show each transaction the rows of its own tenant only; see `SqlStore(..., walled=True)`.

    The role that crmcore works as should own nothing: `GRANT SELECT, INSERT, UPDATE, DELETE` is all that it needs.
    """
    for statement in wall(tables):
        connection.exec_driver_sql(statement)


def wall(tables: Iterable[Table]) -> Iterator[str]:
    """The statements that raise the wall, for hosts that run their own."""
    for table in tables:
        name, policy = _PREPARER.format_table(table), _PREPARER.quote(f"{table.name}_of_tenant")
        mine = f"tenant = current_setting('{SETTING}', true)"
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS {policy} ON {name}"
        yield f"CREATE POLICY {policy} ON {name} USING ({mine}) WITH CHECK ({mine})"


def _partition(table: Table, place: int, number: int) -> Iterator[str]:
    """The statements that make one partition, with constraints whose names say which key they mean."""
    whole, part = _PREPARER.format_table(table), _part_of(table, place)
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys = [("PRIMARY KEY", table.primary_key), *(("UNIQUE", one) for one in unique)]
    named = "".join(
        f", CONSTRAINT {_PREPARER.quote(partition(str(key.name), place))} {sort} ({_names(key)})" for sort, key in keys
    )
    yield f"CREATE TABLE {part} (LIKE {whole} INCLUDING CONSTRAINTS{named})"
    yield f"ALTER TABLE {whole} ATTACH PARTITION {part} FOR VALUES WITH (MODULUS {number}, REMAINDER {place})"


def _names(key: Any) -> str:
    return ", ".join(_PREPARER.quote(column.name) for column in key.columns)


def _part_of(table: Table, place: int) -> Any:
    quoted = _PREPARER.quote(partition(table.name, place))
    return quoted if table.schema is None else f"{_PREPARER.quote_schema(table.schema)}.{quoted}"

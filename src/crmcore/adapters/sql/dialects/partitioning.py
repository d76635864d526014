"""PostgreSQL partitioning: hash partitions of each table by tenant."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import DDL, Table, UniqueConstraint, event

from crmcore.adapters.sql.dialects.postgresql import IDENTIFIER_PREPARER


def partition_name(name: str, index: int) -> str:
    """Return the name of a partition of a table, or of its constraint."""
    return f"{name}_p{index}"


def create_partitions(table: Table, partition_count: int) -> None:
    """Create the partitions after the table is created on PostgreSQL."""

    @event.listens_for(table, "after_create")
    def _create(_: Table, connection: Any, **__: Any) -> None:
        if connection.dialect.name == "postgresql":
            ddl: Any = DDL  # SQLAlchemy gives it no types
            for index in range(partition_count):
                for statement in _partition_statements(table, index, partition_count):
                    connection.execute(ddl(statement))


def _partition_statements(table: Table, index: int, partition_count: int) -> Iterator[str]:
    """Yield the statements that create one partition.

    Each constraint is named after the constraint of the parent, so that an error identifies the key.
    """
    parent, partition = IDENTIFIER_PREPARER.format_table(table), _partition_identifier(table, index)
    unique = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    keys = [("PRIMARY KEY", table.primary_key), *(("UNIQUE", constraint) for constraint in unique)]
    constraints = "".join(
        f", CONSTRAINT {IDENTIFIER_PREPARER.quote(partition_name(str(key.name), index))} {constraint_type} ({_column_list(key)})"
        for constraint_type, key in keys
    )
    yield f"CREATE TABLE {partition} (LIKE {parent} INCLUDING CONSTRAINTS{constraints})"
    yield f"ALTER TABLE {parent} ATTACH PARTITION {partition} FOR VALUES WITH (MODULUS {partition_count}, REMAINDER {index})"


def _column_list(key: Any) -> str:
    return ", ".join(IDENTIFIER_PREPARER.quote(column.name) for column in key.columns)


def _partition_identifier(table: Table, index: int) -> Any:
    quoted = IDENTIFIER_PREPARER.quote(partition_name(table.name, index))
    return quoted if table.schema is None else f"{IDENTIFIER_PREPARER.quote_schema(table.schema)}.{quoted}"

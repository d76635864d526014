"""Migration operations, with the prefix, schema and partitions applied.

Invariants:
1. Every operation is idempotent. MariaDB commits each one separately, so an interrupted migration is run again from its start and skips
   what exists already.
2. Column types are those of `crmcore.adapters.sql.schema.types`, whose database types do not change.
"""

from collections.abc import Sequence
from typing import Any

from alembic import context, op
from sqlalchemy import CheckConstraint, Column, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint, inspect

from crmcore.adapters.sql.dialects import partitioning
from crmcore.adapters.sql.schema.tables import Schema, table_options


class Operations:
    """The operations of one migration on the schema to migrate."""

    def __init__(self) -> None:
        self._schema: Schema = context.config.attributes["schema"]

    def prefixed_name(self, name: str) -> str:
        """Return a name with the host's prefix."""
        return f"{self._schema.prefix}{name}"

    def create_table(
        self,
        name: str,
        *columns: Column[Any],
        primary_key: tuple[str, Sequence[str]],
        unique_keys: Sequence[tuple[str, Sequence[str]]] = (),
        checks: Sequence[tuple[str, str]] = (),
        indexes: Sequence[tuple[str, Sequence[str]]] = (),
    ) -> None:
        """Create a table with its keys, checks and indexes.

        Keys and indexes are pairs of name and columns; checks are pairs of name and condition.
        """
        partition_count = self._schema.partition_count
        table = Table(
            self.prefixed_name(name),
            MetaData(),
            *columns,
            PrimaryKeyConstraint(*primary_key[1], name=self.prefixed_name(primary_key[0])),
            *(UniqueConstraint(*column_names, name=self.prefixed_name(key)) for key, column_names in unique_keys),
            *(CheckConstraint(condition, name=self.prefixed_name(check)) for check, condition in checks),
            schema=self._schema.schema_name,
            **table_options(partition_count),
        )
        if partition_count:
            partitioning.create_partitions(table, partition_count)
        if not self._has_table(name):
            table.create(op.get_bind(), checkfirst=False)
        for index, column_names in indexes:
            self.create_index(index, name, column_names)

    def drop_table(self, name: str) -> None:
        """Drop a table and its rows."""
        if self._has_table(name) or context.is_offline_mode():
            op.drop_table(self.prefixed_name(name), schema=self._schema.schema_name)

    def add_column(self, table: str, column: Column[Any]) -> None:
        """Add a column to a table."""
        if not self._has_column(table, column.name):
            op.add_column(self.prefixed_name(table), column, schema=self._schema.schema_name)

    def drop_column(self, table: str, column: str) -> None:
        """Drop a column and its values."""
        if self._has_column(table, column) or context.is_offline_mode():
            op.drop_column(self.prefixed_name(table), column, schema=self._schema.schema_name)

    def create_index(self, name: str, table: str, columns: Sequence[str]) -> None:
        """Add an index to a table."""
        if self.prefixed_name(name) not in self._indexes(table):
            op.create_index(
                self.prefixed_name(name), self.prefixed_name(table), list(columns), schema=self._schema.schema_name
            )

    def drop_index(self, name: str, table: str) -> None:
        """Drop an index of a table."""
        if self.prefixed_name(name) in self._indexes(table) or context.is_offline_mode():
            op.drop_index(self.prefixed_name(name), self.prefixed_name(table), schema=self._schema.schema_name)

    def _has_table(self, name: str) -> bool:
        if context.is_offline_mode():
            return False
        return inspect(op.get_bind()).has_table(self.prefixed_name(name), schema=self._schema.schema_name)

    def _has_column(self, table: str, column: str) -> bool:
        if context.is_offline_mode():
            return False
        columns = inspect(op.get_bind()).get_columns(self.prefixed_name(table), schema=self._schema.schema_name)
        return any(existing["name"] == column for existing in columns)

    def _indexes(self, table: str) -> set[str | None]:
        if context.is_offline_mode():
            return set()
        indexes = inspect(op.get_bind()).get_indexes(self.prefixed_name(table), schema=self._schema.schema_name)
        return {index["name"] for index in indexes}

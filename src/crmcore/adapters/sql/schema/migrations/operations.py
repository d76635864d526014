"""The steps that a version is made of, in words that know the prefix, the schema and the partitions.

Rule 1: every step may be taken twice. MariaDB commits each of them by itself, so a migration that was killed half-way is run again from its
beginning, and passes over what is there already.
Rule 2: a step says which types it means by `crmcore.adapters.sql.schema.types`, whose forms in the databases do not change.
"""

from collections.abc import Sequence
from typing import Any

from alembic import context, op
from sqlalchemy import CheckConstraint, Column, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint, inspect

from crmcore.adapters.sql.dialects import partitioning
from crmcore.adapters.sql.schema.tables import Schema, table_options


class Operations:
    """The steps of one migration, over the schema that it was asked for."""

    def __init__(self) -> None:
        self._schema: Schema = context.config.attributes["schema"]

    def prefixed_name(self, name: str) -> str:
        """A name, with the host's prefix."""
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
        """Make a table with its keys and indexes, each by its name and its columns, and with what must hold of its rows."""
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
        """Drop a table with all that is in it."""
        if self._has_table(name) or context.is_offline_mode():
            op.drop_table(self.prefixed_name(name), schema=self._schema.schema_name)

    def add_column(self, table: str, column: Column[Any]) -> None:
        """Add a column to a table."""
        if not self._has_column(table, column.name):
            op.add_column(self.prefixed_name(table), column, schema=self._schema.schema_name)

    def drop_column(self, table: str, column: str) -> None:
        """Drop a column with what is in it."""
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

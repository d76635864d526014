"""Multi-tenant schema: tables of records, child records, events, counters.

Invariants:
1. Every primary key and unique key begins with the tenant, so that the tables can be sharded by tenant.
2. Every row has a tenant and, except for counters, the actor who wrote it.
3. All names have the host's prefix and may be in a separate schema, so that they do not collide with the host's tables.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from zlib import crc32

from attrs import field, frozen
from sqlalchemy import (
    CheckConstraint,
    Column as SqlColumn,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    UniqueConstraint as Unique,
)

from crmcore.adapters.registry import ENTITY_TYPES
from crmcore.adapters.sql.dialects import partitioning
from crmcore.adapters.sql.schema.columns import ColumnSpec, child_class_of, column_specs
from crmcore.adapters.sql.schema.entity_tables import ChildTable, EntityTable
from crmcore.adapters.sql.schema.errors import MARIADB_PRIMARY_KEY
from crmcore.adapters.sql.schema.types import (
    BigIntType,
    BoundedTextType,
    EnumValueType,
    InstantType,
    PrefixedIdType,
    TextType,
)
from crmcore.domain.kernel.entity import Entity

MAX_NAME_LENGTH: Final = 58
"""The longest name: PostgreSQL keeps 63 characters, and a partition adds up to 5 (``_p999``)."""
COUNTER_COLUMNS: Final = ("deals", "billions", "minor")
"""What a counter contains: the number of deals, and their value in billions of minor units and the remainder."""


@frozen(eq=False)
class Schema:
    """All tables.

    Attributes:
        metadata: of our tables, and possibly of the host's.
        tables: ours, in order of creation.
        constraint_keys: the entity prefix and key name of each unique constraint, by the constraint's name and by its columns, which
            SQLite reports instead.
        prefix: of all names.
        schema_name: the database schema of the tables.
        partition_count: the number of PostgreSQL partitions of each table; 0 is unpartitioned.
    """

    metadata: MetaData
    entity_tables: dict[type[Entity], EntityTable]
    events_table: Table
    deal_counts_table: Table
    constraint_keys: dict[str, tuple[str, str]] = field(repr=False)
    prefix: str
    schema_name: str | None
    partition_count: int

    @property
    def tables(self) -> list[Table]:
        """All tables of crmcore, without the host's."""
        child_tables = (
            table.table
            for entity_table in self.entity_tables.values()
            for table in (*entity_table.child_tables, entity_table.log_table)
            if table
        )
        return [
            *(entity_table.table for entity_table in self.entity_tables.values()),
            *child_tables,
            self.events_table,
            self.deal_counts_table,
        ]


def make_schema(
    *,
    prefix: str = "crm_",
    schema: str | None = None,
    metadata: MetaData | None = None,
    tenant_partitions: int = 0,
) -> Schema:
    """Make the tables, or add them to the host's metadata.

    Args:
        prefix: of all names.
        schema: the database schema, where the database has schemas.
        metadata: the host's, if its migrations shall include our tables.
        tenant_partitions: the number of hash partitions by tenant on PostgreSQL. Other databases ignore it.
    """
    metadata = MetaData() if metadata is None else metadata
    builder = _SchemaBuilder(metadata, prefix, schema, tenant_partitions)
    entity_tables = {entity_type: builder.build_entity_table(entity_type) for entity_type in ENTITY_TYPES}
    return Schema(
        metadata,
        entity_tables,
        builder.build_events_table(),
        builder.build_deal_counts_table(),
        builder.constraint_keys,
        prefix,
        schema,
        tenant_partitions,
    )


def table_options(partition_count: int = 0) -> dict[str, Any]:
    """Return the dialect options of each table."""
    return {
        "sqlite_with_rowid": False,
        "mysql_engine": "InnoDB",
        "mysql_charset": "utf8mb4",
        "mariadb_engine": "InnoDB",
        "mariadb_charset": "utf8mb4",
        **({"postgresql_partition_by": "HASH (tenant)"} if partition_count else {}),
    }


class _SchemaBuilder:
    def __init__(self, metadata: MetaData, prefix: str, schema: str | None, partition_count: int) -> None:
        self._metadata = metadata
        self._prefix = prefix
        self._schema = schema
        self._partition_count = partition_count
        self.constraint_keys: dict[str, tuple[str, str]] = {}

    def build_entity_table(self, entity_type: type[Entity]) -> EntityTable:
        meta = entity_type.meta
        child_tables = tuple(
            self._build_child_table(entity_type, field, child_table_name)
            for field, child_table_name in meta.child_tables.items()
            if field != meta.log_field
        )
        log_table = (
            self._build_child_table(entity_type, meta.log_field, meta.child_tables[meta.log_field])
            if meta.log_field
            else None
        )
        id_spec, *other_specs = column_specs(entity_type)
        columns = [
            self._tenant_column(),
            self._column(id_spec),
            SqlColumn("version", BigIntType(), nullable=False),
            self._actor_column(),
            *(self._column(spec) for spec in other_specs),
            *(SqlColumn(child_table.count_column, SmallInteger(), nullable=False) for child_table in child_tables),
        ]
        child_table_name = self._build_table(entity_type, meta.table, columns, primary_key=("tenant", "id"))
        self._add_indexes(entity_type, child_table_name, "", None)
        return EntityTable(entity_type, child_table_name, child_tables, log_table)

    def build_events_table(self) -> Table:
        columns = [
            self._tenant_column(),
            SqlColumn("id", PrefixedIdType("event"), nullable=False),
            SqlColumn("position", BigIntType(), nullable=True),
            SqlColumn("subject_id", BoundedTextType(64), nullable=False),
            SqlColumn("version", BigIntType(), nullable=False),
            SqlColumn("number", BigIntType(), nullable=False),
            SqlColumn("name", BoundedTextType(60), nullable=False),
            SqlColumn("schema", BigIntType(), nullable=False),
            SqlColumn("at", InstantType(), nullable=False),
            self._actor_column(),
            SqlColumn("correlation_id", BoundedTextType(100), nullable=False),
            SqlColumn("payload", TextType(), nullable=False),
        ]
        table = self._build_table(None, "events", columns, primary_key=("tenant", "id"))
        self._add_unique_key(table, ["tenant", "position"], "event", "position")
        return table

    def build_deal_counts_table(self) -> Table:
        key = [
            self._tenant_column(),
            SqlColumn("funnel_id", PrefixedIdType("funnel"), nullable=False),
            SqlColumn("stage_index", BigIntType(), nullable=False),
            SqlColumn("currency", BoundedTextType(3), nullable=False),
            SqlColumn("shard", BigIntType(), nullable=False),
        ]
        counters: list[SqlColumn[Any]] = [SqlColumn(name, BigIntType(), nullable=False) for name in COUNTER_COLUMNS]
        return self._build_table(None, "deal_counts", [*key, *counters], primary_key=[column.name for column in key])

    def _build_child_table(self, owner_type: type[Entity], field: str, table_name: str) -> ChildTable:
        child_class = child_class_of(owner_type, field)
        is_log = field == owner_type.meta.log_field
        order_column = "number" if is_log else "position"
        owner_column = f"{owner_type.meta.prefix}_id"
        columns = [
            self._tenant_column(),
            SqlColumn(owner_column, PrefixedIdType(owner_type.meta.prefix), nullable=False),
            *(() if is_log else (SqlColumn(order_column, Integer(), nullable=False),)),
            self._actor_column(),
            *(self._column(spec) for spec in column_specs(child_class)),
        ]
        table = self._build_table(owner_type, table_name, columns, primary_key=("tenant", owner_column, order_column))
        self._add_indexes(owner_type, table, f"{field}.", field)
        return ChildTable(field, child_class, table, owner_type.meta.prefix, owner_column, order_column)

    def _build_table(
        self,
        entity_type: type[Entity] | None,
        name: str,
        columns: Sequence[SqlColumn[Any]],
        *,
        primary_key: Sequence[str],
    ) -> Table:
        table = Table(
            f"{self._prefix}{name}",
            self._metadata,
            *columns,
            PrimaryKeyConstraint(*primary_key, name=self._object_name("pk", name)),
            schema=self._schema,
            **table_options(self._partition_count),
        )
        for column in columns:
            if isinstance(column.type, EnumValueType):
                allowed = ", ".join(f"'{member.value}'" for member in column.type.enum_class)
                condition = f"{column.name} IN ({allowed})"
                table.append_constraint(CheckConstraint(condition, name=self._object_name("ck", name, column.name)))
        if entity_type is not None:
            self._register_constraint(table, primary_key, entity_type.meta.prefix, "id", self._object_name("pk", name))
            self.constraint_keys[f"{table.name}.{MARIADB_PRIMARY_KEY}"] = (entity_type.meta.prefix, "id")
        if self._partition_count:
            partitioning.create_partitions(table, self._partition_count)
        return table

    def _add_indexes(self, entity_type: type[Entity], table: Table, path_prefix: str, child_field: str | None) -> None:
        meta = entity_type.meta
        for fields in meta.unique_keys:
            if columns := _key_columns(fields, path_prefix, child_field, meta.child_tables):
                self._add_unique_key(table, ["tenant", *columns], meta.prefix, ".".join(fields))
        for fields in meta.indexes:
            if columns := _key_columns(fields, path_prefix, child_field, meta.child_tables):
                # An id is selective enough to be first, even for a planner without statistics.
                is_id_first = isinstance(table.c[columns[0]].type, PrefixedIdType)
                column_names = [*columns, "tenant"] if is_id_first else ["tenant", *columns]
                Index(
                    self._object_name("ix", self._without_prefix(table), *columns),
                    *(table.c[name] for name in column_names),
                )

    def _add_unique_key(self, table: Table, columns: Sequence[str], entity_prefix: str, key_name: str) -> None:
        name = self._object_name("uq", self._without_prefix(table), *columns[1:])
        table.append_constraint(Unique(*columns, name=name))
        self._register_constraint(table, columns, entity_prefix, key_name, name)

    def _register_constraint(
        self, table: Table, columns: Iterable[str], entity_prefix: str, key_name: str, name: str
    ) -> None:
        self.constraint_keys[name] = (entity_prefix, key_name)
        for index in range(self._partition_count):
            self.constraint_keys[partitioning.partition_name(name, index)] = (entity_prefix, key_name)
        self.constraint_keys[", ".join(f"{table.name}.{column}" for column in columns)] = (entity_prefix, key_name)

    def _object_name(self, object_type: str, *name_parts: str) -> str:
        # Shortened without the prefix, so that a migration with another prefix makes the same name.
        parts = "_".join(name_parts)
        return _shorten(f"{self._prefix}{_shorten(f'{object_type}_{parts}', 48)}", MAX_NAME_LENGTH)

    def _without_prefix(self, table: Table) -> str:
        return table.name.removeprefix(self._prefix)

    def _tenant_column(self) -> SqlColumn[Any]:
        return SqlColumn("tenant", BoundedTextType(64), nullable=False)

    def _actor_column(self) -> SqlColumn[Any]:
        return SqlColumn("actor", BoundedTextType(100), nullable=False)

    def _column(self, spec: ColumnSpec) -> SqlColumn[Any]:
        return SqlColumn(spec.column, spec.type, nullable=spec.is_nullable)


def _shorten(name: str, max_length: int) -> str:
    """Shorten a name that is too long; its checksum keeps it unique."""
    return name if len(name) <= max_length else f"{name[: max_length - 9]}_{crc32(name.encode()):08x}"


def _key_columns(fields: Sequence[str], path_prefix: str, child_field: str | None, child_tables: Any) -> list[str]:
    """Return the columns of a key, if it belongs to this table."""
    field = fields[0].partition(".")[0]
    if (field if field in child_tables else None) != child_field:
        return []
    return [name.removeprefix(path_prefix).replace(".", "_") for name in fields]
